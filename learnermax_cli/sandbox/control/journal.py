"""Every request that the sandbox answered, or dropped, in the order in which it was finished; never a key in it."""

import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Entry:
    """One request: `operation` is the route (`POST /v1/products/{id}`) or the AWS operation (`UpdateItem`)."""

    service: str
    operation: str
    path: str
    write: bool
    status: int
    seq: int = 0
    at: float = 0.0
    """When it was finished, in seconds of the monotonic clock."""
    idempotency_key: str | None = None
    replayed: bool = False
    request_id: str | None = None
    params: Mapping[str, object] = field(default_factory=dict)
    units: float | None = None
    fault: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the entry as a JSON object."""
        return asdict(self)


class Journal:
    """A thread-safe list of entries, numbered from 1; the numbers go on after a clear."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._seq = 0
        self._lock = threading.Lock()

    def record(self, entry: Entry) -> Entry:
        """Append the entry and return it with its number."""
        with self._lock:
            self._seq += 1
            numbered = replace(entry, seq=self._seq, at=time.monotonic())
            self._entries.append(numbered)
            return numbered

    def entries(self, since: int = 0) -> tuple[Entry, ...]:
        """Return the entries numbered higher than `since`."""
        with self._lock:
            if not self._entries or since < self._entries[0].seq:
                return tuple(self._entries)
            return tuple(self._entries[since - self._entries[0].seq + 1 :])

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries.clear()
