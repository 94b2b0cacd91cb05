"""Results of long runs, packed batch by batch to save memory."""

import json
import zlib
from collections.abc import Collection, Iterable, Iterator

from learnermax_cli.planning.change import Change, Result

_FASTEST = 1


class PackedResults(Collection[Result]):
    """Results in order, unpacked a batch at a time; what is in them are JSON values, so nothing is lost."""

    def __init__(self) -> None:
        self._batches: list[bytes] = []
        self._length = 0

    def add(self, batch: Iterable[Result]) -> None:
        """Append a batch."""
        rows = [(_fields(result.change), result.outcome, result.error) for result in batch]
        if rows:
            self._batches.append(zlib.compress(json.dumps(rows).encode(), _FASTEST))
            self._length += len(rows)

    def __iter__(self) -> Iterator[Result]:
        for batch in self._batches:
            for change, outcome, error in json.loads(zlib.decompress(batch)):
                yield Result(Change(*change), outcome, error)

    def __len__(self) -> int:
        return self._length

    def __contains__(self, result: object) -> bool:
        return any(result == other for other in self)


def _fields(change: Change) -> tuple[object, ...]:
    before, after = (None if fields is None else dict(fields) for fields in (change.before, change.after))
    return change.kind, change.key, change.action, before, after, change.reason
