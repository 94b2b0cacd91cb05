"""What is decided about an enrollment, by what rules, and what comes of it: the values of `decide`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

from learnermax_cli.core.money import Money
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment
from learnermax_cli.enrollments.payment_state import Reading, Realm
from learnermax_cli.planning.change import Finding

Verdict = Literal["complete", "create", "release", "revoke", "restore", "update", "unchanged"]


class Rules(NamedTuple):
    """Where and when is decided, and what was asked for beyond the usual."""

    realm: Realm
    now: datetime
    release_expired: bool = False
    create_missing: bool = False
    audit: bool = False
    revoke: bool = False
    since: datetime | None = None
    """Disputes opened before are not reported again."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one enrollment: its item, the session it names, and other sessions of user and course."""

    key: EnrollmentKey
    enrollment: Enrollment | None
    named: Payment | None = None
    named_missing: bool = False
    """Whether the item names a session that Stripe does not have."""
    others: Sequence[Payment] = ()
    student_known: bool = True
    course_known: bool = True
    price: Money | None = None
    all_sessions_known: bool = False
    """Whether every session since the item was written is among the others."""
    searched: bool = False
    """Whether payments of the student's customer and address were looked for, too."""
    unclaimed: Sequence[Payment] = ()
    """Paid sessions for the course that this search found, and that name no student."""


class Decision(NamedTuple):
    """What is to be done about an enrollment, in which state it is, and what a person should look at.

    `payment` is what completes, restores or is to be named by the item; of a revocation, the payment that went back.
    """

    verdict: Verdict
    state: str
    payment: Payment | None = None
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    expire: Payment | None = None
    """The open session that the item names, to be expired before another one completes it: nobody pays twice."""


Readings = Sequence[tuple[Payment, Reading]]
"""The sessions of a case, oldest first, and what each means."""


def notes_on(case: Case, payment: Payment) -> tuple[str, ...]:
    """Return what is noted of a payment that is carried out: an amount other than the course's price."""
    if case.price is None or payment.money is None or payment.money == case.price:
        return ()
    return (f"paid {payment.money}, the course costs {case.price}",)


def own_reading(case: Case, readings: Readings) -> tuple[Payment, Reading] | None:
    """Return the payment that the item names, by session or payment intent, as it was read last; None if it was not."""
    if case.enrollment is None:
        return None
    session, intent = case.enrollment.session_id, case.enrollment.payment_intent
    by_session = (each for each in readings if session and each[0].session_id == session)
    # A new checkout names its session alone: the payment intent may still be that of the purchase before.
    by_intent = (each for each in readings if intent and each[0].intent_id == intent)
    return next(by_session, None) or next(by_intent, None)
