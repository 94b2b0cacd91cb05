"""Every request that the sandbox answered, or dropped, in the order in which it was finished; never a key in it."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from learnermax_cli.sandbox.control.numbered import Numbered, NumberedList


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry(Numbered):
    """One request: `operation` is the route (`POST /v1/products/{id}`) or the AWS operation (`UpdateItem`)."""

    service: str
    operation: str
    path: str
    write: bool
    status: int
    at: float = 0.0
    """When it was finished, in seconds of the monotonic clock."""
    idempotency_key: str | None = None
    replayed: bool = False
    request_id: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    units: float | None = None
    fault: str | None = None
    note: str | None = None
    """What the service that is simulated would have done otherwise."""


class Journal(NumberedList[Entry]):
    """The entries; each gets the time at which it was added."""

    def notes(self) -> Counter[str]:
        """Return each note with the number of entries that have it."""
        return Counter(entry.note for entry in self.since() if entry.note is not None)

    def _numbered(self, record: Entry, seq: int) -> Entry:
        return replace(record, seq=seq, at=time.monotonic())
