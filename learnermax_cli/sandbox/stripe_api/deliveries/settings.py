"""How events are delivered: which are lost, duplicated, delayed or out of order, and when a failed one is retried."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import Any

from learnermax_cli.sandbox.stripe_api.store import Notice

MAX_CONCURRENCY = 24
_LISTS: Mapping[str, type] = {"lose": str, "retry_seconds": float}


@dataclass(frozen=True, slots=True)
class Settings:
    """All of them hold for what Stripe delivers by itself; a resent event is not lost, duplicated or delayed.

    A lost delivery is one that Stripe gave up: it is never sent, and the event stays undelivered. `lose` has patterns
    of event ids, event types or session ids. `jitter_seconds` is a random delay, which changes the order. A failed
    delivery is retried after each of `retry_seconds`, by the sandbox's clock; delays are real time.
    """

    loss_percent: float = 0.0
    lose: tuple[str, ...] = ()
    duplicate_percent: float = 0.0
    delay_seconds: float = 0.0
    jitter_seconds: float = 0.0
    # "In test mode, Stripe retries three times over a few hours" [doc Manage event destinations].
    retry_seconds: tuple[float, ...] = (300.0, 3_000.0, 9_000.0)
    concurrency: int = MAX_CONCURRENCY
    timeout_seconds: float = 20.0
    seed: int = 0

    def loses(self, notice: Notice) -> bool:
        """Return whether an event is to be lost."""
        names = (notice.event_id, notice.type, notice.object_id)
        return any(fnmatchcase(name, pattern) for pattern in self.lose for name in names)


def changed_settings(settings: Settings, body: Mapping[str, Any]) -> Settings:
    """Return the settings with some changed; raises ValueError for an unknown one or one out of bounds."""
    if unknown := body.keys() - {field.name for field in fields(Settings)}:
        raise ValueError(f"unknown settings of deliveries: {sorted(unknown)}")
    given: dict[str, Any] = {
        name: tuple(_LISTS[name](item) for item in value) if name in _LISTS else type(getattr(settings, name))(value)
        for name, value in body.items()
    }
    changed = replace(settings, **given)
    if not all(0 <= percent <= 100 for percent in (changed.loss_percent, changed.duplicate_percent)):
        raise ValueError("a percentage is 0 to 100")
    if not 1 <= changed.concurrency <= MAX_CONCURRENCY:
        raise ValueError(f"concurrency is 1 to {MAX_CONCURRENCY}")
    return changed
