"""A list of what happened, numbered, so that a reader can ask for what is new."""

import threading
from dataclasses import dataclass, replace
from typing import Generic, TypeVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """Something that happened; its number is given by the list that it is added to."""

    seq: int = 0


R = TypeVar("R", bound=Numbered)


class NumberedList(Generic[R]):
    """A thread-safe list, numbered from 1; the numbers go on after a clear."""

    def __init__(self) -> None:
        self._records: list[R] = []
        self._seq = 0
        self._lock = threading.Lock()

    def add(self, record: R) -> R:
        """Append a record and return it with its number."""
        with self._lock:
            self._seq += 1
            numbered = self._numbered(record, self._seq)
            self._records.append(numbered)
            return numbered

    def since(self, seq: int = 0) -> list[R]:
        """Return the records numbered higher than `seq`."""
        with self._lock:
            first = self._records[0].seq if self._records else 1
            return self._records[max(0, seq - first + 1) :]

    def clear(self) -> None:
        """Forget all records."""
        with self._lock:
            self._records.clear()

    def _numbered(self, record: R, seq: int) -> R:
        return replace(record, seq=seq)
