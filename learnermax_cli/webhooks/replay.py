"""`webhooks replay` from end to end: the events of a window through the receiver's handler, and a report of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, get_args

from learnermax_cli.core.errors import FailedError, InterruptedRunError, LmxError, UsageError
from learnermax_cli.core.times import read_window
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.webhooks.handle import build_handler
from learnermax_cli.webhooks.model import Effect, EventWindow, Handled
from learnermax_cli.webhooks.replay_pass import ReplayPass
from learnermax_cli.webhooks.replay_tally import Tally

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COMMAND = "webhooks replay"
# [doc "List all events"]
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ReplayRequest:
    """What `webhooks replay` was asked to do."""

    since: str
    until: str | None = None
    undelivered: bool = False
    dry_run: bool = False
    exit_code: bool = False


@dataclass(frozen=True, slots=True)
class ReplayOutcome:
    """How a replay ended; `error` is what ended it early, or that some events failed: without one all are handled."""

    tally: Tally = field(default_factory=Tally)
    error: LmxError | None = None


def run_replay(app: "App", request: ReplayRequest) -> Report:
    """Return the report of a replay; what was written before a failure is in it."""
    window = parse_window(request, app.now())
    identity = app.stripe_identity
    outcome = replay_events(app, window, dry_run=request.dry_run)
    tally = outcome.tally
    effects = {effect: tally.effects[effect] for effect in get_args(Effect)}
    return Report(
        command=COMMAND,
        environment=app.settings.environment,
        body=Changes(tally.results),
        dry_run=request.dry_run,
        stripe=identity,
        findings=tally.findings,
        warnings=() if app.events else ("no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: no events are published",),
        notes=() if app.console.manner.format == "json" and not app.console.in_actions else tally.lines(),
        extra={"effects": effects, "events": iter(tally.rows)},
        summary=_summary(tally, dry_run=request.dry_run),
        summary_line=_summary_line(tally, dry_run=request.dry_run),
        error=outcome.error,
        pending_exit=request.exit_code,
    )


def replay_undelivered(app: "App", since: datetime) -> ReplayOutcome:
    """Put the events that some endpoint has not received through the handler; writes at once, raises no LmxError."""
    return replay_events(app, EventWindow(int(since.timestamp()), undelivered=True))


def replay_events(app: "App", window: EventWindow, *, dry_run: bool = False) -> ReplayOutcome:
    """Put the events of a window through the handler, oldest first; what is done already is skipped."""
    tally = Tally()
    error: LmxError | None = None
    with app.interrupt.finishing() as stop:
        try:
            work = ReplayPass(partial(build_handler(app).handle, dry_run=dry_run), app.now, stop)
            with _progress(app, window) as progress:
                for batch in work.batches(app.stripe_events.list_events(window)):
                    tally.add(batch)
                    progress(batch)
            error = work.error
        except LmxError as failure:
            error = failure
        if stop.is_set():
            error = InterruptedRunError(f"interrupted after {tally.events} events", hint="Run again: it does the rest.")
    return ReplayOutcome(tally, error or _some_failed(tally))


def parse_window(request: ReplayRequest, now: datetime) -> EventWindow:
    """Return the window of events; raises UsageError for a span that makes no sense, or that Stripe has forgotten."""
    since, end = read_window(request.since, request.until, now)
    assert since is not None
    if since < now - KEPT:
        raise UsageError(
            f"--since {request.since} is too long ago: Stripe keeps events for {KEPT.days} days",
            hint=f"For older payments: lmx enrollments reconcile --since {request.since}",
        )
    until = None if end is None else int(end.timestamp())
    return EventWindow(int(since.timestamp()), until, request.undelivered)


@contextmanager
def _progress(app: "App", window: EventWindow) -> Iterator[Callable[[Sequence[Handled]], None]]:
    """Show how far a replay is, by the time that it has come to: how many events there are nobody knows before."""
    until = window.until or int(app.now().timestamp())
    with app.console.progress("Replaying (minutes of the window)", max(1, (until - window.since) // 60)) as show:
        yield lambda batch: show((batch[-1].hint.created - window.since) // 60)


def _some_failed(tally: Tally) -> LmxError | None:
    failed = tally.effects["failed"]
    if not failed:
        return None
    return FailedError(
        f"{failed} of {tally.events} events could not be handled",
        hint="The report says which and why; run again: what is done is skipped.",
        code="failed.events",
    )


def _summary(tally: Tally, *, dry_run: bool) -> dict[str, int]:
    outcome = "planned" if dry_run else "applied"
    return {
        "events": tally.events,
        "complete": tally.count("complete", outcome),
        "create": tally.count("create", outcome),
        "needs_attention": len(tally.findings),
        "failed": tally.effects["failed"],
    }


def _summary_line(tally: Tally, *, dry_run: bool) -> str:
    summary, effects = _summary(tally, dry_run=dry_run), tally.effects
    if dry_run:
        begin = f"Plan: {summary['complete']} to complete, {summary['create']} to create"
        changed = f"{effects['changed']} would change something"
    else:
        begin = f"Applied: {summary['complete']} completed, {summary['create']} created"
        changed = f"{effects['changed']} changed something"
    counts = [changed, f"{effects['done']} done already"]
    for effect, words in (("waiting", "waiting"), ("attention", "need attention"), ("ignored", "ignored")):
        if effects[effect] or effect == "ignored":
            counts.append(f"{effects[effect]} {words}")
    if effects["failed"]:
        counts.append(f"{effects['failed']} failed")
    events = "1 event" if tally.events == 1 else f"{tally.events} events"
    return f"{begin}; of {events}: {', '.join(counts)}."
