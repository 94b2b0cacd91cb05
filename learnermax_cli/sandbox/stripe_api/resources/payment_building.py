"""Builds payment intents and charges as a payment by card or bank debit leaves them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from learnermax_cli.sandbox.stripe_api.store import Object

Outcome = Literal["succeeded", "processing", "declined"]
BANK_DEBIT = "us_bank_account"
_INTENT_STATUS = {"succeeded": "succeeded", "processing": "processing", "declined": "requires_payment_method"}
_CHARGE_STATUS = {"succeeded": "succeeded", "processing": "pending", "declined": "failed"}
_ADDRESS: Mapping[str, None] = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
_INTENT_NULLS: Mapping[str, None] = dict.fromkeys(
    ("application", "application_fee_amount", "automatic_payment_methods", "canceled_at",
     "cancellation_reason", "customer_account", "excluded_payment_method_types", "next_action", "on_behalf_of",
     "payment_method_configuration_details", "processing", "review", "setup_future_usage", "shipping",
     "statement_descriptor_suffix", "transfer_data", "transfer_group")
)  # fmt: skip
_CHARGE_NULLS: Mapping[str, None] = dict.fromkeys(
    ("application", "application_fee", "application_fee_amount", "balance_transaction",
     "failure_balance_transaction", "on_behalf_of", "receipt_number", "review", "shipping",
     "source_transfer", "statement_descriptor_suffix", "transfer_data", "transfer_group")
)  # fmt: skip
_DECLINED = {
    "code": "card_declined",
    "decline_code": "generic_decline",
    "doc_url": "https://stripe.com/docs/error-codes/card-declined",
    "message": "Your card was declined.",
    "type": "card_error",
}
_RETURNED = {
    "code": "payment_intent_payment_attempt_failed",
    "doc_url": "https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed",
    "message": "The customer's bank account could not be debited.",
    "type": "invalid_request_error",
}
_DETAILS: Mapping[str, Mapping[str, Any]] = {
    "card": {
        "brand": "visa",
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "exp_month": 12,
        "exp_year": 2040,
        "funding": "credit",
        "last4": "4242",
        "network": "visa",
    },
    BANK_DEBIT: {"account_holder_type": "individual", "bank_name": "SANDBOX BANK", "last4": "6789"},
}


@dataclass(frozen=True, slots=True)
class Payment:
    """One attempt to pay: its objects' ids, amount, time, payer and result."""

    intent_id: str
    charge_id: str
    amount: int
    currency: str
    at: int
    livemode: bool
    outcome: Outcome = "succeeded"
    delayed: bool = False
    email: str | None = None
    customer: str | None = None
    intent_data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def method_type(self) -> str:
        """Return the kind of payment method."""
        return BANK_DEBIT if self.delayed else "card"

    @property
    def error(self) -> Mapping[str, str] | None:
        """Return why the attempt failed, if it did."""
        if self.outcome != "declined":
            return None
        return _RETURNED if self.delayed else _DECLINED


def built_intent(payment: Payment) -> Object:
    """Return the payment intent of an attempt."""
    paid = payment.outcome == "succeeded"
    error = payment.error
    return {
        **_INTENT_NULLS,
        "id": payment.intent_id,
        "object": "payment_intent",
        "amount": payment.amount,
        "amount_capturable": 0,
        "amount_received": payment.amount if paid else 0,
        "capture_method": "automatic_async",
        "client_secret": f"{payment.intent_id}_secret_{payment.intent_id[:2:-1]}",
        "confirmation_method": "automatic",
        "created": payment.at,
        "currency": payment.currency,
        "customer": payment.customer,
        "description": payment.intent_data.get("description"),
        "last_payment_error": None if error is None else {**error, "charge": payment.charge_id},
        "latest_charge": payment.charge_id,
        "livemode": payment.livemode,
        "metadata": payment.intent_data.get("metadata", {}),
        "payment_method": None if error is not None else "pm_" + payment.intent_id.removeprefix("pi_"),
        "payment_method_options": {payment.method_type: {}},
        "payment_method_types": [payment.method_type],
        "receipt_email": payment.intent_data.get("receipt_email"),
        "statement_descriptor": payment.intent_data.get("statement_descriptor"),
        "status": _INTENT_STATUS[payment.outcome],
    }


def built_charge(payment: Payment) -> Object:
    """Return the charge of an attempt."""
    paid = payment.outcome == "succeeded"
    error = payment.error or {}
    return {
        **_CHARGE_NULLS,
        "id": payment.charge_id,
        "object": "charge",
        "amount": payment.amount,
        "amount_captured": payment.amount if paid else 0,
        "amount_refunded": 0,
        "billing_details": {
            "address": dict(_ADDRESS), "email": payment.email, "name": None, "phone": None, "tax_id": None,
        },
        "calculated_statement_descriptor": "LEARNERMAX SANDBOX",
        "captured": paid,
        "created": payment.at,
        "currency": payment.currency,
        "customer": payment.customer,
        "description": payment.intent_data.get("description"),
        "disputed": False,
        "failure_code": error.get("code"),
        "failure_message": error.get("message"),
        "fraud_details": {},
        "livemode": payment.livemode,
        "metadata": payment.intent_data.get("metadata", {}),
        "outcome": _outcome(payment),
        "paid": paid,
        "payment_intent": payment.intent_id,
        "payment_method": "pm_" + payment.intent_id.removeprefix("pi_"),
        "payment_method_details": {"type": payment.method_type, payment.method_type: _DETAILS[payment.method_type]},
        "radar_options": {},
        "receipt_email": payment.intent_data.get("receipt_email"),
        "receipt_url": None,
        "refunded": False,
        "refunds": {"object": "list", "data": [], "has_more": False, "url": f"/v1/charges/{payment.charge_id}/refunds"},
        "statement_descriptor": None,
        "status": _CHARGE_STATUS[payment.outcome],
    }  # fmt: skip


def _outcome(payment: Payment) -> Object:
    declined = payment.outcome == "declined"
    return {
        "network_status": "declined_by_network" if declined else "approved_by_network",
        "reason": "generic_decline" if declined else None,
        "risk_level": "normal",
        "seller_message": "The bank returned the decline code `generic_decline`." if declined else "Payment complete.",
        "type": "issuer_declined" if declined else "authorized",
    }
