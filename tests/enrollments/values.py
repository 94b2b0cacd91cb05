"""Enrollments, payments and cases as values, for tests that need no sandbox."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import Marker
from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, Reversal
from learnermax_cli.enrollments.payment_state import Realm

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
REALM = Realm("preview", livemode=False)
RULES = Rules(REALM, NOW)
KEY = EnrollmentKey("user-7", "TEST-COURSE-003")
PRICE = Money(9999, "usd")
CREATED = int((NOW - timedelta(hours=30)).timestamp())


def rules(**fields: Any) -> Rules:
    """Return the usual rules, with some changed."""
    return RULES._replace(**fields)


def payment(session_id: str = "cs_test_own", **fields: Any) -> Payment:
    """Return a paid session of `checkout create` for the usual user and course, with fields changed."""
    usual: dict[str, Any] = {
        "status": "complete",
        "payment_status": "paid",
        "mode": "payment",
        "livemode": False,
        "created": CREATED,
        "course_id": KEY.course_id,
        "metadata_user": KEY.user_id,
        "reference_user": KEY.user_id,
        "intent_id": f"pi_{session_id}",
        "intent_status": "succeeded",
        "money": PRICE,
        "captured": PRICE,
        "charged_at": CREATED + 60,
        "reversals": reversals(fields.pop("disputes", ()), refunded=fields.pop("refunded", False)),
    }
    marker = Marker(fields.pop("managed", True), fields.pop("environment", REALM.environment))
    return Payment(session_id=session_id, marker=marker, **{**usual, **fields})


def reversals(disputes: Sequence[str] = (), *, refunded: bool = False) -> tuple[Reversal, ...]:
    """Return a refund of all that was paid, and disputes over all of it with these statuses."""
    refunds = (Reversal("refund", "succeeded", PRICE.amount, PRICE.currency, CREATED + 3600),) if refunded else ()
    opened = CREATED + 7200
    return (*refunds, *(Reversal("dispute", status, PRICE.amount, PRICE.currency, opened) for status in disputes))


def dashboard(session_id: str) -> str:
    """Return the page of a session's payment in the Dashboard."""
    return f"https://dashboard.stripe.com/test/payments/pi_{session_id}"


def not_ours(session_id: str = "cs_test_site", **fields: Any) -> Payment:
    """Return a paid session as the site makes it: user and course, but no marker and no environment."""
    return payment(session_id, **{"managed": False, "environment": None, **fields})


def unpaid(status: str, session_id: str = "cs_test_own", **fields: Any) -> Payment:
    """Return an open or expired session."""
    return payment(
        session_id,
        **{"status": status, "payment_status": "unpaid", "intent_id": None, "intent_status": None, **fields},
    )


def delayed(intent_status: str, session_id: str = "cs_test_own", **fields: Any) -> Payment:
    """Return a complete session whose delayed payment has not arrived, and how its payment intent is."""
    return payment(session_id, **{"payment_status": "unpaid", "intent_status": intent_status, **fields})


def enrollment(session_id: str | None = "cs_test_own", **fields: Any) -> Enrollment:
    """Return a pending enrollment of thirty hours ago, with fields changed."""
    usual: dict[str, Any] = {
        "key": KEY,
        "status": "pending",
        "enrollment_type": "paid",
        "enrolled_at": "2026-10-31T06:00:00.000Z",
    }
    return Enrollment(session_id=session_id, **{**usual, **fields})


def case(named: Payment | None = None, *others: Payment, **fields: Any) -> Case:
    """Return the case of a pending enrollment that names a session (or none), with fields changed."""
    item = enrollment(named.session_id if named else None)
    usual: dict[str, Any] = {"key": KEY, "enrollment": item, "named": named, "others": others, "price": PRICE}
    return Case(**{**usual, **fields})


def absent(*others: Payment, **fields: Any) -> Case:
    """Return the case of a user and course without an enrollment item."""
    return case(None, *others, **{"enrollment": None, **fields})


def decided(subject: Case, subject_rules: Rules = RULES) -> tuple[str, str]:
    """Return verdict and state of a decision."""
    decision = decide(subject, subject_rules)
    return decision.verdict, decision.state


def found(decision: Decision) -> Sequence[tuple[str, str]]:
    """Return kind and key of the findings of a decision."""
    return [(finding.kind, finding.key) for finding in decision.findings]
