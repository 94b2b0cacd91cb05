"""`webhooks replay` from end to end: the events of a window through the receiver's handler, and a report of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol, get_args

from learnermax_cli.core.errors import FailedError, InterruptedRunError, LmxError, UsageError, weightier
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import read_window
from learnermax_cli.enrollments.apply_enrollment import event_mode
from learnermax_cli.enrollments.plan_event import EventMode, warn_of_owed
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.webhooks.handle import Handler, HandlerJob
from learnermax_cli.webhooks.model import ACCESS_CHANGES, Effect, EventGateway, EventWindow, Handled
from learnermax_cli.webhooks.replay_pass import ReplayPass, Tally

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
    revoke: bool | None = None
    """Whether access is taken away; None leaves it to the settings."""


class ReplayJob(HandlerJob, StripeJob, Protocol):
    """What a replay works with."""

    @property
    def stripe_events(self) -> EventGateway: ...


def run_replay(job: ReplayJob, request: ReplayRequest) -> Report:
    """Return the report of a replay; what was written before a failure is in it."""
    window = parse_window(request, job.now())
    identity = job.stripe_identity
    tally, error = replay_events(job, window, dry_run=request.dry_run, revoke=request.revoke)
    effects = {effect: tally.effects[effect] for effect in get_args(Effect)}
    return Report(
        command="webhooks replay",
        environment=job.settings.environment,
        body=Changes(tally.results),
        dry_run=request.dry_run,
        stripe=identity,
        findings=tally.findings,
        warnings=_warnings(tally, event_mode(job), dry_run=request.dry_run),
        notes=tally.lines(),
        extra={"effects": effects, "events": iter(tally.rows)},
        summary=_summary(tally, dry_run=request.dry_run),
        summary_line=_summary_line(tally, dry_run=request.dry_run),
        error=error,
        pending_exit=request.exit_code,
    )


def replay_events(
    job: ReplayJob, window: EventWindow, *, dry_run: bool = False, revoke: bool | None = None
) -> tuple[Tally, LmxError | None]:
    """Handle the events of a window, oldest first; those that were handled before are skipped.

    Return the tally, and what ended it early, or that some events failed: without an error all are handled.
    """
    tally = Tally()
    error: LmxError | None = None
    stop = job.interrupt.begin_writes()
    try:
        handler = Handler(job, leave_owed=True, revoke=revoke)
        work = ReplayPass(partial(handler.handle, dry_run=dry_run), job.now, stop)
        with _progress(job, window) as progress:
            for batch in work.batches(job.stripe_events.list_events(window)):
                tally.add(batch)
                progress(batch)
        error = weightier(work.error, work.spared)
    except LmxError as failure:
        error = failure
    if stop.is_set():
        handled = _events(tally)
        hint = "Run the command again: events that were handled are skipped."
        error = InterruptedRunError(f"interrupted after {handled}", hint=hint)
    return tally, error or _some_failed(tally)


def parse_window(request: ReplayRequest, now: datetime) -> EventWindow:
    """Return the window of events; raises UsageError for a wrong one, or one that is too long ago."""
    since, end = read_window(request.since, request.until, now)
    assert since is not None
    if since < now - KEPT:
        raise UsageError(
            f"--since {request.since} is too long ago: Stripe keeps events for {KEPT.days} days",
            hint="For older payments: " + lmx("enrollments reconcile", "--since", request.since),
        )
    until = None if end is None else int(end.timestamp())
    return EventWindow(int(since.timestamp()), until, request.undelivered)


@contextmanager
def _progress(job: ReplayJob, window: EventWindow) -> Iterator[Callable[[Sequence[Handled]], None]]:
    """Show progress in minutes of the window: the number of events is not known before."""
    until = window.until or int(job.now().timestamp())
    with job.talk.progress("Replaying (minutes of the window)", max(1, (until - window.since) // 60)) as show:
        yield lambda batch: show((batch[-1].hint.created - window.since) // 60)


def _warnings(tally: Tally, mode: EventMode, *, dry_run: bool) -> tuple[str, ...]:
    if not tally.owed or mode == "owe":
        return warn_of_owed(mode, len(tally.owed), dry_run=dry_run)
    first, *more = sorted(map(str, tally.owed))
    publishes = "; " + lmx("enrollments reconcile") + " publishes "
    if more:
        return (f"the events of {len(tally.owed)} enrollments are still owed by other runs" + publishes + "them later",)
    return (f"the event of {first} is still owed by another run" + publishes + "it later",)


def _some_failed(tally: Tally) -> LmxError | None:
    failed = tally.effects["failed"]
    if not failed:
        return None
    return FailedError(
        f"{failed} of {_events(tally)} could not be handled",
        hint="The report says which and why. Run the command again: events that were handled are skipped.",
        code="failed.events",
    )


def _summary(tally: Tally, *, dry_run: bool) -> dict[str, int]:
    outcome = "planned" if dry_run else "applied"
    return {
        "events": tally.events,
        "complete": tally.count("complete", outcome),
        "create": tally.count("create", outcome),
        **{action: tally.count(action, outcome) for action in ACCESS_CHANGES},
        "needs_attention": len(tally.findings),
        "failed": tally.effects["failed"],
        "owed": len(tally.unpublished.union(map(str, tally.owed))),
    }


def _summary_line(tally: Tally, *, dry_run: bool) -> str:
    summary, effects = _summary(tally, dry_run=dry_run), tally.effects
    access = {words: summary[action] for action, words in ACCESS_CHANGES.items()}
    rare = "".join(f", {count} {f'to {words[0]}' if dry_run else words[1]}" for words, count in access.items() if count)
    if dry_run:
        begin = f"Plan: {summary['complete']} to complete, {summary['create']} to create{rare}"
        changed = f"{effects['changed']} would change something"
    else:
        begin = f"Applied: {summary['complete']} completed, {summary['create']} created{rare}"
        changed = f"{effects['changed']} changed something"
    counts = [changed, f"{effects['done']} done already"]
    for effect, words in (("waiting", "waiting"), ("attention", "with findings"), ("ignored", "ignored")):
        if effects[effect] or effect == "ignored":
            counts.append(f"{effects[effect]} {words}")
    if effects["failed"]:
        counts.append(f"{effects['failed']} failed")
    return f"{begin}; of {_events(tally)}: {', '.join(counts)}."


def _events(tally: Tally) -> str:
    return f"{tally.events} event{'s' * (tally.events != 1)}"
