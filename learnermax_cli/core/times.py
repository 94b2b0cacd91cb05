"""Times and durations: one grammar to read them by, one way to write each."""

import re
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.text_safety import brief

_DURATION = re.compile(r"(?=\d)(?:(\d{1,5})d)?(?:(\d{1,5})h)?(?:(\d{1,5})m)?(?:(\d{1,5})s)?")
_LAST_SECOND = 253_402_300_799  # of the year 9999, in Unix time
_TWO_DAYS = 2 * 86_400
_AGES = (("day", 86_400), ("hour", 3_600), ("minute", 60))


def parse_time(text: str) -> datetime | None:
    """Return an RFC 3339 time, in UTC where it names no zone; None when the text is none.

    The first and the last year that Python knows are no times: one minute more or less would be out of its range.
    """
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.year in (MINYEAR, MAXYEAR):
        return None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def parse_duration(text: str) -> timedelta | None:
    """Return a duration such as 90s, 30m, 36h, 3d or 1h30m; None when the text is none."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        return None
    days, hours, minutes, seconds = (int(number or 0) for number in match.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def read_duration(
    text: str, option: str, least: timedelta, most: timedelta, *, example: str = "90s, 30m, 36h or 3d"
) -> timedelta:
    """Return the duration that an option names; raises UsageError for none, or one out of bounds."""
    duration = parse_duration(text)
    hint = f"Give a duration such as {example}."
    if duration is None:
        raise UsageError(f"{option} is {text!r}, not a duration", hint=hint)
    if not least <= duration <= most:
        bounds = f"{show_duration(least)} and {show_duration(most)}"
        raise UsageError(f"{option} is {text!r}, not between {bounds}", hint=hint)
    return duration


def read_moment(text: str, now: datetime, option: str) -> datetime:
    """Return the moment, in UTC, that an option names as a span back from `now` or as a time; raises UsageError."""
    span = parse_duration(text)
    try:
        if span is not None:
            return (now - span).astimezone(UTC)
        if (time := parse_time(text)) is not None:
            return time.astimezone(UTC)
    except OverflowError:  # before the year 1, or after 9999
        pass
    raise UsageError(
        f"{option} is {text!r}, neither a span nor a time",
        hint="Give a span such as 30d, 36h or 90m, or a time such as 2026-11-01T00:00:00Z.",
    )


def read_window(since: str | None, until: str | None, now: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the window that --since and --until name; raises UsageError for one that makes no sense."""
    start = None if since is None else read_moment(since, now, "--since")
    end = None if until is None else read_moment(until, now, "--until")
    if start is not None and start >= now:
        raise UsageError(f"--since {since} is not in the past", hint="Give a span such as 3d, or an earlier time.")
    if end is not None and (start is None or end <= start):
        raise UsageError("--until needs an earlier --since", hint="Give both: --since 30d --until 7d.")
    return start, end


def read_http_date(header: str | None, source: str) -> datetime:
    """Return the time of a Date header, in UTC; raises FailedError when there is none [RFC 9110, 6.6.1]."""
    try:
        time = parsedate_to_datetime(header or "")
    except (ValueError, OverflowError):
        hint = "A proxy seems to remove the Date header."
        raise FailedError(f"{source} does not say its time", hint=hint, code="failed.clock") from None
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


def show_time(time: datetime) -> str:
    """Return a time as reports write it: RFC 3339, UTC, seconds."""
    return f"{time.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def unix_time(value: object) -> int:
    """Return Unix seconds; raises ValueError for what is no time until the year 9999."""
    if type(value) is not int or not 0 <= value <= _LAST_SECOND:
        raise ValueError(f"{brief(value)} is no time")
    return value


def show_unix(seconds: int) -> str:
    """Return Unix seconds as RFC 3339 in UTC."""
    return show_time(datetime.fromtimestamp(seconds, UTC))


def site_time(time: datetime) -> str:
    """Return a time as the site writes it into the table: RFC 3339, UTC, milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def show_duration(duration: timedelta) -> str:
    """Return a duration in the grammar of `parse_duration`, in whole seconds; days from two on."""
    left = int(duration.total_seconds())
    parts = []
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        if unit == "d" and left < _TWO_DAYS:
            continue
        number, left = divmod(left, length)
        parts += [f"{number}{unit}"] if number else []
    return "".join(parts) or "0s"


def show_age(time: datetime, now: datetime) -> str:
    """Return how long ago a time was, in the largest unit that fits."""
    seconds = max(0, int((now - time).total_seconds()))
    for unit, length in _AGES:
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'s' if number > 1 else ''}"
    return "less than a minute"
