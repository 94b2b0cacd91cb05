"""What is decided about who is in, or was, when money goes back or comes again."""

from datetime import timedelta
from typing import Any

import pytest

from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import Payment, Revocation
from learnermax_cli.planning.change import Finding
from tests.enrollments.values import (
    CREATED,
    KEY,
    NOW,
    PRICE,
    case,
    dashboard,
    delayed,
    enrollment,
    payment,
    reversals,
    rules,
    unpaid,
)

REVOKE = rules(revoke=True)
WHO = str(KEY)
ONE = "TEST-COURSE-003 --user user-7"
REFUNDED, LOST = payment(refunded=True), payment(disputes=("lost",))
DISPUTED = payment(disputes=("under_review",))
PARTLY = payment(disputes=("lost",), captured=PRICE.__class__(2 * PRICE.amount, "usd"))
ANOTHER = payment("cs_test_other", created=CREATED + 60)
REVOKED_AT = CREATED + 86_400


def _in(named: Payment | None, *others: Payment, **fields: Any) -> Case:
    """Return the case of a completed enrollment."""
    item = enrollment(status="completed", **{name: fields.pop(name) for name in ("kept_at",) if name in fields})
    return case(named, *others, enrollment=item, **fields)


def _out(named: Payment | None, *others: Payment, by_operator: bool = False) -> Case:
    """Return the case of an enrollment that was revoked a day after its session was made."""
    at = (NOW - timedelta(hours=6)).isoformat().replace("+00:00", "Z")
    item = enrollment(revoked=Revocation(at, "refunded", by_operator))
    return case(named, *others, enrollment=item)


def _finding(kind: str, detail: str, remedy: str | None) -> Finding:
    return Finding(kind, WHO, detail, remedy, dashboard("cs_test_own"))


STAY = "; to let the student stay: lmx enrollments keep TEST-COURSE-003 --user user-7 --reason goodwill"
NOT_SOUGHT = "; other payments were not looked for (--revoke looks first)" + STAY
REVOKE_IT = "lmx enrollments reconcile --course TEST-COURSE-003 --user user-7 --revoke"


@pytest.mark.parametrize(
    ("own", "state", "finding"),
    [
        (
            REFUNDED,
            "refunded",
            _finding("in, but refunded", "cs_test_own was refunded in full" + NOT_SOUGHT, REVOKE_IT),
        ),
        (
            LOST,
            "charged back",
            _finding("in, but charged back", "cs_test_own is disputed: lost" + NOT_SOUGHT, REVOKE_IT),
        ),
        (
            DISPUTED,
            "disputed",
            _finding(
                "in, but disputed", "cs_test_own is disputed: under_review: wait until the bank has decided", None
            ),
        ),
        (
            PARTLY,
            "completed",
            _finding(
                "in, but partly charged back",
                "a dispute over a part of cs_test_own was lost",
                f"lmx enrollments keep {ONE} --reason 'partly charged back'",
            ),
        ),
    ],
    ids=["refunded", "lost", "disputed", "partly"],
)
@pytest.mark.parametrize("asked", [rules(), rules(audit=True)], ids=["usual", "audit"])
def test_who_is_in_though_money_went_back_is_a_finding(
    own: Payment, state: str, finding: Finding, asked: Rules
) -> None:
    """Without --revoke nothing is taken away; the finding says what to do."""
    assert Decision("unchanged", state, findings=(finding,)) == decide(_in(own), asked)


@pytest.mark.parametrize(("own", "why"), [(REFUNDED, "refunded"), (LOST, "charged back")])
def test_access_is_taken_away_once_no_other_payment_was_found(own: Payment, why: str) -> None:
    """With --revoke, and only after other payments were looked for."""
    assert Decision("revoke", why, own) == decide(_in(own, searched=True), REVOKE)
    assert "unchanged" == decide(_in(own), REVOKE).verdict
    assert "unchanged" == decide(_in(own, searched=True), rules()).verdict


@pytest.mark.parametrize("own", [DISPUTED, PARTLY, payment(), unpaid("open"), payment(course_id="other")])
def test_access_is_never_taken_for_less(own: Payment) -> None:
    """An open dispute, a part, and what never was a payment of the item take nothing away."""
    assert "unchanged" == decide(_in(own, searched=True), REVOKE).verdict


@pytest.mark.parametrize("asked", [rules(), REVOKE])
def test_item_is_pointed_at_another_payment_that_holds(asked: Rules) -> None:
    """Who paid again stays in, and the item names the payment that holds from then on."""
    assert Decision("update", "paid", ANOTHER) == decide(_in(REFUNDED, ANOTHER, searched=True), asked)


def test_nothing_is_taken_while_another_payment_is_disputed() -> None:
    """The bank may still decide for us; until then only waiting helps."""
    other = payment("cs_test_other", disputes=("needs_response",))
    decision = decide(_in(REFUNDED, other, searched=True), REVOKE)
    detail = "cs_test_own was refunded in full; cs_test_other is disputed: needs_response"
    assert Decision("unchanged", "refunded", findings=(_finding("in, but refunded", detail, None),)) == decision


def test_nothing_is_taken_while_a_payment_of_the_student_says_nobody() -> None:
    """A paid session under the student's address is to be claimed first."""
    nobody = payment("cs_test_nobody", metadata_user=None, reference_user=None)
    decision = decide(_in(REFUNDED, searched=True, unclaimed=(nobody,)), REVOKE)
    detail = "cs_test_own was refunded in full; cs_test_nobody is paid, but does not say by whom"
    claim = f"lmx enrollments create {ONE} --session cs_test_nobody"
    assert Decision("unchanged", "refunded", findings=(_finding("in, but refunded", detail, claim),)) == decision


@pytest.mark.parametrize(
    ("own", "state"), [(REFUNDED, "kept"), (LOST, "kept"), (DISPUTED, "kept"), (PARTLY, "completed")]
)
def test_whom_an_operator_keeps_stays_in(own: Payment, state: str) -> None:
    """No finding, no revocation, whatever the money does."""
    subject = _in(own, kept_at="2026-10-31T08:00:00.000Z", searched=True)
    for asked in (REVOKE, rules(audit=True)):
        assert Decision("unchanged", state) == decide(subject, asked)


def test_item_of_whom_an_operator_keeps_is_left_as_it_is() -> None:
    """Also where another payment holds: one command has settled it."""
    subject = _in(REFUNDED, ANOTHER, kept_at="2026-10-31T08:00:00.000Z", searched=True)
    assert Decision("unchanged", "kept") == decide(subject, REVOKE)


def test_own_payment_is_known_by_its_intent() -> None:
    """Lists of refunds know no sessions: the payment intent that the item names tells which payment is its own."""
    item = enrollment("cs_test_own", status="completed", payment_intent="pi_cs_test_own")
    listed = payment("pi_cs_test_own", intent_id="pi_cs_test_own", refunded=True)
    assert "revoke" == decide(case(None, listed, enrollment=item, searched=True), REVOKE).verdict


@pytest.mark.parametrize(("days", "reported"), [(29, 1), (31, 0)])
def test_dispute_is_reported_in_the_window_that_it_began_in(days: int, reported: int) -> None:
    """Later it is only counted."""
    opened = int((NOW - timedelta(days=days)).timestamp())
    own = payment(reversals=(reversals(("under_review",))[0]._replace(created=opened),))
    decision = decide(_in(own), rules(since=NOW - timedelta(days=30)))
    assert ("disputed", reported) == (decision.state, len(decision.findings))


@pytest.mark.parametrize(
    ("own", "state"),
    [
        (REFUNDED, "revoked"),
        (LOST, "revoked"),
        (DISPUTED, "revoked"),
        (None, "revoked"),
        (unpaid("open"), "open"),
        (unpaid("expired"), "revoked"),
        (delayed("processing"), "processing"),
    ],
)
def test_what_was_taken_away_is_settled_while_nothing_holds(own: Payment | None, state: str) -> None:
    """No finding night after night, and no release: progress would be lost."""
    asked = rules(release_expired=True, audit=True)
    assert Decision("unchanged", state) == decide(_out(own), asked)


def test_access_is_given_back_when_the_payment_holds_again() -> None:
    """A dispute that was won, or a refund that failed."""
    assert Decision("restore", "paid", payment()) == decide(_out(payment()), rules())


@pytest.mark.parametrize("by_operator", [False, True])
def test_new_purchase_of_who_was_revoked(by_operator: bool) -> None:
    """A session made after the revocation completes, whoever revoked, and so does the item's own of --replace."""
    made = int((NOW - timedelta(hours=1)).timestamp())
    for named, others, new in (
        (REFUNDED, [payment("cs_test_new", created=made)], "cs_test_new"),
        (payment(created=made), [], "cs_test_own"),
    ):
        decision = decide(_out(named, *others, by_operator=by_operator), rules())
        assert ("complete", new) == (decision.verdict, decision.payment and decision.payment.session_id)


def test_what_an_operator_took_away_no_run_gives_back() -> None:
    """A payment that holds is known to the operator who revoked; only what was paid since is a finding."""
    assert Decision("unchanged", "revoked") == decide(_out(payment(), by_operator=True), rules())
    late = payment(charged_at=int(NOW.timestamp()))
    detail, keep = "cs_test_own was paid after access was revoked by hand", "paid after revoke"
    finding = _finding("paid after revoke", detail, f"lmx enrollments keep {ONE} --reason '{keep}'")
    assert Decision("unchanged", "revoked", findings=(finding,)) == decide(_out(late, by_operator=True), rules())


@pytest.mark.parametrize(
    ("named", "expired"),
    [
        (unpaid("open"), True),
        (unpaid("expired"), False),
        (unpaid("open", managed=False, environment=None), False),
        (unpaid("open", metadata_user="user-8", reference_user="user-8"), False),
        (unpaid("open", environment="prod"), False),
    ],
    ids=["open", "expired", "of the site", "of another", "elsewhere"],
)
def test_open_session_of_ours_is_expired_before_another_completes(named: Payment, expired: bool) -> None:
    """Nobody pays twice; what is not ours is never ended."""
    decision = decide(case(named, ANOTHER), rules())
    assert ("complete", named if expired else None) == (decision.verdict, decision.expire)


def test_other_statuses_are_left_alone() -> None:
    """A free enrollment has no payment that could go back."""
    assert Decision("unchanged", "free") == decide(
        case(REFUNDED, enrollment=enrollment(status="free"), searched=True), REVOKE
    )
