"""Disputes: a buyer opens them, the sandbox's control changes and closes them [doc Disputes]."""

from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.resources.events import Happening, record_event
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

STATUSES = (
    "needs_response", "under_review", "won", "lost", "prevented", "appeal_needs_response", "appeal_under_review",
    "warning_needs_response", "warning_under_review", "warning_closed",
)  # fmt: skip
CLOSED = ("won", "lost", "prevented", "warning_closed")
_DAYS_TO_ANSWER = 14
_EVIDENCE = (
    "access_activity_log", "billing_address", "cancellation_policy", "cancellation_policy_disclosure",
    "cancellation_rebuttal", "customer_communication", "customer_email_address", "customer_name",
    "customer_purchase_ip", "customer_signature", "duplicate_charge_documentation",
    "duplicate_charge_explanation", "duplicate_charge_id", "product_description", "receipt", "refund_policy",
    "refund_policy_disclosure", "refund_refusal_explanation", "service_date", "service_documentation",
    "shipping_address", "shipping_carrier", "shipping_date", "shipping_documentation",
    "shipping_tracking_number", "uncategorized_file", "uncategorized_text",
)  # fmt: skip


def open_dispute(data: Data, charge: Object, status: str, amount: int, now: int) -> Object:
    """Dispute an amount of a charge and return the dispute; an inquiry marks the charge as disputed, too."""
    dispute = {**built_dispute(charge, status, now), "amount": amount}
    data["dispute"].put(dispute)
    data["charge"].put(replaced(charge, {"disputed": True}))
    record_event(data, Happening("charge.dispute.created", dispute, now))
    if _withdrawn(status):
        record_event(data, Happening("charge.dispute.funds_withdrawn", dispute, now))
    if status in CLOSED:
        record_event(data, Happening("charge.dispute.closed", dispute, now))
    return dispute


def change_dispute(data: Data, dispute: Object, status: str, now: int) -> Object:
    """Give a dispute another status, an end or one after it, and return it; the charge stays marked as disputed."""
    before = dispute["status"]
    changed = replaced(dispute, {"status": status, "is_charge_refundable": _is_inquiry(status)})
    data["dispute"].put(changed)
    previous = {name: dispute[name] for name in ("status", "is_charge_refundable") if dispute[name] != changed[name]}
    if _withdrawn(status) and not _withdrawn(before):
        record_event(data, Happening("charge.dispute.funds_withdrawn", changed, now))
    name = "closed" if status in CLOSED else "updated"
    record_event(data, Happening(f"charge.dispute.{name}", changed, now, previous=previous))
    if _withdrawn(before) and not _withdrawn(status):
        record_event(data, Happening("charge.dispute.funds_reinstated", changed, now))
    return changed


def built_dispute(charge: Object, status: str, now: int) -> Object:
    """Return a dispute, not stored yet."""
    return {
        "id": new_id("du"),
        "object": "dispute",
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": now + _DAYS_TO_ANSWER * 86_400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
            "submission_method": "not_submitted",
        },
        "is_charge_refundable": _is_inquiry(status),
        "livemode": charge["livemode"],
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": status,
    }


def _is_inquiry(status: str) -> bool:
    return status.startswith("warning_")


def _withdrawn(status: str) -> bool:
    """Return whether the money is with the buyer's bank: from the start of a dispute until it is won."""
    return status != "won" and not _is_inquiry(status)
