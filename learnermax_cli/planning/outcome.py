"""What became of a change: planned, applied, failed or superseded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from learnermax_cli.core.errors import LmxError
from learnermax_cli.planning.change import Change

OutcomeWord = Literal["planned", "applied", "failed", "superseded"]


@dataclass(frozen=True, slots=True)
class Result:
    """A change with its outcome; `error` says why it failed or what superseded it."""

    change: Change
    outcome: OutcomeWord = "planned"
    error: str | None = None

    def as_json(self) -> dict[str, object]:
        """Return the change and its outcome as reports hold them."""
        document = {**self.change.as_json(), "outcome": self.outcome}
        return document if self.error is None else {**document, "error": self.error}


class SupersededError(LmxError):
    """Somebody else was faster, and what was to be written no longer applies: no failure."""


def planned(changes: Iterable[Change]) -> tuple[Result, ...]:
    """Return changes that nobody has carried out yet."""
    return tuple(Result(change) for change in changes)


def count(results: Sequence[Result], outcome: OutcomeWord) -> int:
    """Return how many changes ended that way."""
    return sum(result.outcome == outcome for result in results)
