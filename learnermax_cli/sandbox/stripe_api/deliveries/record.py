"""One delivery, and the result of one attempt."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from learnermax_cli.sandbox.control.numbered import Numbered
from learnermax_cli.sandbox.stripe_api.store import Data, Notice, Object

Kind = Literal["automatic", "duplicate", "resent"]
Outcome = Literal["delivered", "failed", "lost", "dropped"]


class OutgoingEvent:
    """An event as it is sent; its body is built once, when the first endpoint gets it."""

    def __init__(self, notice: Notice, pending: Callable[[], int]) -> None:
        self.notice = notice
        self._pending = pending
        self._body: bytes | None = None

    def body(self) -> bytes:
        """Return the event in JSON."""
        if self._body is None:
            event: Object = {**self.notice.read(), "pending_webhooks": self._pending()}
            self._body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        return self._body


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver an event to an endpoint; `due` is a time of the sandbox's clock."""

    outgoing: OutgoingEvent
    data: Data
    endpoint_id: str
    due: float
    attempt: int = 1
    kind: Kind = "automatic"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record(Numbered):
    """The result of one attempt to deliver an event, which is about the object `object_id`.

    `at` is a time of the sandbox's clock, `seconds` how long the endpoint took. Outcomes: delivered (2xx), failed,
    lost (on request; never sent), dropped (the endpoint is gone or disabled).
    """

    event: str
    type: str
    object_id: str
    endpoint: str
    attempt: int
    kind: Kind
    outcome: Outcome
    status: int | None = None
    at: float
    seconds: float = 0.0
    error: str | None = None


def record_of(delivery: Delivery, outcome: Outcome, at: float) -> Record:
    """Return the record of a delivery's attempt."""
    notice = delivery.outgoing.notice
    return Record(
        event=notice.event_id,
        type=notice.type,
        object_id=notice.object_id,
        endpoint=delivery.endpoint_id,
        attempt=delivery.attempt,
        kind=delivery.kind,
        outcome=outcome,
        at=at,
    )
