"""`enrollments reconcile` from end to end: read, decide, write, window by window, and report."""

import uuid
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import GuardError, InterruptedRunError, LmxError, UsageError
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, Run
from learnermax_cli.enrollments.decide import Rules
from learnermax_cli.enrollments.listing import warn_of_unknown
from learnermax_cli.enrollments.model import Enrollment, EnrollmentReader
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.enrollments.plan_enrollment import Work
from learnermax_cli.enrollments.prices import build_prices, read_price
from learnermax_cli.enrollments.reconcile_pass import Reconcile, Scope, Table, Tally
from learnermax_cli.enrollments.stoppable import StoppablePayments
from learnermax_cli.planning.apply import Group, apply
from learnermax_cli.planning.change import Result, planned
from learnermax_cli.planning.packed import PackedResults
from learnermax_cli.planning.report import Changes, Report

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

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


def run_reconcile(app: "App", request: ReconcileRequest) -> Report:
    """Return the report of a reconcile; what was written before a failure is in it."""
    _require_sense(request)
    identity = app.stripe_identity
    publisher = app.events
    rules = Rules(
        Realm(app.settings.environment, livemode=identity.mode == "live"),
        app.now(),
        release_expired=request.release_expired,
        create_missing=request.create_missing,
        audit=request.audit,
    )
    payments = StoppablePayments(app.payments, app.interrupt.stop)
    job = Reconcile(payments, app.enrollments, rules, request.scope, event=publisher is not None)
    results = PackedResults()
    error: LmxError | None = None
    run = Run(uuid.uuid4().hex, app.enrollment_writes, publisher, app.now)
    with app.interrupt.finishing():
        try:
            for batch in _batches(app, request, job):
                _carry_out(app, request, run, batch, results)
        except LmxError as failure:
            error = failure
    warnings = () if publisher else ("no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: no events are published",)
    unknown = () if error or job.tally.examined else warn_of_unknown(app, None, request.scope.user)
    report = _report(app, request, results, job.tally)
    return replace(report, stripe=identity, error=error, warnings=(*warnings, *unknown))


def _require_sense(request: ReconcileRequest) -> None:
    if not request.window_only:
        return
    if request.scope.since is None:
        raise UsageError("--window-only needs --since", hint="Name the span: --since 30d --until 23d --window-only.")
    if request.release_expired or request.audit:
        flag = "--release-expired" if request.release_expired else "--audit"
        raise UsageError(f"{flag} needs more than the paid sessions of a span", hint="Run it without --window-only.")


def _batches(app: "App", request: ReconcileRequest, job: Reconcile) -> Iterator[list[Work]]:
    """Yield the work to be done and show how far it is."""
    table = read_table(app, request)
    total, batches = len(table.enrollments or ()), job.batches(table)
    del table  # the job lets go of what it has decided
    with app.console.progress("Reconciling", total) as progress:
        for batch in batches:
            yield batch
            progress(job.tally.examined)


def read_table(app: "App", request: ReconcileRequest) -> Table:
    """Read the enrollments of a scope: one scan, or an index query per course, or a query for the user; or none."""
    scope, reader = request.scope, app.enrollments
    prices = build_prices(app)
    if request.window_only:
        return Table(None, prices)
    if scope.user is None and not scope.courses:
        read = reader.scan(completed=request.audit)
        return Table(read.enrollments, {course.course_id: read_price(app.settings, course) for course in read.courses})
    found = [e for e in _listed(reader, scope, completed=request.audit) if scope.covers(e.key)]
    unknown = [course_id for course_id in sorted(scope.courses) if course_id not in prices]
    if unknown and not found:
        raise unknown_course(unknown[0])
    return Table(found, prices)


def _listed(reader: EnrollmentReader, scope: Scope, *, completed: bool) -> Iterator[Enrollment]:
    if scope.user is not None:
        yield from reader.list_of_user(scope.user, completed=completed)
        return
    for course_id in sorted(scope.courses):
        yield from reader.list_of_course(course_id, completed=completed)


def _carry_out(app: "App", request: ReconcileRequest, run: Run, batch: list[Work], results: PackedResults) -> None:
    """Carry out a batch, or only note it in a dry run; raises LmxError for what ends the run."""
    allowed, beyond = _within_limit(batch, len(results), request.max_changes)
    if request.dry_run:
        results.add(planned(change for work in allowed for change in work.changes))
    else:
        groups = [Group(work.changes, EnrollmentWork(work, run).carry_out) for work in allowed]
        applied = apply(groups, app.interrupt.stop, workers=WORKERS, progress=lambda _: None)
        results.add(applied.results)
        if applied.error is not None:
            raise applied.error
    if app.interrupt.stop.is_set():
        raise InterruptedRunError("interrupted", hint="Run again: it does the rest.")
    if beyond:
        raise GuardError(
            f"stopped after {len(results)} {'planned ' * request.dry_run}writes, as --max-changes says",
            hint="Run again for the rest, or raise --max-changes."
            if results and not request.dry_run
            else "Raise --max-changes: completing an enrollment takes up to three writes.",
            code="guard.max_changes",
        )


def _within_limit(batch: list[Work], written: int, limit: int | None) -> tuple[list[Work], bool]:
    if limit is None:
        return batch, False
    allowed: list[Work] = []
    for work in batch:
        written += len(work.changes)
        if written > limit:
            return allowed, True
        allowed.append(work)
    return allowed, False


def _report(app: "App", request: ReconcileRequest, results: Collection[Result], tally: Tally) -> Report:
    summary = summarize(results, tally, dry_run=request.dry_run)
    states = dict(sorted(tally.states.items()))
    return Report(
        command=COMMAND,
        environment=app.settings.environment,
        body=Changes(results, tuple(tally.still_pending)),
        dry_run=request.dry_run,
        findings=tuple(tally.findings),
        summary=summary,
        summary_line=_summary_line(summary, dry_run=request.dry_run),
        extra={"states": states, "ignored": tally.ignored},
        pending_exit=request.exit_code,
    )


def _summary_line(summary: dict[str, int], *, dry_run: bool) -> str:
    rest = f"{summary['unchanged']} unchanged, {summary['needs_attention']} need attention"
    if dry_run:
        wanted = f"{summary['complete']} to complete, {summary['create']} to create, {summary['release']} to release"
        return f"Plan: {wanted}, {rest}."
    done = f"{summary['complete']} completed, {summary['create']} created, {summary['release']} released"
    return f"Applied: {done}, {rest}, {summary['failed']} failed."


def summarize(results: Collection[Result], tally: Tally, *, dry_run: bool) -> dict[str, int]:
    """Return the summary of a reconcile, counted in enrollments."""
    counted = {"complete": 0, "create": 0, "release": 0, "superseded": 0}
    wanted = "planned" if dry_run else "applied"
    for result in results:
        if result.change.kind != "enrollment":
            continue
        if result.outcome == wanted:
            counted[result.change.action] += 1
        elif result.outcome == "superseded":
            counted["superseded"] += 1
    return {
        "examined": tally.examined,
        "complete": counted["complete"],
        "create": counted["create"],
        "release": counted["release"],
        "unchanged": tally.unchanged,
        "superseded": counted["superseded"],
        "needs_attention": tally.needs_attention,
        "failed": sum(result.outcome == "failed" for result in results),
    }
