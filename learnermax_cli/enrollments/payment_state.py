"""What one Checkout Session means. Pure; a state that no rule knows needs a person, it is never guessed."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

from learnermax_cli.core.remedy import Advice, reconcile_one, release_one
from learnermax_cli.core.times import show_unix
from learnermax_cli.enrollments.model import EnrollmentKey, Payment, Reversal

State = Literal[
    "paid",
    "processing",
    "failed",
    "open",
    "expired",
    "refunded",
    "disputed",
    "mismatch",
    "missing session",
    "no session",
    "unknown",
]

# [stripe.Dispute.status]: a dispute that was won, or an inquiry that took no money, leaves the payment as it is; one
# that was prevented gave the money back. Any other status is an open dispute, one that nobody knows too.
_HARMLESS_DISPUTES = frozenset(("won", "warning_needs_response", "warning_under_review", "warning_closed"))
_LOST_DISPUTES = frozenset(("lost", "prevented"))
_VOID_REFUNDS = frozenset(("failed", "canceled"))  # [stripe.Refund.status]: the money came back to us
# A voucher waits for the buyer's action until it is paid [stripe.PaymentIntent.next_action].
_WAITING_INTENTS = frozenset(("processing", "requires_action"))
_FAILED_INTENTS = frozenset(("requires_payment_method", "canceled"))
_PAID = frozenset(("paid", "no_payment_required"))
BY_HAND: Mapping[State, str] = {
    "processing": "wait until the payment arrives or fails",
    "disputed": "wait until the bank has decided",
    "mismatch": "see in the Dashboard whose payment it is",
    "unknown": "see in the Dashboard what became of it",
}
"""What helps where no command does."""
_OVER: frozenset[State] = frozenset(("expired", "failed", "refunded", "mismatch", "no session"))


class Reading(NamedTuple):
    """The state of a session, and the detail that a person needs."""

    state: State
    detail: str = ""
    void: bool = False
    """Whether all the money went back, for good as far as can be known: refunded in full, or a dispute lost."""
    partly_lost: bool = False
    """Whether a dispute over a part of it was lost."""


class Realm(NamedTuple):
    """The environment and the mode whose payments count."""

    environment: str
    livemode: bool

    def owns(self, payment: Payment) -> bool:
        """Return whether the session of a payment carries our marker and this environment."""
        return payment.marker.is_ours(self.environment)


def read_state(payment: Payment, key: EnrollmentKey | None, realm: Realm) -> Reading:
    """Return what a session means for an enrollment; `key` None asks for the session's own."""
    if payment.status in ("open", "expired"):
        return Reading("open" if payment.status == "open" else "expired", f"{payment.session_id} is {payment.status}")
    if payment.status != "complete":
        return Reading("unknown", f"{payment.session_id} has the unknown status {payment.status}")
    flaw = _mismatch(payment, key, realm)
    if flaw is not None:
        return Reading("mismatch", f"{payment.session_id} {flaw}")
    if payment.payment_status == "unpaid":
        return _unpaid(payment)
    if payment.payment_status not in _PAID:
        return Reading("unknown", f"{payment.session_id} has the unknown payment status {payment.payment_status}")
    return _reversed(payment)


def read_former(payment: Payment, key: EnrollmentKey, realm: Realm) -> Reading:
    """Return the same for an enrollment that is to be left: what is somebody else's can't pay it, open or not."""
    theirs = payment.status != "expired" and _is_somebody_elses(payment, key, realm)
    flaw = _mismatch(payment, key, realm) if theirs else None
    return Reading("mismatch", f"{payment.session_id} {flaw}") if flaw else read_state(payment, key, realm)


def _is_somebody_elses(payment: Payment, key: EnrollmentKey, realm: Realm) -> bool:
    """Return whether a session names another environment, course or user, and this one nowhere."""
    users = {payment.metadata_user, payment.reference_user} - {None}
    return (
        payment.marker.environment not in (None, realm.environment)
        or payment.course_id not in (None, key.course_id)
        or (bool(users) and key.user_id not in users)
    )


def open_disputes(payment: Payment) -> list[Reversal]:
    """Return the disputes of a payment that are not decided yet."""
    decided = _HARMLESS_DISPUTES | _LOST_DISPUTES
    return [reversal for reversal in payment.reversals if reversal.kind == "dispute" and reversal.status not in decided]


def _reversed(payment: Payment) -> Reading:
    """Return the state of a session that was paid, after what went back of it."""
    refunded = sum(r.amount for r in payment.reversals if r.kind == "refund" and r.status not in _VOID_REFUNDS)
    lost = [r for r in payment.reversals if r.kind == "dispute" and r.status in _LOST_DISPUTES]
    if payment.captured is not None and 0 < payment.captured.amount <= refunded:
        return Reading("refunded", f"{payment.session_id} was refunded in full", void=True)
    if waiting := open_disputes(payment):
        statuses = ", ".join(reversal.status for reversal in (*waiting, *lost))
        return Reading("disputed", f"{payment.session_id} is disputed: {statuses}")
    if lost and _is_most(payment, lost, refunded):
        statuses = ", ".join(reversal.status for reversal in lost)
        return Reading("disputed", f"{payment.session_id} is disputed: {statuses}", void=True)
    return Reading("paid", payment.session_id, partly_lost=bool(lost))


def _is_most(payment: Payment, lost: list[Reversal], refunded: int) -> bool:
    """Return whether lost disputes, with the refunds, took nine tenths of a payment: a rate may have moved since.

    Of a dispute in another currency nobody can say that it is only a part.
    """
    captured = payment.captured
    if captured is None or any(reversal.currency != captured.currency for reversal in lost):
        return True
    return 10 * (sum(reversal.amount for reversal in lost) + refunded) >= 9 * captured.amount


def is_over(reading: Reading) -> bool:
    """Return whether a session enrolls nobody any more, so that a pending enrollment may be released."""
    return reading.void or reading.state in _OVER


def by_hand(state: State) -> str:
    """Return what helps where no command does, as a sentence."""
    text = BY_HAND[state]
    return f"{text[0].upper()}{text[1:]}."


def reconcile_session(key: EnrollmentKey, session_id: str, created: int, named: str | None) -> Advice:
    """Return the command that settles an enrollment by a session; one that the item does not name is looked for."""
    since = () if session_id == named else ("--since", show_unix(created))
    return reconcile_one(key.course_id, key.user_id, *since)


def pending_remedy(reading: Reading, key: EnrollmentKey) -> Advice | None:
    """Return the command that settles a pending enrollment in a state; None where only waiting or a person helps."""
    if reading.state == "missing session":
        return release_one(key.course_id, key.user_id, "--allow-missing-session")
    return release_one(key.course_id, key.user_id) if is_over(reading) else None


def dashboard_url(payment: Payment | None, realm: Realm) -> str | None:
    """Return the page of a payment in the Dashboard; None where there is none."""
    if payment is None or payment.intent_id is None or realm.environment == "sandbox":
        return None
    return f"https://dashboard.stripe.com/{'' if payment.livemode else 'test/'}payments/{payment.intent_id}"


def _unpaid(payment: Payment) -> Reading:
    if payment.intent_status in _WAITING_INTENTS:
        return Reading("processing", f"{payment.session_id} is still being paid")
    if payment.intent_status in _FAILED_INTENTS:
        return Reading("failed", f"the payment of {payment.session_id} failed")
    return Reading(
        "unknown", f"{payment.session_id} is unpaid, its payment intent {payment.intent_status or 'missing'}"
    )


def _mismatch(payment: Payment, key: EnrollmentKey | None, realm: Realm) -> str | None:
    if payment.mode != "payment":
        return f"is a session of mode {payment.mode}"
    if payment.livemode != realm.livemode:
        return f"is of {'live' if payment.livemode else 'test'} mode"
    environment = payment.marker.environment
    if environment is not None and environment != realm.environment:
        return f"is of environment {environment}"
    if payment.metadata_user and payment.reference_user and payment.metadata_user != payment.reference_user:
        return f"names user {payment.metadata_user} and, as client_reference_id, {payment.reference_user}"
    if key is not None and payment.course_id != key.course_id:
        return f"names course {payment.course_id or 'none'}"
    if key is not None and payment.user_id != key.user_id:
        return f"names user {payment.user_id or 'none'}"
    return None
