"""A change is one intended write, as a value; a result is a change with what became of it."""

import hashlib
import json
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from learnermax_cli.core.errors import LmxError

Kind = Literal["secret", "course", "product", "price", "link", "session", "enrollment", "student", "endpoint", "event"]
Action = Literal[
    "create",
    "update",
    "adopt",
    "replace",
    "archive",
    "delete",
    "link",
    "complete",
    "release",
    "expire",
    "publish",
    "revoke",
    "restore",
    "keep",
]
OutcomeWord = Literal["planned", "applied", "failed", "superseded"]
Fields = Mapping[str, object]
Mask = Callable[[str], str]
"""Returns a text without the secrets that the run knows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One intended write. `before` and `after` hold JSON values and name nothing that the write itself makes up,
    so that what is left of a plan after a crash is made of the same values."""

    kind: Kind
    key: str
    action: Action
    before: Fields | None = field(default=None, hash=False)
    after: Fields | None = field(default=None, hash=False)
    reason: str | None = None
    noun: str = field(default="", compare=False)  # what people read in place of the kind

    def as_json(self) -> dict[str, object]:
        """Return the change as reports and plan files hold it."""
        return {
            "kind": self.kind,
            "key": self.key,
            "action": self.action,
            "before": None if self.before is None else dict(self.before),
            "after": None if self.after is None else dict(self.after),
            "reason": self.reason,
        }

    def canonical(self) -> str:
        """Return the one text that stands for this change; equal changes have equal texts."""
        return canonical_json(self.as_json())


class Skipped(NamedTuple):
    """A row that was left alone, and why. `blocking` rows (invalid, guarded) make the run end in 1."""

    kind: Kind
    key: str
    reason: str
    blocking: bool = False
    code: str = "skipped"

    def as_json(self) -> dict[str, object]:
        """Return the row as reports hold it."""
        return {"kind": self.kind, "key": self.key, "reason": self.reason, "code": self.code}


class Finding(NamedTuple):
    """Something a person should look at; lmx changes nothing about it."""

    kind: str
    key: str
    detail: str
    remedy: str | None = None
    """The command that settles it; None where only waiting or the Dashboard helps, as the detail then says."""
    url: str | None = None
    """The payment in the Dashboard."""

    def as_json(self) -> dict[str, object]:
        """Return the finding as reports hold it."""
        return self._asdict()


@dataclass(frozen=True, slots=True)
class Result:
    """A change with its outcome; `error` says why it failed or what superseded it."""

    change: Change
    outcome: OutcomeWord = "planned"
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the change and its outcome as reports hold them."""
        return {**self.change.as_json(), "outcome": self.outcome} | ({"error": self.error} if self.error else {})


class SupersededError(LmxError):
    """Somebody else was faster, and what was to be written no longer applies: no failure."""


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that belong together, in order; `carry_out` yields after each, and raises LmxError where it fails.

    It yields the SupersededError of a change that the others do not depend on. Where other changes may become necessary
    than those planned, it yields results instead: at least one for each that was planned.
    """

    changes: Sequence[Change]
    carry_out: Callable[[], Iterator[Result | SupersededError | None]]


Ended = tuple[tuple[Result, ...], LmxError | None]
"""The results of a group, and what ended it early."""


def carry_out(group: Group) -> Ended:
    """Carry out one group of changes."""
    results: list[Result] = []
    try:
        for done in group.carry_out():
            results.append(done if isinstance(done, Result) else _result(group.changes[len(results)], done))
    except LmxError as error:
        # What depends on a superseded change is no longer needed; what depends on a failed one still is.
        needless = isinstance(error, SupersededError)
        rest = group.changes[len(results) :]
        results.extend(Result(change, "superseded" if needless else "failed", error.message) for change in rest[:1])
        results.extend((Result(change, "superseded") for change in rest[1:]) if needless else planned(rest[1:]))
        return tuple(results), error
    return tuple(results), None


def _result(change: Change, superseded: SupersededError | None) -> Result:
    return Result(change, "applied") if superseded is None else Result(change, "superseded", superseded.message)


def planned(changes: Iterable[Change]) -> tuple[Result, ...]:
    """Return changes as not applied yet."""
    return tuple(map(Result, changes))


def count(results: Sequence[Result], outcome: OutcomeWord) -> int:
    """Return how many changes ended that way."""
    return sum(result.outcome == outcome for result in results)


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no blanks."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def digest(changes: Iterable[Change]) -> str:
    """Return the fingerprint that ties a review to a run: SHA-256 of the canonical, sorted changes."""
    sha = hashlib.sha256()
    # Fed line by line: of a hundred thousand changes the joined text would be one more copy.
    for number, line in enumerate(sorted(change.canonical().encode() for change in changes)):
        sha.update(b"\n" + line if number else line)
    return "sha256:" + sha.hexdigest()


def masked(value: object, mask: Mask) -> Any:
    """Return a JSON value with its texts masked."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {mask(str(name)): masked(part, mask) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [masked(part, mask) for part in value]
    return masked(dict(value), mask) if isinstance(value, Mapping) else value


def masked_change(change: Change, mask: Mask) -> Change:
    """Return a change as it may be printed, saved and compared with a saved one."""
    before, after, reason = (masked(part, mask) for part in (change.before, change.after, change.reason))
    return replace(change, key=mask(change.key), before=before, after=after, reason=reason)


class MaskedResults(Collection[Result]):
    """Results as they may be printed, masked one by one, since they may be many."""

    def __init__(self, results: Collection[Result], mask: Mask) -> None:
        self._results = results
        self._mask = mask

    def __iter__(self) -> Iterator[Result]:
        for result in self._results:
            error = None if result.error is None else self._mask(result.error)
            yield Result(masked_change(result.change, self._mask), result.outcome, error)

    def __len__(self) -> int:
        return len(self._results)

    def __contains__(self, result: object) -> bool:
        return any(result == other for other in self)


class PackedRows:
    """Rows of JSON values in order, packed batch by batch to save memory in long runs, unpacked a batch at a time."""

    def __init__(self) -> None:
        self._batches: list[bytes] = []
        self._length = 0

    def add(self, batch: Iterable[object]) -> None:
        """Append a batch."""
        if rows := list(batch):
            self._batches.append(zlib.compress(json.dumps(rows).encode(), 1))
            self._length += len(rows)

    def __iter__(self) -> Iterator[Any]:
        for batch in self._batches:
            yield from json.loads(zlib.decompress(batch))

    def __len__(self) -> int:
        return self._length


class PackedResults(Collection[Result]):
    """Results as packed rows."""

    def __init__(self) -> None:
        self._rows = PackedRows()

    def add(self, batch: Iterable[Result]) -> None:
        """Append a batch."""
        self._rows.add((_fields(result.change), result.outcome, result.error) for result in batch)

    def __iter__(self) -> Iterator[Result]:
        return (Result(Change(*change), outcome, error) for change, outcome, error in self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, result: object) -> bool:
        return any(result == other for other in self)


def _fields(change: Change) -> tuple[object, ...]:
    before, after = (None if fields is None else dict(fields) for fields in (change.before, change.after))
    return change.kind, change.key, change.action, before, after, change.reason
