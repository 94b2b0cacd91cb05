"""`enrollments keep`: goodwill; one student stays in, or gets back in, whatever the money does."""

from typing import Protocol

from learnermax_cli.checkout.plan_offer import refused
from learnermax_cli.core.remedy import Advice, reconcile_one, release_one
from learnermax_cli.enrollments.apply_by_hand import (
    ByHandJob,
    ByHandRequest,
    Words,
    decide_by_hand,
    require_enrollment,
    require_reason,
)
from learnermax_cli.enrollments.model import Enrollment, Payment, PaymentGateway, usable_session_id
from learnermax_cli.enrollments.payment_state import Realm, is_over, read_former, read_state
from learnermax_cli.enrollments.plan_enrollment import EVENT, Work
from learnermax_cli.enrollments.release import missing_session, what_to_do
from learnermax_cli.planning.change import Change
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.planning.report import Report

_WAS_PAID = ("paid", "refunded", "disputed")


class KeepJob(ByHandJob, StripeJob, Protocol):
    """What keeping works with; Stripe is asked only about who never was in."""

    @property
    def payments(self) -> PaymentGateway: ...


def run_keep(job: KeepJob, request: ByHandRequest) -> Report:
    """Return the report of keeping a student; raises FailedError where nothing was ever paid."""
    reason = require_reason(request.reason)
    enrollment = require_enrollment(job, request.key)
    identity = None
    if enrollment.pending and enrollment.revoked is None:
        identity = job.stripe_identity
        _require_paid(job, enrollment, Realm(job.settings.environment, livemode=identity.mode == "live"))
    work = plan_keep(enrollment, reason, event=job.events is not None and job.settings.events)
    return decide_by_hand(
        job, request, work, Words("keep", f"Keep {request.key} enrolled ({reason})", "kept"), identity
    )


def plan_keep(enrollment: Enrollment, reason: str, *, event: bool) -> Work | None:
    """Return the work of keeping a student, None where it was done before. Who gets in for the first time gets the
    mail. Pure."""
    if enrollment.kept_at is not None and not enrollment.pending:
        return None
    key = enrollment.key
    back_in = "free" if enrollment.enrollment_type == "free" else "completed"
    status = back_in if enrollment.pending else enrollment.status
    before = {"paymentStatus": enrollment.status, "accessKeptReason": None}
    after = {"paymentStatus": status, "accessKeptReason": reason}
    changes = [Change("enrollment", str(key), "keep", before, after, reason)]
    if event and enrollment.pending and enrollment.revoked is None:
        changes.append(Change("event", str(key), "publish", None, EVENT))
    return Work(key, tuple(changes), enrollment)


def _require_paid(job: KeepJob, enrollment: Enrollment, realm: Realm) -> None:
    """Raise FailedError for a pending enrollment whose own session was never paid, or is still valid."""
    key, session_id = enrollment.key, enrollment.session_id or ""
    hint: Advice | str
    asked = usable_session_id(session_id)
    payment: Payment | None = job.payments.read_payment(session_id) if asked else None
    if asked and payment is None:
        raise refused(*missing_session(key), "missing_session")
    reading = None if payment is None else read_state(payment, key, realm)
    if reading is not None and reading.state == "paid":
        hint = "Complete it: " + reconcile_one(key.course_id, key.user_id)
        raise refused(f"{key} is paid: nothing has to be decided by hand", hint, "paid")
    if reading is not None and reading.state in _WAS_PAID:
        return
    if payment is not None and not is_over(former := read_former(payment, key, realm)):  # release would refuse it, too
        hint = what_to_do(payment, former.state, key, realm)
        raise refused(f"{key} is pending, and its session is {former.state}: {former.detail}", hint, "not_over")
    hint = "Remove it, so that the student can buy: " + release_one(key.course_id, key.user_id)
    raise refused(f"{key} is pending, and its session was never paid", hint, "never_paid")
