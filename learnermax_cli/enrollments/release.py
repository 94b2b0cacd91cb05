"""`enrollments release`: removes a stuck pending item, never one that is paid or may still be."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from learnermax_cli.core.errors import FailedError, GuardError
from learnermax_cli.core.remedy import Advice, keep_one, lmx, release_one
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, RunJob, begin_run
from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import (
    Enrollment,
    EnrollmentKey,
    Payment,
    PaymentGateway,
    Window,
    usable_session_id,
)
from learnermax_cli.enrollments.payment_state import Realm, State, by_hand, is_over, read_former, reconcile_session
from learnermax_cli.enrollments.plan_enrollment import Work, plan_enrollment
from learnermax_cli.enrollments.read_payments import SESSION_MARGIN
from learnermax_cli.enrollments.store_model import EnrollmentReader
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import count, planned
from learnermax_cli.planning.confirm import StripeJob, ask, target
from learnermax_cli.planning.report import Changes, Report

COMMAND = "enrollments release"


class ReleaseJob(RunJob, StripeJob, Protocol):
    """What a release works with."""

    @property
    def enrollments(self) -> EnrollmentReader: ...
    @property
    def payments(self) -> PaymentGateway: ...


def run_release(
    job: ReleaseJob, key: EnrollmentKey, *, dry_run: bool, yes: bool, allow_missing_session: bool
) -> Report:
    """Return the report of removing a pending enrollment; raises FailedError when it must stay."""
    identity = job.stripe_identity
    enrollment = job.enrollments.read_enrollment(key)
    report = Report(COMMAND, job.settings.environment, Changes(), dry_run, identity)
    if enrollment is None:
        line = f"Nothing to do: {key.user_id} has no enrollment in {key.course_id}."
        return replace(report, summary_line=line)
    _require_pending(enrollment)
    rules = Rules(Realm(job.settings.environment, livemode=identity.mode == "live"), job.now(), release_expired=True)
    case = read_case(job.payments, enrollment)
    state = require_releasable(case, rules, allow_missing_session=allow_missing_session)
    work = plan_enrollment(key, enrollment, Decision("release", state), None, event=False)
    assert work is not None
    lost = "" if enrollment.revoked is None else ", and its progress is lost"
    line = f"Plan: 1 enrollment to release{lost}."
    report = replace(report, body=Changes(planned(work.changes)), summary={"release": 1}, summary_line=line)
    if dry_run:
        return report
    question = f"Release {key}{lost} in {target(job.settings, stripe=identity, table=True)}?"
    if refusal := ask(job.talk, report, question, yes=yes):
        return replace(report, error=refusal)
    return _apply(job, work, report)


def _apply(job: ReleaseJob, work: Work, report: Report) -> Report:
    group = EnrollmentWork(work, begin_run(job)).group()
    applied = apply([group], job.interrupt.begin_writes(), workers=1, progress=lambda _: None)
    done = count(applied.results, "applied")
    line = f"Not released: {applied.results[0].error or 'interrupted'}."
    if done:
        line = f"Released {work.key}: the student can buy the course again."
    body = Changes(applied.results)
    return replace(report, body=body, summary={"release": done}, summary_line=line, error=applied.error)


def read_case(gateway: PaymentGateway, enrollment: Enrollment) -> Case:
    """Read every session that may have paid an enrollment: the one it names, and those made since it was written."""
    session_id = enrollment.session_id
    asked = session_id is not None and usable_session_id(session_id)
    named = gateway.read_payment(session_id) if asked and session_id is not None else None
    begun = parse_time(enrollment.enrolled_at)
    since = None if begun is None else max(0, int(begun.timestamp()) - SESSION_MARGIN)
    found = [
        payment
        for page in gateway.list_payments(Window(since, None))
        for payment in page
        if payment.key == enrollment.key and payment.session_id != session_id
    ]
    others = gateway.read_reversals(found, max_pages=0)
    return Case(enrollment.key, enrollment, named, asked and named is None, others, all_sessions_known=True)


def require_releasable(case: Case, rules: Rules, *, allow_missing_session: bool) -> str:
    """Return the state that a pending enrollment is stuck in; raises FailedError while it is paid or may be. Pure."""
    key = case.key
    decision = decide(case, rules)
    if decision.verdict in ("complete", "restore") and (paid := decision.payment):
        session_id = case.enrollment.session_id if case.enrollment else None
        raise FailedError(
            f"{key} is paid, so it stays",
            hint="Complete it: " + reconcile_session(key, paid.session_id, paid.created, session_id),
            code="failed.paid",
        )
    readings = {payment.session_id: read_former(payment, key, rules.realm) for payment in _sessions(case)}
    for payment in _sessions(case):
        reading = readings[payment.session_id]
        if not is_over(reading):
            raise FailedError(
                f"{key} stays, its session is {reading.state}: {reading.detail}",
                hint=what_to_do(payment, reading.state, key, rules.realm),
                code="failed.not_over",
            )
    if case.named_missing and not allow_missing_session:
        message, hint = missing_session(key)
        raise GuardError(message, hint=hint, code="guard.missing_session")
    named = readings.get(case.named.session_id) if case.named else None
    return named.detail if named and named.state == "mismatch" else decision.state


def _sessions(case: Case) -> Iterator[Payment]:
    if case.named is not None:
        yield case.named
    yield from case.others


def missing_session(key: EnrollmentKey) -> tuple[str, Advice]:
    """Return what is wrong with an enrollment whose session Stripe does not have, and what helps."""
    never_paid = release_one(key.course_id, key.user_id, "--allow-missing-session")
    message = f"{key} names a session that Stripe does not have for this key: it may be paid in another account"
    return message, "Check account and mode of the key; if it was never paid: " + never_paid


def what_to_do(payment: Payment, state: State, key: EnrollmentKey, realm: Realm) -> Advice | str:
    """Return what has to be done about a session before its enrollment can be released."""
    if state == "paid":  # access was taken away by hand
        return "Refund it in the Dashboard first, or let the student in: " + keep_one(*key[::-1], "let in again")
    if state != "open":
        return by_hand(state)
    if not realm.owns(payment):
        return "Wait until it ends, or expire it in the Dashboard: lmx expires only its own sessions."
    return "Wait until it ends, or expire it: " + lmx("checkout expire", payment.session_id)


def _require_pending(enrollment: Enrollment) -> None:
    if not enrollment.pending:
        raise FailedError(
            f"{enrollment.key} is {enrollment.status or 'without a status'}, not pending: it stays",
            hint="Only pending enrollments are released; see " + lmx("enrollments list"),
            code="failed.not_pending",
        )
