"""`enrollments reconcile` from end to end: read, decide, write, window by window, and report."""

import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from learnermax_cli.core.errors import GuardError, InterruptedRunError, LmxError, UsageError, weightier
from learnermax_cli.core.retries import is_fatal
from learnermax_cli.enrollments.apply_enrollment import (
    EnrollmentWork,
    ReadJob,
    Run,
    RunJob,
    begin_run,
)
from learnermax_cli.enrollments.decide_case import Rules
from learnermax_cli.enrollments.listing import unknown_student, warn_of_types
from learnermax_cli.enrollments.model import Payments
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.enrollments.plan_enrollment import Tally, Work, summary_line
from learnermax_cli.enrollments.plan_event import OWED_WITHIN, EventMode, EventRules, count_owed, warn_of_owed
from learnermax_cli.enrollments.read_table import Scope, read_table
from learnermax_cli.enrollments.reconcile_pass import Reconcile
from learnermax_cli.enrollments.stoppable_payments import StoppablePayments
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import PackedResults, Result, planned
from learnermax_cli.planning.confirm import StripeJob, not_applied
from learnermax_cli.planning.report import Changes, Report

COMMAND = "enrollments reconcile"
WORKERS = 8


@dataclass(frozen=True, slots=True)
class ReconcileRequest:
    """What `enrollments reconcile` was asked to do."""

    scope: Scope
    dry_run: bool = False
    create_missing: bool = False
    release_expired: bool = False
    audit: bool = False
    max_changes: int | None = None
    exit_code: bool = False
    window_only: bool = False
    """Whether only the span's complete sessions are looked at, and the enrollments that they name: no scan."""
    owed_within: timedelta = OWED_WITHIN
    revoke: bool | None = None
    """Whether access is taken away; None leaves it to the settings."""


class ReconcileJob(ReadJob, RunJob, StripeJob, Protocol):
    """What a reconcile works with."""

    @property
    def payments(self) -> Payments: ...


def run_reconcile(job: ReconcileJob, request: ReconcileRequest) -> Report:
    """Return the report of a reconcile; what was written before a failure is in it."""
    _require_sense(request)
    identity = job.stripe_identity
    rules = Rules(
        Realm(job.settings.environment, livemode=identity.mode == "live"),
        job.now(),
        release_expired=request.release_expired,
        create_missing=request.create_missing,
        audit=request.audit,
        revoke=job.settings.revoke if request.revoke is None else request.revoke,
        since=request.scope.since,
    )
    run, stop = begin_run(job), job.interrupt.begin_writes()
    payments = job.payments.lenient()
    events = EventRules(run.mode, rules.now, request.owed_within)
    one_pass = Reconcile(StoppablePayments(payments, stop), job.enrollments, rules, request.scope, events)
    results = PackedResults()
    error: LmxError | None = None
    examined = True
    try:
        for batch in _batches(job, request, one_pass):
            spared = _carry_out(batch, request, run, stop, results)
            error = error or spared
    except InterruptedRunError:
        examined = False
    except LmxError as failure:
        error = weightier(failure, error)
    if examined and not one_pass.tally.examined:
        error = error or unknown_student(job, request.scope.user)
    report = _report(job.settings.environment, request, results, one_pass.tally, run.mode)
    error = error if examined else _unfinished(report)
    owed = warn_of_owed(run.mode, report.summary["owed"], dry_run=request.dry_run)
    unread = (f"{kind}s were not looked at: {why}" for kind, why in payments.denied.items())
    warnings = (*owed, *warn_of_types(one_pass.tally.other_types), *unread)
    return replace(report, stripe=identity, error=error, warnings=warnings)


def _require_sense(request: ReconcileRequest) -> None:
    if not request.window_only:
        return
    if request.scope.since is None:
        raise UsageError("--window-only needs --since", hint="Name the span: --since 30d --until 23d --window-only.")
    if request.release_expired or request.audit:
        flag = "--release-expired" if request.release_expired else "--audit"
        raise UsageError(f"{flag} needs more than the paid sessions of a span", hint="Run it without --window-only.")


def _batches(job: ReconcileJob, request: ReconcileRequest, one_pass: Reconcile) -> Iterator[list[Work]]:
    """Yield the work to be done and show how far it is."""
    table = read_table(job, request.scope, completed=request.audit, window_only=request.window_only)
    total, batches = len(table.enrollments or ()), one_pass.batches(table)
    del table  # the pass lets go of what it has decided
    with job.talk.progress("Reconciling", total) as progress:
        for batch in batches:
            yield batch
            progress(one_pass.tally.examined)


def _carry_out(
    batch: list[Work], request: ReconcileRequest, run: Run, stop: threading.Event, results: PackedResults
) -> LmxError | None:
    """Carry out a batch, or only note it in a dry run; raises LmxError for what ends the run.

    Return a failure that ends nothing early and yet decides the exit code: mails stay owed.
    """
    spared: LmxError | None = None
    allowed, beyond = _within_limit(batch, len(results), request.max_changes)
    if stop.is_set():
        results.add(_planned(batch))
        raise InterruptedRunError("interrupted", hint="Run the command again.")
    if request.dry_run:
        results.add(_planned(allowed))
    else:
        groups = [EnrollmentWork(work, run).group() for work in allowed]
        applied = apply(groups, stop, workers=WORKERS, progress=lambda _: None)
        results.add(applied.results)
        if applied.error is not None and is_fatal(applied.error):
            raise applied.error
        if applied.interrupted:
            results.add(_planned(beyond))
            return applied.error
        spared = applied.error
    if beyond:
        raise GuardError(
            f"stopped after {len(results)} {'planned ' * request.dry_run}write{'s' * (len(results) != 1)}, "
            "as --max-changes says",
            hint="Run again for the rest, or raise --max-changes."
            if results and not request.dry_run
            else "Raise --max-changes: completing an enrollment takes up to three writes.",
            code="guard.max_changes",
        )
    return spared


def _unfinished(report: Report) -> InterruptedRunError:
    done = "nothing was written" if report.dry_run else not_applied(report)
    message = "; ".join(filter(None, ("interrupted", done, "not every enrollment was examined")))
    return InterruptedRunError(message, hint="Run the command again to do the rest.")


def _planned(batch: Iterable[Work]) -> tuple[Result, ...]:
    return planned(change for work in batch for change in work.changes)


def _within_limit(batch: list[Work], written: int, limit: int | None) -> tuple[list[Work], list[Work]]:
    """Return what of a batch may be carried out, and the rest."""
    if limit is None:
        return batch, []
    for index, work in enumerate(batch):
        written += len(work.changes)
        if written > limit:
            return batch[:index], batch[index:]
    return batch, []


def _report(
    environment: str, request: ReconcileRequest, results: Collection[Result], tally: Tally, mode: EventMode
) -> Report:
    left = {each.change.key for each in results if each.outcome == "planned" and each.change.kind != "student"}
    owed, removed = count_owed(results, tally.owed, mode, dry_run=request.dry_run)
    summary = {**tally.summarize(results, dry_run=request.dry_run), "owed": owed, "events_removed": removed}
    return Report(
        command=COMMAND,
        environment=environment,
        body=Changes(results, tuple(tally.still_pending)),
        dry_run=request.dry_run,
        findings=tuple(tally.findings),
        summary=summary,
        summary_line=summary_line(summary, dry_run=request.dry_run),
        extra={"states": dict(sorted(tally.states.items())), "ignored": tally.ignored},
        pending_exit=request.exit_code,
        unit="enrollment",
        left=0 if request.dry_run else len(left),
    )
