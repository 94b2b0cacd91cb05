"""What is read of Stripe and the table to decide on the one enrollment that an event is about."""

from dataclasses import replace
from typing import Protocol

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.enrollments.apply_enrollment import ReadJob
from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, PaymentGateway, usable_session_id
from learnermax_cli.enrollments.read_reversed import search_others
from learnermax_cli.webhooks.model import EventHint


class CaseJob(ReadJob, Protocol):
    """What a case is read with."""

    @property
    def payments(self) -> PaymentGateway: ...


class CaseReader:
    """Reads what an event is about; threads may share it, and it remembers nothing."""

    def __init__(self, job: CaseJob) -> None:
        self._job = job  # its Stripe client is created when it is needed: it is slow to load

    def read_session(self, hint: EventHint) -> Payment:
        """Return the session of an event; raises FailedError when it is not found with our key."""
        assert hint.session_id is not None
        payment = self._job.payments.read_payment(hint.session_id)
        if payment is None:
            raise FailedError(
                f"session {hint.session_id} of this event was not found with this key",
                hint="Events and key are of different accounts or modes: "
                + lmx("doctor")
                + ", "
                + lmx("secrets status"),
                code="failed.missing_session",
            )
        return payment

    def find_session(self, hint: EventHint) -> Payment | None:
        """Return the session of a payment that went back, or may, its reversals unread; None where there is none."""
        found = self._job.payments.find_payments("payment_intent", hint.intent_id or "")
        return next(iter(sorted(found, key=lambda payment: payment.key is None)), None)

    def read(self, key: EnrollmentKey, enrollment: Enrollment | None, payment: Payment) -> Case:
        """Return the case of a session, with the one that the item names, if that is another."""
        named = None if enrollment is None else enrollment.session_id
        if named == payment.session_id:
            return Case(key, enrollment, named=payment)
        if named is None or not usable_session_id(named):
            return Case(key, enrollment, others=(payment,))
        read = self._job.payments.read_payment(named)
        return Case(key, enrollment, named=read, named_missing=read is None, others=(payment,))

    def search(self, case: Case, rules: Rules) -> Case:
        """Return a case, that of a student who would lose access with all their payments."""
        if not rules.revoke or decide(replace(case, searched=True), rules).verdict != "revoke":
            return case
        user_id = case.key.user_id
        student = self._job.enrollments.read_students([user_id]).get(user_id)
        return search_others(self._job.payments, case, student, rules.realm)
