"""Each row of the contract's table, for an enrollment that is there; `test_decide_absent` has those that are not."""

import pytest

from learnermax_cli.core.money import Money
from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Decision
from learnermax_cli.enrollments.model import Payment
from learnermax_cli.planning.change import Finding
from tests.enrollments.values import (
    CREATED,
    PRICE,
    RULES,
    case,
    dashboard,
    decided,
    delayed,
    enrollment,
    found,
    not_ours,
    payment,
    rules,
    unpaid,
)

WHO = "user-7/TEST-COURSE-003"
REFUNDED = payment(refunded=True)
DISPUTED = payment(disputes=("needs_response",))
MISMATCH = payment(metadata_user="user-8", reference_user="user-8")
RELEASE = "lmx enrollments release TEST-COURSE-003 --user user-7"
STAYS_PENDING = [
    (unpaid("open"), "open", None, None),
    (unpaid("expired"), "expired", None, None),
    (delayed("processing"), "processing", None, None),
    (delayed("requires_payment_method"), "failed", None, None),
    (delayed("canceled"), "failed", None, None),
    (REFUNDED, "refunded", "cs_test_own was refunded in full", RELEASE),
    (DISPUTED, "disputed", "cs_test_own is disputed: needs_response: wait until the bank has decided", None),
    (payment(disputes=("won", "lost")), "disputed", "cs_test_own is disputed: lost", RELEASE),
    (MISMATCH, "mismatch", "cs_test_own names user user-8", RELEASE),
    (
        payment(status="odd"),
        "unknown",
        "cs_test_own has the unknown status odd: see in the Dashboard what became of it",
        None,
    ),
]


def test_paid_session_completes_the_enrollment() -> None:
    """Complete and paid, for this course and user: completed by that session."""
    own = payment()
    assert Decision("complete", "paid", own) == decide(case(own), RULES)


def test_payment_of_nothing_completes_the_enrollment() -> None:
    """A promotion to zero completes, and the lower amount is noted."""
    own = payment(payment_status="no_payment_required", intent_id=None, intent_status=None, money=Money(0, "usd"))
    expected = Decision("complete", "paid", own, notes=("paid 0.00 usd, the course costs 99.99 usd",))
    assert expected == decide(case(own), RULES)


@pytest.mark.parametrize(("paid", "price"), [(PRICE, None), (PRICE, PRICE), (None, PRICE)])
def test_the_usual_amount_is_not_noted(paid: Money | None, price: Money | None) -> None:
    """Nothing is noted about the course's price, nor where either amount is not known."""
    assert () == decide(case(payment(money=paid), price=price), RULES).notes


@pytest.mark.parametrize(("own", "state", "detail", "remedy"), STAYS_PENDING, ids=lambda value: str(value)[:20])
def test_stays_pending(own: Payment, state: str, detail: str | None, remedy: str | None) -> None:
    """Whatever is not paid stays pending; what needs a person becomes a finding, with what settles it."""
    findings = () if detail is None else (Finding(state, WHO, detail, remedy, dashboard("cs_test_own")),)
    assert Decision("unchanged", state, findings=findings) == decide(case(own), RULES)


def test_session_of_the_site_completes() -> None:
    """The site's sessions have no marker; an enrollment that is there is completed all the same."""
    assert ("complete", "paid") == decided(case(not_ours()))


@pytest.mark.parametrize("others", [(), (unpaid("expired", "cs_test_other"),)])
def test_session_missing_at_stripe(others: tuple[Payment, ...]) -> None:
    """A session that Stripe does not have needs a person, and is never released, whatever became of another one."""
    subject = case(None, *others, enrollment=enrollment(), named_missing=True, all_sessions_known=True)
    decision = decide(subject, rules(release_expired=True))
    assert ("unchanged", "missing session") == (decision.verdict, decision.state)
    assert [("missing session", WHO)] == found(decision)
    assert [f"{RELEASE} --allow-missing-session"] == [finding.remedy for finding in decision.findings]


def test_no_session() -> None:
    """An item that names no session stays pending without a finding."""
    assert Decision("unchanged", "no session") == decide(case(), RULES)


def test_item_without_session_is_completed_by_one_found_by_its_metadata() -> None:
    """A paid session of the window completes an item that names none."""
    other = payment("cs_test_other")
    assert Decision("complete", "paid", other) == decide(case(None, other), RULES)


def test_item_without_session_is_in_the_state_of_the_newest_that_was_found() -> None:
    """Of several sessions that name user and course, the newest speaks for the item."""
    older, newer = unpaid("expired", "cs_test_a"), unpaid("open", "cs_test_b", created=CREATED + 60)
    assert ("unchanged", "open") == decided(case(None, newer, older))


@pytest.mark.parametrize("own", [own for own, *_ in STAYS_PENDING])
def test_other_paid_session_completes_whatever_became_of_the_own(own: Payment) -> None:
    """Who paid through an older session or a link is in, though the session that the item names was not paid."""
    other = payment("cs_test_other")
    decision = decide(case(own, other), rules(release_expired=True))
    assert Decision("complete", "paid", other, expire=own if own.status == "open" else None) == decision


@pytest.mark.parametrize(
    "other",
    [
        payment("cs_test_other", refunded=True),
        payment("cs_test_other", environment="prod"),
        payment("cs_test_other", reference_user="user-8"),
        payment("cs_test_other", disputes=("lost",)),
    ],
)
def test_other_session_that_is_not_validly_paid_completes_nothing(other: Payment) -> None:
    """A refunded, foreign, contradictory or disputed payment through another session does not let anybody in."""
    assert ("unchanged", "open") == decided(case(unpaid("open"), other))


def test_two_paid_sessions() -> None:
    """The session that the item names completes it, and the second payment is a finding."""
    own, other = payment(), payment("cs_test_earlier", created=CREATED - 60)
    detail = "cs_test_earlier and cs_test_own are both paid: refund one"
    finding = Finding("paid twice", WHO, detail, url=dashboard("cs_test_earlier"))
    expected = Decision("complete", "paid", own, (finding,))
    assert expected == decide(case(own, other), RULES)


def test_first_paid_session_completes_when_the_item_names_none() -> None:
    """Of two payments through other sessions, the earlier one completes; of one second, the first by id."""
    later, earlier = payment("cs_test_a"), payment("cs_test_b", created=CREATED - 60)
    assert earlier == decide(case(None, later, earlier), RULES).payment
    same = payment("cs_test_c", created=CREATED - 60)
    assert [earlier, earlier] == [decide(case(None, *two), RULES).payment for two in ((earlier, same), (same, earlier))]


def test_session_that_is_missing_at_stripe_is_not_the_second_of_two_payments() -> None:
    """Only what is paid, or completed the item, counts: nobody is told to refund a session that does not exist."""
    other = payment("cs_test_other")
    subject = case(None, other, enrollment=enrollment(), named_missing=True)
    assert Decision("complete", "paid", other) == decide(subject, RULES)


def test_the_same_session_read_twice_is_one_payment() -> None:
    """The item's own session among the others of the window is not a second payment."""
    own = payment()
    assert Decision("complete", "paid", own) == decide(case(own, payment()), RULES)


def test_newer_reading_of_the_own_session_counts() -> None:
    """Where all sessions were read again, what is known of the item's own is the newer reading."""
    subject = case(unpaid("open"), payment())
    assert Decision("complete", "paid", payment()) == decide(subject, RULES)


def test_payment_of_a_free_enrollment_was_not_made_twice() -> None:
    """The session that a free enrollment names paid nothing."""
    subject = case(None, payment("cs_test_other"), enrollment=enrollment("cs_test_first", status="free"))
    assert Decision("unchanged", "free") == decide(subject, RULES)


@pytest.mark.parametrize("status", ["free", "completed"])
def test_enrolled_already(status: str) -> None:
    """An enrollment that is not pending stays as it is."""
    own = payment()
    subject = case(own, enrollment=enrollment(status=status))
    assert Decision("unchanged", status) == decide(subject, RULES)


def test_second_payment_of_a_completed_enrollment() -> None:
    """A further paid session of the window is a payment too many, though the one that completed was not read."""
    subject = case(None, payment("cs_test_second"), enrollment=enrollment("cs_test_first", status="completed"))
    detail = "cs_test_first and cs_test_second are both paid: refund one"
    finding = Finding("paid twice", WHO, detail, url=dashboard("cs_test_second"))
    expected = Decision("unchanged", "completed", findings=(finding,))
    assert expected == decide(subject, RULES)


def test_refunded_payment_is_not_one_of_two() -> None:
    """A completed enrollment whose payment was refunded, and that was paid again, was paid once: by the second."""
    first = payment("cs_test_first", refunded=True)
    second = payment("cs_test_second")
    subject = case(None, first, second, enrollment=enrollment("cs_test_first", status="completed"))
    assert Decision("update", "paid", second) == decide(subject, rules(audit=True))


@pytest.mark.parametrize(
    ("own", "detail"),
    [
        (MISMATCH, "cs_test_own names user user-8"),
        (unpaid("open"), "cs_test_own is open"),
        (unpaid("expired"), "cs_test_own is expired"),
        (delayed("processing"), "cs_test_own is still being paid"),
        (delayed("canceled"), "the payment of cs_test_own failed"),
    ],
)
def test_audit_of_a_completed_enrollment_that_was_not_paid(own: Payment, detail: str) -> None:
    """With audit, a completed enrollment without a valid payment is a finding, and nothing is taken away."""
    subject = case(own, enrollment=enrollment(status="completed"))
    remedy = "lmx enrollments revoke TEST-COURSE-003 --user user-7 --reason 'never paid'"
    finding = Finding("enrolled, not paid", WHO, detail, remedy, own.intent_id and dashboard("cs_test_own"))
    expected = Decision("unchanged", "completed", findings=(finding,))
    assert expected == decide(subject, rules(audit=True))
    assert Decision("unchanged", "completed") == decide(subject, RULES)


def test_audit_of_a_completed_enrollment_without_session() -> None:
    """With audit, a completed enrollment that no session speaks for is a finding."""
    subject = case(None, enrollment=enrollment(None, status="completed"))
    assert [("enrolled, not paid", WHO)] == found(decide(subject, rules(audit=True)))


@pytest.mark.parametrize("status", ["free", "bundle"])
def test_audit_leaves_what_was_never_to_be_paid(status: str) -> None:
    """With audit, only completed enrollments are asked for their payment."""
    subject = case(REFUNDED, enrollment=enrollment(status=status))
    assert Decision("unchanged", status) == decide(subject, rules(audit=True))
