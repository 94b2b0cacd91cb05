"""The queue that listens to the topic of mails: as moto's, but another message does not cost a pass over all others."""

from __future__ import annotations

import time

from moto.sqs.models import Message, Queue


class SandboxQueue(Queue):
    """Reads the clock once to count its messages; moto reads it twice for each message, three times a publish."""

    def is_created(self) -> bool:
        """Return whether it can be used: from the start."""
        return True

    @property
    def messages(self) -> list[Message]:
        """The messages that can be received now."""
        now = _now()
        return [m for m in self._messages if now > m.visible_at and now >= m.delayed_until]

    @property
    def approximate_number_of_messages_delayed(self) -> int:
        """How many messages can't be received yet."""
        now = _now()
        return sum(now < m.delayed_until for m in self._messages)

    @property
    def approximate_number_of_messages_not_visible(self) -> int:
        """How many messages were received and not deleted yet."""
        now = _now()
        return sum(now <= m.visible_at for m in self._messages)


def _now() -> float:
    return time.time() * 1000
