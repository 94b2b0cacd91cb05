"""What becomes of the events of completions: published, owed until there is a topic, or not wanted. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from math import ceil
from typing import Literal, NamedTuple

from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import parse_time, show_duration
from learnermax_cli.enrollments.model import NOBODY, Enrollment
from learnermax_cli.enrollments.plan_enrollment import EVENT, Work
from learnermax_cli.planning.change import Change, Finding, Result

# A run that owes an event may still be about to publish it; after this long it is taken to be dead.
EVENT_GRACE = timedelta(minutes=10)
OWED_WITHIN = timedelta(days=7)
"""A mail that comes later than this confuses more than it helps: a person decides."""
EventMode = Literal["publish", "owe", "off"]
"""Events are published; or owed, where no topic is configured; or not wanted: the site sends no mails."""
_EARLIER = "owed by an earlier run"


class EventRules(NamedTuple):
    """What a run does about events: those owed for longer than `within` are reported, not published."""

    mode: EventMode
    now: datetime
    within: timedelta = OWED_WITHIN


def plan_owed_event(enrollment: Enrollment, rules: EventRules, ended: str | None = None) -> Work | Finding | None:
    """Return the work of publishing an event that is owed, or of removing its mark where none is wanted.

    Return a finding for one that is owed for too long, and None for one that is left to another run: no topic is
    configured, or the run that owes it may still live. `ended` is a run of which the caller knows that it is not at it
    any more.
    """
    key, intent = enrollment.key, enrollment.intent
    if intent is None or enrollment.pending or rules.mode == "owe":
        return None
    if rules.mode == "off":
        change = Change("event", str(key), "delete", {"owedSince": intent.at}, None, "LMX_EVENTS is off")
        return Work(key, (change,), enrollment)
    since = parse_time(intent.at)
    if intent.run not in (NOBODY, ended) and since is not None and rules.now - since <= EVENT_GRACE:
        return None
    if since is not None and rules.now - since > rules.within:
        return _owed_too_long(enrollment, rules.now - since, rules.within)
    return Work(key, (Change("event", str(key), "publish", None, EVENT, _EARLIER),), enrollment)


def span_over(age: timedelta) -> str:
    """Return an --owed-within, in days, that an event of this age is within for another day at least."""
    return f"{ceil(age / timedelta(days=1)) + 1}d"


def _owed_too_long(enrollment: Enrollment, age: timedelta, within: timedelta) -> Finding:
    key, intent = enrollment.key, enrollment.intent
    assert intent is not None
    one = ("--course", key.course_id, "--user", key.user_id, "--owed-within", span_over(age))
    send = lmx("enrollments reconcile", *one)
    detail = f"owed since {intent.at}, longer than {show_duration(within)}: no mail is sent"
    return Finding("event owed", str(key), detail, send)


def count_owed(results: Iterable[Result], found: int, mode: EventMode, *, dry_run: bool) -> tuple[int, int]:
    """Return how many events are owed once a run has made these changes, and how many marks it removed.

    `found` are those that were owed before and that the run has left.
    """
    done, owed, removed = "planned" if dry_run else "applied", found, 0
    for change, outcome in ((result.change, result.outcome) for result in results):
        match change.kind, change.action:
            case "enrollment", "complete" | "create":
                owed += outcome == done and mode != "off"
            case "event", "publish" if change.reason != _EARLIER:
                owed -= outcome == done
            case "event", "publish":
                owed += outcome not in (done, "superseded")
            case "event", "delete":
                removed += outcome == done
    return owed, removed


def completes(work: Work) -> bool:
    """Return whether work lets a student in, who then is to get the mail."""
    return any(c.kind == "enrollment" and c.action in ("complete", "create") for c in work.changes)


def warn_of_owed(mode: EventMode, owed: int, *, dry_run: bool = False) -> tuple[str, ...]:
    """Return the warning of a run without a topic that has left events owed."""
    if mode != "owe" or not owed:
        return ()
    events = f"{owed} event{'s' * (owed != 1)}{' would be' * dry_run} owed"
    todo = "set TRANSACTIONAL_EMAIL_TOPIC_ARN, and the next run sends the mails (LMX_EVENTS=off: the site sends none)"
    return (f"{events}: no topic configured; {todo}",)
