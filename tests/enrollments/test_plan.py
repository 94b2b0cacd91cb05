import pytest

from learnermax_cli.enrollments.decide_case import Decision
from learnermax_cli.enrollments.model import EventIntent, Payment, Student
from learnermax_cli.enrollments.plan_enrollment import Work, customer_to_note, plan_enrollment
from learnermax_cli.enrollments.plan_event import EventRules, plan_owed_event
from learnermax_cli.planning.change import Change
from tests.enrollments.values import KEY, NOW, REALM, enrollment, not_ours, payment

WHO = "user-7/TEST-COURSE-003"
PENDING = {"paymentStatus": "pending"}
COMPLETED = {
    "paymentStatus": "completed",
    "stripeSessionId": "cs_test_own",
    "stripePaymentIntentId": "pi_cs_test_own",
}
PUBLISH = Change("event", WHO, "publish", None, {"eventType": "EnrollmentCompleted"})
EVENTS = EventRules("publish", NOW)


def test_completion_is_customer_then_enrollment_then_event() -> None:
    """The student's customer is written before the enrollment completes, and the event follows."""
    item, paid = enrollment(), payment()
    work = plan_enrollment(KEY, item, Decision("complete", "paid", paid), "cus_1", event=True)
    customer = Change("student", "user-7", "update", {"stripeCustomerId": None}, {"stripeCustomerId": "cus_1"})
    expected = (customer, Change("enrollment", WHO, "complete", PENDING, COMPLETED), PUBLISH)
    assert Work(KEY, expected, item, paid) == work


def test_without_topic_no_event_is_planned() -> None:
    """Without customer and topic, the completion is the only change; what is noted is its reason."""
    paid = payment(intent_id=None)
    decision = Decision("complete", "paid", paid, notes=("paid 0.00 usd, the course costs 99.99 usd", "second"))
    work = plan_enrollment(KEY, enrollment(), decision, None, event=False)
    after = {"paymentStatus": "completed", "stripeSessionId": "cs_test_own"}
    reason = "paid 0.00 usd, the course costs 99.99 usd; second"
    assert work is not None
    assert (Change("enrollment", WHO, "complete", PENDING, after, reason),) == work.changes


def test_creation() -> None:
    """A missing enrollment is created completed, and its event published."""
    paid = payment()
    work = plan_enrollment(KEY, None, Decision("create", "paid", paid), None, event=True)
    assert Work(KEY, (Change("enrollment", WHO, "create", None, COMPLETED), PUBLISH), None, paid) == work


def test_creation_notes_the_customer_first() -> None:
    """The customer of a student who was not enrolled is written too."""
    work = plan_enrollment(KEY, None, Decision("create", "paid", payment()), "cus_1", event=False)
    assert work is not None
    assert [("student", "update"), ("enrollment", "create")] == [(c.kind, c.action) for c in work.changes]


def test_release() -> None:
    """A release removes the pending item, and no event is published."""
    item = enrollment()
    work = plan_enrollment(KEY, item, Decision("release", "expired"), None, event=True)
    before = {"paymentStatus": "pending", "stripeSessionId": "cs_test_own", "enrolledAt": item.enrolled_at}
    assert Work(KEY, (Change("enrollment", WHO, "release", before, None, "expired"),), item) == work


@pytest.mark.parametrize("decision", [Decision("unchanged", "open"), Decision("unchanged", "paid", payment())])
def test_nothing_to_do(decision: Decision) -> None:
    """What stays unchanged is no work."""
    assert None is plan_enrollment(KEY, enrollment(), decision, "cus_1", event=True)


@pytest.mark.parametrize(
    ("status", "at"),
    [
        ("completed", "2026-11-01T11:49:59.000Z"),
        ("free", "2026-10-25T12:00:00.000Z"),
        ("completed", "some time ago"),
    ],
    ids=["over ten minutes", "free", "no time"],
)
def test_event_of_a_dead_run_is_owed(status: str, at: str) -> None:
    """An intent older than ten minutes, or of no known age, is published; free enrollments' too."""
    item = enrollment(status=status, intent=EventIntent("run-1", at))
    change = Change("event", WHO, "publish", None, {"eventType": "EnrollmentCompleted"}, "owed by an earlier run")
    assert Work(KEY, (change,), item) == plan_owed_event(item, EVENTS)


def test_event_of_a_run_that_has_ended_is_owed_at_once() -> None:
    """Who knows that the run is over does not wait ten minutes; another run's event still does."""
    item = enrollment(status="completed", intent=EventIntent("run-1", "2026-11-01T11:59:00.000Z"))
    assert [True, False] == [plan_owed_event(item, EVENTS, ended=run) is not None for run in ("run-1", "run-2")]


@pytest.mark.parametrize(
    ("status", "intent"),
    [
        ("completed", EventIntent("run-1", "2026-11-01T11:50:00.000Z")),
        ("completed", EventIntent("run-1", "2026-11-01T12:05:00.000Z")),
        ("completed", None),
        ("pending", EventIntent("run-1", "2026-10-01T00:00:00.000Z")),
    ],
    ids=["may still live", "of a fast clock", "none owed", "not enrolled"],
)
def test_no_event_is_owed(status: str, intent: EventIntent | None) -> None:
    """A run of the last ten minutes may still publish; who is not in gets no mail."""
    assert None is plan_owed_event(enrollment(status=status, intent=intent), EVENTS)


WITHOUT_CUSTOMER = {"user-7": Student("user-7", "a@example.com", None)}
FROM_CHECKOUT = payment(customer_id="cus_1")


def test_customer_of_a_checkout_is_noted() -> None:
    """A student without a customer gets that of the session."""
    assert "cus_1" == customer_to_note(FROM_CHECKOUT, WITHOUT_CUSTOMER, REALM)


@pytest.mark.parametrize(
    ("paid", "students"),
    [
        (None, WITHOUT_CUSTOMER),
        (payment(), WITHOUT_CUSTOMER),
        (payment(customer_id="cus_1", link_id="plink_1"), WITHOUT_CUSTOMER),
        (not_ours(customer_id="cus_1"), WITHOUT_CUSTOMER),
        (payment(customer_id="cus_1", environment="prod"), WITHOUT_CUSTOMER),
        (FROM_CHECKOUT, {"user-7": Student("user-7", None, "cus_0")}),
        (FROM_CHECKOUT, {}),
    ],
    ids=["no payment", "no customer", "link", "not ours", "other environment", "has one", "unknown student"],
)
def test_customer_is_not_noted(paid: Payment | None, students: dict[str, Student]) -> None:
    """Only sessions of checkout create tell a student's customer, and only where there is none."""
    assert None is customer_to_note(paid, students, REALM)
