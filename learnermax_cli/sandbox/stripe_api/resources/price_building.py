"""Builds a price from the parameters of a price, or of a product's `default_price_data`."""

from collections.abc import Mapping
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.amounts import amount_of, no_amount, tiers_of
from learnermax_cli.sandbox.stripe_api.resources.currencies import require_currency
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object


def built_price(call: Call, params: Mapping[str, Any], product_id: str, prefix: str = "") -> Object:
    """Return a new price, not stored yet."""
    recurring = _recurring(params.get("recurring"))
    currency = require_currency(params["currency"], f"{prefix}[currency]" if prefix else "currency")
    tiered = params.get("billing_scheme") == "tiered"
    if tiered and recurring is None:
        raise invalid("Prices with `type=one_time` are not supported with tiered billing.", "interval")
    amount = no_amount() if tiered else amount_of(params, prefix)
    tax_behavior = params.get("tax_behavior", "unspecified")
    return {
        "id": new_id("price"),
        "object": "price",
        "active": params.get("active", True),
        "billing_scheme": params.get("billing_scheme", "per_unit"),
        "created": call.now,
        "currency": currency,
        "currency_options": {
            currency: {**amount, "tax_behavior": tax_behavior},
            **currency_options(params.get("currency_options"), currency),
        },
        **amount,
        "livemode": call.livemode,
        "lookup_key": params.get("lookup_key"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "nickname": params.get("nickname"),
        "product": product_id,
        "recurring": recurring,
        "tax_behavior": tax_behavior,
        "tiers": tiers_of(params.get("tiers")),
        "tiers_mode": params.get("tiers_mode"),
        "transform_quantity": params.get("transform_quantity"),
        "type": "one_time" if recurring is None else "recurring",
    }


def currency_options(params: Mapping[str, Any] | None, own_currency: str) -> Object:
    """Return the amounts in other currencies; raises 400 for the price's own currency among them."""
    options = {}
    for currency, option in (params or {}).items():
        param = f"currency_options[{currency}]"
        require_currency(currency, param)
        if currency == own_currency:
            raise invalid(
                "You are specifying an update to a currency option that matches the top-level currency for this price. "
                "Please remove this currency option and update the top-level params instead.",
                param,
            )
        options[currency] = {**amount_of(option, param), "tax_behavior": option.get("tax_behavior", "unspecified")}
    return options


def _recurring(params: Mapping[str, Any] | None) -> Object | None:
    if params is None:
        return None
    if params.get("usage_type") == "metered" and "meter" not in params:
        raise invalid("Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.")
    defaults = {"interval_count": 1, "meter": None, "trial_period_days": None, "usage_type": "licensed"}
    return {**defaults, **params}
