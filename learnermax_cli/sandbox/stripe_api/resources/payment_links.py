"""Payment links: create, update, list, and their line items."""

import re
from collections.abc import Mapping
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.line_items import (
    as_list,
    built_line_items,
    page_of,
    require_chargeable,
)
from learnermax_cli.sandbox.stripe_api.resources.stored import change, stored
from learnermax_cli.sandbox.stripe_api.resources.urls import require_url
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

LINK_PATH = "/l/"
MAX_LINE_ITEMS = 20
_REFERENCE = re.compile(r"[A-Za-z0-9_-]{1,200}")
_PLAIN_FIELDS = (
    "active", "allow_promotion_codes", "billing_address_collection", "customer_creation", "inactive_message",
    "submit_type",
)  # fmt: skip


def create(call: Call) -> Object:
    """Make a payment link."""
    params = call.params
    if len(params["line_items"]) > MAX_LINE_ITEMS:
        raise invalid(f"You can specify at most {MAX_LINE_ITEMS} line items.", "line_items")
    metadata = merge_metadata({}, params.get("metadata"))
    items = built_line_items(call, params["line_items"])
    require_chargeable(sum(item["amount_total"] for item in items), items[0]["currency"])
    link_id = new_id("plink")
    token = ("" if call.livemode else "test_") + link_id.removeprefix("plink_")
    link: Object = {
        **_defaults(),
        "id": link_id,
        "currency": items[0]["currency"],
        "line_items": as_list(items, f"/v1/payment_links/{link_id}/line_items"),
        "livemode": call.livemode,
        "metadata": metadata,
        "url": f"{call.origin}{LINK_PATH}{token}",
    }
    link.update(_changes(params, link))
    call.data["payment_link"].put(link, call.now)
    return link


def update(call: Call) -> Object:
    """Change a payment link; its line items stay what they are."""
    link = stored(call, "payment_link")
    if "line_items" in call.params:
        raise invalid("The sandbox does not support updating `line_items`.", "line_items")
    return change(call, link, _changes(call.params, link))


def list_links(call: Call) -> Object:
    """Return a page of payment links."""
    active = call.params.get("active")
    links = call.data["payment_link"]
    return list_page(links, "payment_link", call.params, call.path, lambda link: active in (None, link["active"]))


def list_line_items(call: Call) -> Object:
    """Return a page of a link's line items."""
    return page_of(call, stored(call, "payment_link")["line_items"]["data"])


def link_id_of(token: str) -> str:
    """Return the id of the link whose URL ends in that token."""
    return "plink_" + token.removeprefix("test_")


def usable_reference(text: str | None) -> str | None:
    """Return a URL's `client_reference_id`; Stripe silently drops an invalid one [doc Track a payment link]."""
    return text if text is not None and _REFERENCE.fullmatch(text) else None


def _changes(params: Mapping[str, Any], link: Object) -> Object:
    changes: Object = {name: params[name] for name in _PLAIN_FIELDS if name in params}
    if changes.get("inactive_message") == "":
        changes["inactive_message"] = None
    if "after_completion" in params:
        changes["after_completion"] = _after_completion(params["after_completion"])
    if "restrictions" in params:
        changes["restrictions"] = _restrictions(params["restrictions"], link["restrictions"])
    if "payment_intent_data" in params:
        data = params["payment_intent_data"]
        nulls = ("capture_method", "description", "setup_future_usage", "statement_descriptor",
                 "statement_descriptor_suffix", "transfer_group")  # fmt: skip
        before = link["payment_intent_data"] or {**dict.fromkeys(nulls), "metadata": {}}
        metadata = merge_metadata(before["metadata"], data.get("metadata"))
        changes["payment_intent_data"] = {**before, **data, "metadata": metadata}
    return changes


def _after_completion(params: Mapping[str, Any]) -> Object:
    if params["type"] == "redirect":
        if "redirect" not in params:
            message = "Missing required param: after_completion[redirect]."
            raise invalid(message, "after_completion[redirect]", "parameter_missing")
        url = require_url(params["redirect"]["url"], "after_completion[redirect][url]")
        return {"type": "redirect", "redirect": {"url": url}}
    message = params.get("hosted_confirmation", {}).get("custom_message")
    return {"type": "hosted_confirmation", "hosted_confirmation": {"custom_message": message or None}}


def _restrictions(params: Mapping[str, Any] | str, before: Object | None) -> Object | None:
    if isinstance(params, str):
        return None
    limit = params["completed_sessions"]["limit"]
    if limit < 1:
        raise invalid("This value must be greater than or equal to 1.", "restrictions[completed_sessions][limit]")
    count = 0 if before is None else before["completed_sessions"]["count"]
    return {"completed_sessions": {"count": count, "limit": limit}}


def _defaults() -> Object:
    nulls = (
        "application", "application_fee_amount", "application_fee_percent", "consent_collection", "inactive_message",
        "on_behalf_of", "optional_items", "payment_intent_data", "payment_method_options",
        "payment_method_types", "restrictions", "shipping_address_collection", "subscription_data", "transfer_data",
    )  # fmt: skip
    return {
        **dict.fromkeys(nulls),
        "object": "payment_link",
        "active": True,
        "after_completion": {"hosted_confirmation": {"custom_message": None}, "type": "hosted_confirmation"},
        "allow_promotion_codes": False,
        "automatic_tax": {"enabled": False, "liability": None},
        "billing_address_collection": "auto",
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer_creation": "if_required",
        "invoice_creation": {"enabled": False, "invoice_data": None},
        "payment_method_collection": "always",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "submit_type": "auto",
        "tax_id_collection": {"enabled": False, "required": "never"},
    }
