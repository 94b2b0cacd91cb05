"""Decisions as changes: what reconcile will write, in the order that a crash may cut anywhere. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.decide import Decision
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, Student
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.planning.change import Change

# A run that owes an event may still be about to publish it; after this long it is taken to be dead.
EVENT_GRACE = timedelta(minutes=10)
EVENT = {"eventType": "EnrollmentCompleted"}
_PENDING = {"paymentStatus": "pending"}


class Work(NamedTuple):
    """The changes of one enrollment, and what carrying them out needs to know."""

    key: EnrollmentKey
    changes: tuple[Change, ...]
    enrollment: Enrollment | None
    payment: Payment | None = None


def plan_enrollment(
    key: EnrollmentKey, enrollment: Enrollment | None, decision: Decision, customer: str | None, *, event: bool
) -> Work | None:
    """Return the work that a decision asks for, None when there is nothing to do; `customer` is to be noted first."""
    payment, name = decision.payment, str(key)
    changes: list[Change] = []
    if decision.verdict == "release":
        before = {**_PENDING, "stripeSessionId": None if enrollment is None else enrollment.session_id}
        return Work(key, (Change("enrollment", name, "release", before, None, decision.state),), enrollment)
    if payment is None or decision.verdict == "unchanged":
        return None
    if customer is not None:
        fields = {"stripeCustomerId": customer}
        changes.append(Change("student", key.user_id, "update", {"stripeCustomerId": None}, fields))
    after = {"paymentStatus": "completed", "stripeSessionId": payment.session_id}
    if payment.intent_id is not None:
        after["stripePaymentIntentId"] = payment.intent_id
    reason = "; ".join(decision.notes) or None
    if decision.verdict == "complete":
        changes.append(Change("enrollment", name, "complete", _PENDING, after, reason))
    else:
        changes.append(Change("enrollment", name, "create", None, after, reason))
    if event:
        changes.append(Change("event", name, "publish", None, EVENT))
    return Work(key, tuple(changes), enrollment, payment)


def plan_owed_event(enrollment: Enrollment, now: datetime, ended: str | None = None) -> Work | None:
    """Return the work of publishing an event that a dead run owes; None while that run may still live.

    `ended` is a run of which the caller knows that it is not at it any more.
    """
    if enrollment.intent is None or enrollment.pending:
        return None
    since = parse_time(enrollment.intent.at)
    if enrollment.intent.run != ended and since is not None and now - since <= EVENT_GRACE:
        return None
    change = Change("event", str(enrollment.key), "publish", None, EVENT, "owed by an earlier run")
    return Work(enrollment.key, (change,), enrollment)


def names_customer(payment: Payment, realm: Realm) -> bool:
    """Return whether a session names the customer of its student: only one of `checkout create` does, never a link."""
    ours = realm.owns(payment)
    return ours and payment.customer_id is not None and payment.link_id is None


def customer_to_note(payment: Payment | None, students: Mapping[str, Student], realm: Realm) -> str | None:
    """Return the customer that a payment names and its student lacks."""
    if payment is None or not names_customer(payment, realm):
        return None
    student = students.get(payment.user_id or "")
    return payment.customer_id if student is not None and student.customer_id is None else None
