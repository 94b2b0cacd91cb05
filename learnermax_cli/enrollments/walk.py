"""A long history, window by window: where a walk stands, and how far its next step goes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.times import read_duration, read_moment

DEFAULT_STEP = "7d"
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=99_999)


class WindowTooLongError(FailedError):
    """Not even the shortest window is done in one run; its name alone tells that trying again is no use."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over the sessions created from `since` to `until`; everything before `cursor` is done."""

    since: datetime
    until: datetime
    cursor: datetime
    step: timedelta
    """The length of a window, unless one has proved too long for a run."""
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
        """Return the walk after its next window, with what that brought; windows grow back to the step."""
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
        """Return the walk with its window cut in half, which was too long for a run; raises WindowTooLongError."""
        size = (self.end - self.cursor) / 2
        if size < _SHORTEST:
            raise WindowTooLongError(
                f"the window of {_text(self.cursor)} is not done in one run, short as it is",
                hint="Raise the function's timeout, then start the walk again at this cursor.",
                code="failed.window",
            )
        return replace(self, size=size)

    def as_json(self) -> dict[str, Any]:
        """Return the walk as the input of the next run; every field of it may be given by hand too."""
        return {
            "since": _text(self.since),
            "until": _text(self.until),
            "cursor": _text(self.cursor),
            "step": _span(self.step),
            "size": _span(self.size),
            "done": self.done,
            "windows": self.windows,
            "applied": self.applied,
            "failed": self.failed,
            "findings": self.findings,
        }


def read_walk(event: Mapping[str, Any], now: datetime) -> Walk:
    """Return the walk that an input names: at least `since`; raises UsageError for what makes no sense."""
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
        raise UsageError(f"{name} is {count!r}", hint="Leave it out, or give what the last run put out.")
    return count


def _second(moment: datetime) -> datetime:
    # Stripe's times are whole seconds: so the end of one window is exactly the beginning of the next.
    return moment.astimezone(UTC).replace(microsecond=0)


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def _span(span: timedelta) -> str:
    minutes = max(1, round(span.total_seconds() / 60))
    return f"{round(minutes / 60)}h" if minutes % 60 == 0 or minutes > 2_880 else f"{minutes}m"
