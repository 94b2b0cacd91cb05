"""Builds checkout sessions: those of the API, and those of a payment link that a buyer opens."""

from collections.abc import Mapping, Sequence
from typing import Any

from learnermax_cli.sandbox.stripe_api.ids import random_text
from learnermax_cli.sandbox.stripe_api.resources.line_items import as_list
from learnermax_cli.sandbox.stripe_api.resources.session_params import HOSTED, MAX_LIFE_SECONDS
from learnermax_cli.sandbox.stripe_api.store import Object

PAY_PATH = "/c/pay/"
_NULLS: Mapping[str, None] = dict.fromkeys(
    ("after_expiration", "allow_promotion_codes", "allowed_payment_method_types", "billing_address_collection",
     "cancel_url", "client_reference_id", "client_secret", "collected_information", "consent",
     "consent_collection", "currency_conversion", "customer", "customer_account", "customer_creation",
     "customer_details", "customer_email", "integration_identifier", "invoice",
     "locale", "optional_items", "origin_context", "payment_intent", "payment_link",
     "payment_method_configuration_details", "permissions", "recovered_from",
     "saved_payment_method_options", "setup_intent",
     "shipping_address_collection", "shipping_cost", "submit_type", "subscription", "success_url", "url",
     "wallet_options")
)  # fmt: skip
_PLAIN_PARAMS = (
    "allow_promotion_codes", "billing_address_collection", "cancel_url", "client_reference_id", "customer",
    "customer_creation", "customer_email", "integration_identifier", "locale", "origin_context",
    "redirect_on_completion", "return_url", "submit_type", "success_url",
)  # fmt: skip


def new_session_id(livemode: bool) -> str:
    """Return a new id, which shows the mode and is much longer than other ids."""
    return f"cs_{'live' if livemode else 'test'}_a1{random_text(56)}"


def built_session(session_id: str, params: Mapping[str, Any], items: Sequence[Object], now: int) -> Object:
    """Return a new, open session of parameters that were checked, not stored yet."""
    total = sum(item["amount_total"] for item in items)
    mode = params.get("ui_mode", HOSTED)
    session: Object = {
        **_NULLS,
        "id": session_id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": now,
        "currency": items[0]["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "discounts": [],
        "expires_at": params.get("expires_at", now + MAX_LIFE_SECONDS),
        "invoice_creation": {"enabled": False, "invoice_data": _invoice_data()},
        "line_items": as_list(items, f"/v1/checkout/sessions/{session_id}/line_items"),
        "livemode": session_id.startswith("cs_live_"),
        "metadata": params.get("metadata", {}),
        "mode": "payment",
        "payment_method_collection": "if_required",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card", "us_bank_account"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": mode,
        **{name: params[name] for name in _PLAIN_PARAMS if name in params},
    }
    if "customer" not in params:
        session["customer_creation"] = params.get("customer_creation", "if_required")
    return session


def access_fields(session_id: str, ui_mode: str, origin: str) -> Object:
    """Return how the buyer gets to an open session: a URL for the hosted page, else a client secret."""
    if ui_mode == HOSTED:
        return {"url": f"{origin}{PAY_PATH}{session_id}"}
    defaults: Object = {"client_secret": f"{session_id}_secret_{random_text(48)}"}
    if ui_mode == "embedded_page":
        defaults["redirect_on_completion"] = "always"
    return defaults


def customer_details(email: str | None, name: str | None = None) -> Object:
    """Return what is known of the buyer."""
    return {
        "address": None, "business_name": None, "email": email, "individual_name": None, "name": name, "phone": None,
        "tax_exempt": "none", "tax_ids": None,
    }  # fmt: skip


def _invoice_data() -> Object:
    nulls = ("account_tax_ids", "custom_fields", "description", "footer", "issuer", "rendering_options")
    return {**dict.fromkeys(nulls), "metadata": {}}
