"""What one Checkout Session means. Pure; a state that no rule knows needs a person, it is never guessed."""

from typing import Literal, NamedTuple

from learnermax_cli.enrollments.model import EnrollmentKey, Payment

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

# [stripe.Dispute.status]: a dispute that was won, or an inquiry that took no money, leaves the payment as it is.
_HARMLESS_DISPUTES = frozenset(("won", "warning_needs_response", "warning_under_review", "warning_closed"))
# A voucher waits for the buyer's action until it is paid [stripe.PaymentIntent.next_action].
_WAITING_INTENTS = frozenset(("processing", "requires_action"))
_FAILED_INTENTS = frozenset(("requires_payment_method", "canceled"))
_PAID = frozenset(("paid", "no_payment_required"))


class Reading(NamedTuple):
    """The state of a session, and the detail that a person needs."""

    state: State
    detail: str = ""


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
    if payment.refunded:
        return Reading("refunded", f"{payment.session_id} was refunded in full")
    grave = [status for status in payment.disputes if status not in _HARMLESS_DISPUTES]
    if grave:
        return Reading("disputed", f"{payment.session_id} is disputed: {', '.join(grave)}")
    return Reading("paid", payment.session_id)


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
