import pytest
import stripe

from learnermax_cli.core.money import Money
from learnermax_cli.enrollments.model import UNREAD, Payment, Reversal
from learnermax_cli.enrollments.payment_state import Reading, Realm, read_state
from tests.enrollments.sdk_words import words_of
from tests.enrollments.values import CREATED, KEY, REALM, delayed, not_ours, payment, unpaid

# What each word of the pinned SDK means; a word that a new version adds fails the test below.
INTENTS = {
    "canceled": "failed",
    "processing": "processing",
    "requires_action": "processing",
    "requires_capture": "unknown",
    "requires_confirmation": "unknown",
    "requires_payment_method": "failed",
    "succeeded": "unknown",
}
DISPUTES = {
    "appeal_needs_response": "disputed",
    "appeal_under_review": "disputed",
    "lost": "disputed",
    "needs_response": "disputed",
    "prevented": "disputed",
    "under_review": "disputed",
    "warning_closed": "paid",
    "warning_needs_response": "paid",
    "warning_under_review": "paid",
    "won": "paid",
}
SESSIONS = {"complete": "paid", "expired": "expired", "open": "open"}
PAYMENTS = {"no_payment_required": "paid", "paid": "paid", "unpaid": "unknown"}


def _state(subject: Payment) -> str:
    return read_state(subject, KEY, REALM).state


def test_every_word_of_the_sdk_has_a_meaning() -> None:
    """The tables here hold each status of the pinned SDK, no more and no fewer."""
    assert set(SESSIONS) == words_of(stripe.checkout.Session, "status")
    assert set(PAYMENTS) == words_of(stripe.checkout.Session, "payment_status")
    assert set(INTENTS) == words_of(stripe.PaymentIntent, "status")
    assert set(DISPUTES) == words_of(stripe.Dispute, "status")


@pytest.mark.parametrize(("status", "state"), SESSIONS.items())
def test_session_status(status: str, state: str) -> None:
    """A session is judged by its status first."""
    assert state == _state(payment(status=status))


@pytest.mark.parametrize(("status", "state"), PAYMENTS.items())
def test_payment_status(status: str, state: str) -> None:
    """Paid and no_payment_required are paid; unpaid with a payment intent that succeeded contradicts itself."""
    assert state == _state(payment(payment_status=status))


@pytest.mark.parametrize(("status", "state"), INTENTS.items())
def test_unpaid_session_is_judged_by_its_payment_intent(status: str, state: str) -> None:
    """A delayed payment is processing, a voucher awaits the buyer's action, or the payment failed."""
    assert state == _state(delayed(status))


@pytest.mark.parametrize(("status", "state"), DISPUTES.items())
def test_dispute_status(status: str, state: str) -> None:
    """A dispute that was won, or an inquiry, leaves the payment as it is; any other takes it away."""
    assert state == _state(payment(disputes=(status,)))


@pytest.mark.parametrize("disputes", [("won", "needs_response"), ("lost", "won"), ("warning_closed", "unheard_of")])
def test_one_grave_dispute_of_several_counts(disputes: tuple[str, ...]) -> None:
    """A dispute that was won does not make good another one."""
    assert "disputed" == _state(payment(disputes=disputes))


@pytest.mark.parametrize(
    "subject",
    [
        payment(status="archived"),
        payment(status=None),
        payment(payment_status="partly_paid"),
        delayed("requires_patience"),
        payment(payment_status="unpaid", intent_id=None, intent_status=None),
    ],
    ids=["status", "no status", "payment status", "intent status", "no intent"],
)
def test_words_of_the_future_are_unknown(subject: Payment) -> None:
    """A status that nobody knows is never taken for paid, failed or expired."""
    assert "unknown" == _state(subject)


def test_unknown_dispute_status_takes_the_payment_away() -> None:
    """A dispute with a status that nobody knows is disputed, not paid."""
    assert "disputed" == _state(payment(disputes=("reopened",)))


def test_full_refund() -> None:
    """A session whose charge was refunded in full stays complete and paid, but is refunded, disputed before or not."""
    assert ["refunded"] * 3 == [_state(payment(refunded=True, disputes=of)) for of in ((), ("won",), ("lost",))]


def _back(*parts: tuple[str, str, int], currency: str = "usd") -> Payment:
    """Return a payment of 100.00 of which parts went back: kind, status, amount."""
    back = tuple(Reversal(kind, status, amount, currency, CREATED) for kind, status, amount in parts)  # type: ignore[arg-type]
    return payment(captured=Money(10_000, "usd"), reversals=back)


@pytest.mark.parametrize(
    ("parts", "reading"),
    [
        ([("refund", "succeeded", 5_000)], ("paid", False, False)),
        ([("refund", "succeeded", 9_999)], ("paid", False, False)),
        ([("refund", "succeeded", 5_000), ("refund", "pending", 5_000)], ("refunded", True, False)),
        ([("refund", "requires_action", 10_000)], ("refunded", True, False)),
        ([("refund", "failed", 10_000)], ("paid", False, False)),
        ([("refund", "canceled", 10_000), ("refund", "succeeded", 1_000)], ("paid", False, False)),
        ([("dispute", "lost", 10_000)], ("disputed", True, False)),
        ([("dispute", "prevented", 9_000)], ("disputed", True, False)),
        ([("dispute", "lost", 8_999)], ("paid", False, True)),
        ([("dispute", "lost", 5_000), ("dispute", "lost", 4_000)], ("disputed", True, False)),
        ([("dispute", "lost", 5_000), ("refund", "succeeded", 4_000)], ("disputed", True, False)),
        ([("dispute", "lost", 5_000), ("refund", "failed", 4_000)], ("paid", False, True)),
        ([("dispute", "lost", 1), ("dispute", "needs_response", 1)], ("disputed", False, False)),
        ([("dispute", "won", 10_000), ("dispute", "appeal_under_review", 10_000)], ("disputed", False, False)),
        ([("refund", "succeeded", 10_000), ("dispute", "needs_response", 10_000)], ("refunded", True, False)),
    ],
    ids=str,
)
def test_what_went_back(parts: list[tuple[str, str, int]], reading: tuple[str, bool, bool]) -> None:
    """Void is what was refunded in full, or lost to nine tenths with the refunds; an open dispute decides nothing."""
    found = read_state(_back(*parts), KEY, REALM)
    assert reading == (found.state, found.void, found.partly_lost)


def test_dispute_in_another_currency_is_over_all() -> None:
    """Nobody can say that an amount in another currency is only a part of the payment."""
    found = read_state(_back(("dispute", "lost", 10), currency="eur"), KEY, REALM)
    assert ("disputed", True) == (found.state, found.void)


@pytest.mark.parametrize("kind", ["refund", "dispute"])
def test_unread_reversal_keeps_nobody_in(kind: str) -> None:
    """What a charge says of its refunds and disputes counts until they are read."""
    assert "paid" != _state(_back((kind, UNREAD, 10_000)))


def test_payment_of_nothing() -> None:
    """A promotion to zero has no payment intent and is paid."""
    subject = payment(payment_status="no_payment_required", intent_id=None, intent_status=None)
    assert Reading("paid", "cs_test_own") == read_state(subject, KEY, REALM)


@pytest.mark.parametrize(
    ("subject", "detail"),
    [
        (payment(mode="subscription"), "is a session of mode subscription"),
        (payment(mode="setup"), "is a session of mode setup"),
        (payment(livemode=True), "is of live mode"),
        (payment(environment="prod"), "is of environment prod"),
        (payment(reference_user="user-8"), "names user user-7 and, as client_reference_id, user-8"),
        (payment(course_id="other"), "names course other"),
        (payment(course_id=None), "names course none"),
        (payment(metadata_user="user-8", reference_user="user-8"), "names user user-8"),
        (payment(metadata_user=None, reference_user=None), "names user none"),
    ],
    ids=["mode", "other mode", "livemode", "environment", "contradiction", "course", "no course", "user", "no user"],
)
def test_mismatch(subject: Payment, detail: str) -> None:
    """A complete session of something or somebody else is a mismatch, and the detail says what is wrong."""
    assert Reading("mismatch", f"cs_test_own {detail}") == read_state(subject, KEY, REALM)


@pytest.mark.parametrize("status", ["processing", "canceled", "succeeded"])
def test_unpaid_session_of_something_else_is_a_mismatch(status: str) -> None:
    """A delayed payment of another environment is not processing or failed here, so that nothing is released for it."""
    assert "mismatch" == _state(delayed(status, environment="prod"))


@pytest.mark.parametrize("users", [(None, "user-7"), ("user-7", None)])
def test_one_name_of_the_user_is_enough(users: tuple[str | None, str | None]) -> None:
    """The user may be known from the metadata or from the client_reference_id alone."""
    assert "paid" == _state(payment(metadata_user=users[0], reference_user=users[1]))


def test_session_of_the_site_has_no_environment() -> None:
    """Only a different environment is a mismatch; the site's own sessions carry none."""
    assert "paid" == _state(not_ours())


def test_live_payment_in_live_mode() -> None:
    """In live mode live sessions are paid, test sessions a mismatch."""
    live = Realm("prod", livemode=True)
    assert "paid" == read_state(payment(livemode=True, environment="prod"), KEY, live).state
    assert "mismatch" == read_state(payment(environment="prod"), KEY, live).state


def test_without_key_the_session_speaks_for_itself() -> None:
    """A session that is asked for nobody in particular is paid whoever it names, but not when it contradicts itself."""
    assert "paid" == read_state(payment(course_id=None, metadata_user=None, reference_user=None), None, REALM).state
    assert "mismatch" == read_state(payment(reference_user="user-8"), None, REALM).state


@pytest.mark.parametrize("status", ["open", "expired"])
def test_unfinished_session_is_not_judged_further(status: str) -> None:
    """Whom an open or expired session names does not matter: nobody paid."""
    assert status == _state(unpaid(status, course_id="other", livemode=True))
