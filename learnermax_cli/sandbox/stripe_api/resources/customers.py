"""Customers: create, update, delete, list."""

import re
from collections.abc import Mapping
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.ids import new_id, random_text
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.stored import change, stored
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

MAX_EMAIL_LENGTH = 512
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_PLAIN_FIELDS = (
    "address", "balance", "business_name", "description", "email", "individual_name", "name", "phone",
    "preferred_locales", "shipping", "tax_exempt",
)  # fmt: skip


def create(call: Call) -> Object:
    """Make a customer."""
    customer = built_customer(call.params, call.now, call.livemode)
    call.data["customer"].put(customer)
    return customer


def built_customer(params: Mapping[str, Any], now: int, livemode: bool) -> Object:
    """Return a new customer, not stored yet."""
    if "email" in params:
        require_email(params["email"], "email")
    defaults: Object = {
        "id": new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": params.get("invoice_prefix", random_text(8).upper()),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": livemode,
        "metadata": merge_metadata({}, params.get("metadata")),
        "name": None,
        "next_invoice_sequence": params.get("next_invoice_sequence", 1),
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    return {**defaults, **_changes(params)}


def update(call: Call) -> Object:
    """Change a customer."""
    customer = stored(call, "customer")
    if call.params.get("email"):
        require_email(call.params["email"], "email")
    return change(call, customer, _changes(call.params))


def delete(call: Call) -> Object:
    """Delete a customer; its id goes on being answered, with `deleted` and nothing else."""
    deleted = {"id": stored(call, "customer")["id"], "object": "customer", "deleted": True}
    call.data["customer"].put(deleted)
    return deleted


def retrieve(call: Call) -> Object:
    """Return a customer, also one that is deleted."""
    return stored(call, "customer", deleted=True)


def list_customers(call: Call) -> Object:
    """Return a page of customers; `email` is compared as it is written."""
    email = call.params.get("email")

    def matches(found: Object) -> bool:
        return "deleted" not in found and email in (None, found["email"])

    return list_page(call.data["customer"], "customer", call.params, call.path, matches)


def require_email(text: str, param: str) -> str:
    """Return an email address; raises Stripe's error for what is none."""
    if not is_email(text):
        raise invalid(f"Invalid email address: {text}", param, "email_invalid")
    return text


def is_email(text: str) -> bool:
    """Return whether a text is an email address."""
    return len(text) <= MAX_EMAIL_LENGTH and _EMAIL.fullmatch(text) is not None


def _changes(params: Mapping[str, Any]) -> Object:
    given = {name: params[name] for name in _PLAIN_FIELDS if name in params}
    return {name: None if value == "" else value for name, value in given.items()}
