"""A long history, window by window: how far a walk is, and how long its next window is. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.times import read_duration, read_moment, show_duration, show_time

DEFAULT_STEP = "7d"
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=99_999)


class WindowTooLongError(FailedError):
    """Not even the shortest window is done in one run; the state machine knows by this name that no retry helps."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over the sessions created from `since` to `until`; everything before `cursor` is done."""

    since: datetime
    until: datetime
    cursor: datetime
    step: timedelta
    """The length of a window, unless one was too long for a run."""
    size: timedelta
    """The length of the next window."""
    windows: int = 0
    applied: int = 0
    failed: int = 0
    findings: int = 0

    @property
    def end(self) -> datetime:
        """The end of the next window, which is excluded from it."""
        return min(self.cursor + self.size, self.until)

    @property
    def done(self) -> bool:
        """Whether nothing is left to be walked."""
        return self.cursor >= self.until

    def on(self, *, applied: int, failed: int, findings: int) -> "Walk":
        """Return the walk after its next window, with the counts of that one; windows grow back to the step."""
        return replace(
            self,
            cursor=self.end,
            size=min(self.step, 2 * self.size),
            windows=self.windows + 1,
            applied=self.applied + applied,
            failed=self.failed + failed,
            findings=self.findings + findings,
        )

    def shorter(self) -> "Walk":
        """Return the walk with half the window, which was too long for a run; raises WindowTooLongError."""
        size = (self.end - self.cursor) / 2
        if size < _SHORTEST:
            raise WindowTooLongError(
                f"the window of {show_time(self.cursor)} is not done in one run, although it is the shortest",
                hint="Raise the function's timeout, then start the walk again at this cursor.",
                code="failed.window",
            )
        return replace(self, size=size)

    def as_json(self) -> dict[str, Any]:
        """Return the walk as the input of the next run; every field of it may be given by hand too."""
        return {
            "since": show_time(self.since),
            "until": show_time(self.until),
            "cursor": show_time(self.cursor),
            "step": show_duration(self.step),
            "size": show_duration(self.size),
            "done": self.done,
            "windows": self.windows,
            "applied": self.applied,
            "failed": self.failed,
            "findings": self.findings,
        }


def read_walk(event: Mapping[str, Any], now: datetime) -> Walk:
    """Return the walk that an input names, at least `since`; raises UsageError where they do not fit together."""
    if not event.get("since"):
        raise UsageError("the input names no since", hint='Start with {"since": "900d"}; until and step may follow.')
    since = _second(read_moment(str(event["since"]), now, "since"))
    until = _second(read_moment(str(event["until"]), now, "until") if event.get("until") else now)
    if until <= since:
        raise UsageError("until is not after since", hint='Give both: {"since": "900d", "until": "30d"}.')
    step = _size(event, "step", DEFAULT_STEP)
    size = _size(event, "size", event.get("step") or DEFAULT_STEP)
    cursor = _second(read_moment(str(event["cursor"]), now, "cursor")) if event.get("cursor") else since
    if cursor < since:
        raise UsageError("cursor is before since", hint="Leave it out to begin at since, or give an earlier since.")
    counts = {name: _count(event, name) for name in ("windows", "applied", "failed", "findings")}
    return Walk(since, until, cursor, step, size, **counts)


def _size(event: Mapping[str, Any], name: str, default: str) -> timedelta:
    return read_duration(str(event.get(name) or default), name, _SHORTEST, _LONGEST, example="30d, 36h or 90m")


def _count(event: Mapping[str, Any], name: str) -> int:
    count = event.get(name, 0)
    if type(count) is not int or count < 0:
        raise UsageError(f"{name} is {count!r}", hint="Leave it out, or give the output of the last run.")
    return count


def _second(moment: datetime) -> datetime:
    # Stripe's times are whole seconds: so the end of one window is exactly the beginning of the next.
    return moment.astimezone(UTC).replace(microsecond=0)
