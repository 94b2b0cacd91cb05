"""One delivery on its way, what came of an attempt, and the list of all attempts."""

import json
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Literal

from learnermax_cli.sandbox.stripe_api.store import Data, Notice, Object

Kind = Literal["automatic", "duplicate", "resent"]
Outcome = Literal["delivered", "failed", "lost", "dropped"]


class Parcel:
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

    parcel: Parcel
    data: Data
    endpoint_id: str
    due: float
    attempt: int = 1
    kind: Kind = "automatic"


@dataclass(frozen=True, slots=True)
class Record:
    """What came of one attempt to deliver an event, which is about the object `object_id`.

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
    at: float
    status: int | None = None
    error: str | None = None
    seconds: float = 0.0
    seq: int = 0

    def to_json(self) -> dict[str, object]:
        """Return the record as a JSON object."""
        return asdict(self)


class Records:
    """A thread-safe list of records, numbered from 1; the numbers go on after a clear."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._seq = 0
        self._lock = threading.Lock()

    def add(self, record: Record) -> None:
        """Append a record with its number."""
        with self._lock:
            self._seq += 1
            self._records.append(replace(record, seq=self._seq))

    def since(self, seq: int) -> list[Record]:
        """Return the records numbered higher than `seq`."""
        with self._lock:
            first = self._records[0].seq if self._records else 1
            return self._records[max(0, seq - first + 1) :]

    def clear(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()


def record_of(delivery: Delivery, outcome: Outcome, at: float) -> Record:
    """Return the record of a delivery's attempt."""
    notice = delivery.parcel.notice
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
