"""What is done about one event: the session that it names is read again and decided on, as reconcile does."""

import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import Protocol

from learnermax_cli.config.keys import StripeKey
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.price import known_money, price_rules
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, RunJob, begin_run
from learnermax_cli.enrollments.decide import decide, decide_unnamed
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, usable_session_id
from learnermax_cli.enrollments.payment_state import Realm, read_state
from learnermax_cli.enrollments.plan_enrollment import Work, customer_to_note, plan_enrollment
from learnermax_cli.enrollments.plan_event import EventRules, completes, plan_owed_event
from learnermax_cli.planning.change import Finding, Result, SupersededError, carry_out, planned
from learnermax_cli.webhooks.model import ACCESS_CHANGES, Effect, EventHint, HalfDoneError, Handled
from learnermax_cli.webhooks.read_case import CaseJob, CaseReader

# Seconds before it is read again, when another run was faster, or is about to publish the event.
_PAUSES = (0.1, 0.2, 0.4, 0.8)
# Events of one enrollment wait for each other; a fixed number of locks, so that memory stays flat.
_LOCKS = 1_024


class HandlerJob(CaseJob, RunJob, Protocol):
    """What events are handled with."""

    @property
    def stripe_key(self) -> StripeKey: ...


class Handler:
    """Handles every event, whoever delivers it; threads may share it.

    An event of ours that another run owes, and that run may live: with `leave_owed` it is left to a later run, as
    `reconcile` does, else it is a failure, so that Stripe delivers again.
    """

    def __init__(self, job: HandlerJob, *, leave_owed: bool = False, revoke: bool | None = None) -> None:
        """Raise LmxError where the key does not fit the environment or its account.

        `revoke` None leaves it to the settings whether access is taken away.
        """
        settings = job.settings
        if settings.stripe_account is not None:
            _ = job.payments  # else it is created when it is needed: it is slow to load
        self._app = job
        self._realm = Realm(settings.environment, livemode=job.stripe_key.mode == "live")
        self._reader = job.enrollments
        self._run = begin_run(job)
        self._cases = CaseReader(job)
        self._revoke = settings.revoke if revoke is None else revoke
        self._leave_owed = leave_owed
        self._locks = tuple(threading.Lock() for _ in range(_LOCKS))

    def handle(self, hint: EventHint, *, dry_run: bool = False) -> Handled:
        """Do what an event asks for and return what became of it; raises LmxError for failures of our own."""
        refusal = _refuse(hint, self._realm)
        if refusal is not None:
            return Handled(hint, "ignored", refusal)
        if hint.reversal:
            payment = self._cases.find_session(hint)
            refusal = "not a session" if payment is None else _refuse_payment(payment, self._realm)
            if payment is None or refusal is not None:
                return Handled(hint, "ignored", refusal or "")
            hint = replace(hint, session_id=payment.session_id, key=payment.key)
        key = hint.key
        if key is None:
            payment = self._cases.read_session(hint)
            if payment.key is None:
                return self._unnamed(hint, payment)
            key = payment.key
        for attempt in range(len(_PAUSES) + 1):
            if attempt:
                time.sleep(_PAUSES[attempt - 1])
            with self._locks[hash(key) % _LOCKS], suppress(SupersededError):
                looked = self._look(hint, key, dry_run)
                if isinstance(looked, Handled):
                    return looked
                key = looked
        raise FailedError(
            f"enrollment {key} is being changed by others",
            hint="Deliver again, or run " + lmx("enrollments reconcile"),
            code="failed.race",
        )

    def _look(self, hint: EventHint, key: EnrollmentKey, dry_run: bool) -> Handled | EnrollmentKey:
        """Read, decide, carry out; return another key when the session, read again, names another enrollment."""
        enrollment = self._reader.read_enrollment(key)
        is_own = enrollment is not None and not enrollment.pending and enrollment.session_id == hint.session_id
        if enrollment is not None and is_own and not hint.reversal:
            return self._settle_event(hint, enrollment, dry_run)
        payment = self._cases.read_session(hint)
        if payment.key != key:
            return payment.key or self._unnamed(hint, payment)
        case, decision, customer = self._decide(key, enrollment, payment)
        work = plan_enrollment(key, enrollment, decision, customer, event=self._run.mode == "publish")
        if work is None and enrollment is not None and is_own and enrollment.owes_event and not decision.findings:
            return self._settle_event(hint, enrollment, dry_run)
        if work is None:
            return Handled(hint, _effect(case, payment, decision, self._realm), decision.state, (), decision.findings)
        owed = key if self._run.mode == "owe" and completes(work) else None
        state = ACCESS_CHANGES.get(decision.verdict, (decision.state,))[-1]
        return Handled(hint, "changed", state, self._carry_out(work, dry_run), decision.findings, owed)

    def _settle_event(self, hint: EventHint, enrollment: Enrollment, dry_run: bool) -> Handled:
        """Publish the event that an ended run owes; raises SupersededError while another may be about to publish it.

        Under the lock of the enrollment, an event that this run owes is left from an attempt that failed.
        """
        if not enrollment.owes_event:
            return Handled(hint, "done", enrollment.status)
        run = self._run
        work = plan_owed_event(enrollment, EventRules(run.mode, run.now()), ended=run.run_id)
        if isinstance(work, Finding):
            return Handled(hint, "attention", enrollment.status, findings=(work,))
        if work is not None:
            return Handled(hint, "changed", enrollment.status, self._carry_out(work, dry_run))
        if dry_run or self._leave_owed or run.mode == "owe":
            return Handled(hint, "done", enrollment.status, owed=enrollment.key)
        raise SupersededError(f"another run owes the event of {enrollment.key}", hint="It publishes it.")

    def _decide(
        self, key: EnrollmentKey, enrollment: Enrollment | None, payment: Payment
    ) -> tuple[Case, Decision, str | None]:
        """Return the case, what it means, and the customer that the student lacks."""
        rules = Rules(self._realm, self._run.now(), revoke=self._revoke)
        case = self._cases.search(self._cases.read(key, enrollment, payment), rules)
        decision = decide(case, rules)
        unchanged = decision.verdict == "unchanged" and (enrollment is not None or not decision.findings)
        if unchanged or decision.verdict == "revoke":
            return case, decision, None
        # Course and student are read only where they matter, and afresh: a receiver runs for weeks.
        students = self._reader.read_students([key.user_id])
        course = self._app.courses.read_course(key.course_id)
        known = replace(
            case,
            price=None if course is None else known_money(course, price_rules(self._app.settings)),
            course_known=course is not None,
            student_known=key.user_id in students,
        )
        decision = decide(known, rules)
        return known, decision, customer_to_note(decision.payment, students, self._realm)

    def _carry_out(self, work: Work, dry_run: bool) -> tuple[Result, ...]:
        if dry_run:
            return planned(work.changes)
        results, error = carry_out(EnrollmentWork(work, self._run).group())
        if isinstance(error, SupersededError):
            raise error
        if error is not None:
            raise HalfDoneError(error, results) from error
        return results

    def _unnamed(self, hint: EventHint, payment: Payment) -> Handled:
        rules = Rules(self._realm, self._run.now())
        finding = decide_unnamed(payment, rules)
        if finding is not None:
            return Handled(hint, "attention", "payer unknown", findings=(finding,))
        ours = self._realm.owns(payment)
        return Handled(hint, "waiting" if ours else "ignored", read_state(payment, None, self._realm).state)


def _refuse(hint: EventHint, realm: Realm) -> str | None:
    """Return why an event is not for us, by what it says itself; None when it has to be handled."""
    # Checkout takes money by a payment intent alone: a charge without one (of the old Charges API) is of no session.
    if not (hint.intent_id if hint.reversal else usable_session_id(hint.session_id or "")):
        return "not a session"
    if hint.livemode != realm.livemode:
        return "other mode"
    if hint.account is not None:
        return "other account"
    if hint.environment not in (None, realm.environment):
        return "other environment"
    if hint.key is None and not hint.managed and not hint.reversal:
        return "not ours"
    return None


def _refuse_payment(payment: Payment, realm: Realm) -> str | None:
    """Return why a payment that went back, or may, is not for us; None when it has to be handled."""
    if payment.marker.environment not in (None, realm.environment):
        return "other environment"
    return "not ours" if payment.key is None and not realm.owns(payment) else None


def _effect(case: Case, payment: Payment, decision: Decision, realm: Realm) -> Effect:
    if decision.findings:
        return "attention"
    if case.enrollment is None:
        return "waiting" if realm.owns(payment) and decision.state == "no enrollment" else "ignored"
    return "waiting" if case.enrollment.pending and decision.state != "revoked" else "done"
