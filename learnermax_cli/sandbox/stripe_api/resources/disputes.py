"""Disputes: a buyer opens them, the sandbox's control closes them [doc Disputes]."""

from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.resources.events import Happening, record_event
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

STATUSES = (
    "needs_response", "under_review", "won", "lost", "prevented",
    "warning_needs_response", "warning_under_review", "warning_closed",
)  # fmt: skip
CLOSED = ("won", "lost", "warning_closed")
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


def open_dispute(data: Data, charge: Object, status: str, now: int) -> Object:
    """Dispute a charge and return the dispute; an inquiry (`warning_…`) marks the charge as disputed, too."""
    dispute = built_dispute(charge, status, now)
    data["dispute"].put(dispute)
    data["charge"].put(replaced(charge, {"disputed": True}))
    record_event(data, Happening("charge.dispute.created", dispute, now))
    return dispute


def close_dispute(data: Data, dispute: Object, status: str, now: int) -> Object:
    """End a dispute and return it; the charge stays marked as disputed."""
    previous = {"status": dispute["status"]}
    closed = replaced(dispute, {"status": status})
    data["dispute"].put(closed)
    record_event(data, Happening("charge.dispute.closed", closed, now, previous=previous))
    return closed


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
        "is_charge_refundable": status.startswith("warning_"),
        "livemode": charge["livemode"],
        "metadata": {},
        "network_reason_code": "10.4",
        "payment_intent": charge["payment_intent"],
        "reason": "fraudulent",
        "status": status,
    }
