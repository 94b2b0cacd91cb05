"""Moments as operators write them: 30d, 36h, 90m ago, or an RFC 3339 time."""

import re
from datetime import UTC, datetime, timedelta

from learnermax_cli.core.errors import UsageError
from learnermax_cli.enrollments.decide import parse_time
from learnermax_cli.enrollments.reconcile_pass import Scope

_AGO = re.compile(r"(\d{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_scope(
    now: datetime, courses: list[str] | None, user: str | None, since: str | None, until: str | None
) -> Scope:
    """Return what a reconcile looks at; raises UsageError for a span that makes no sense."""
    start = None if since is None else parse_moment(since, now, "--since")
    end = None if until is None else parse_moment(until, now, "--until")
    if start is not None and start > now:
        raise UsageError(f"--since {since} is in the future", hint="Give a span such as 3d, or an earlier time.")
    if end is not None and (start is None or end <= start):
        raise UsageError("--until needs an earlier --since", hint="Give both: --since 30d --until 7d.")
    return Scope(frozenset(courses or ()), user, start, end)


def parse_moment(text: str, now: datetime, option: str) -> datetime:
    """Return the moment that an option names; raises UsageError for what is neither a span nor a time."""
    ago = _AGO.fullmatch(text)
    if ago is not None:
        return now - _span(ago)
    moment = _in_utc(parse_time(text))
    if moment is None:
        raise UsageError(
            f"{option} is {text!r}, neither a span nor a time",
            hint="Give a span such as 30d, 36h or 90m, or a time such as 2026-11-01T00:00:00Z.",
        )
    return moment


def _in_utc(moment: datetime | None) -> datetime | None:
    try:
        return None if moment is None else moment.astimezone(UTC)
    except OverflowError:  # in UTC it is before the year 1, or after 9999
        return None


def parse_span(text: str, option: str) -> timedelta:
    """Return the span that an option names; raises UsageError for what is none, or nothing at all."""
    span = _AGO.fullmatch(text)
    if span is None or int(span[1]) == 0:
        raise UsageError(f"{option} is {text!r}, not a span", hint="Give a span such as 30d, 36h or 90m.")
    return _span(span)


def _span(match: re.Match[str]) -> timedelta:
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
