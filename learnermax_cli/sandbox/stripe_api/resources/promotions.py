"""Coupons and promotion codes: make and list them, and what a code that a buyer types takes off [doc Coupons]."""

import re
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import invalid, refused
from learnermax_cli.sandbox.stripe_api.ids import new_id, random_text
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.currencies import require_currency
from learnermax_cli.sandbox.stripe_api.resources.stored import change, named, stored
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

MAX_CODE_LENGTH = 500
_CODE = re.compile(r"[A-Za-z0-9-]+")
_UNSUPPORTED = ("applies_to", "currency_options", "customer", "customer_account", "duration_in_months", "restrictions")
_RESTRICTIONS = {"first_time_transaction": False, "minimum_amount": None, "minimum_amount_currency": None}


def create_coupon(call: Call) -> Object:
    """Make a coupon."""
    _refuse_unsupported(call.params)
    coupon = built_coupon(call.params, call.now, call.livemode)
    if coupon["id"] in call.data["coupon"]:
        raise refused("Coupon already exists.", "id", "resource_already_exists")
    call.data["coupon"].put(coupon)
    return coupon


def built_coupon(params: Mapping[str, Any], now: int, livemode: bool) -> Object:
    """Return a coupon, not stored yet; raises Stripe's error unless it takes a percentage or an amount off."""
    percent, amount = params.get("percent_off"), params.get("amount_off")
    if (percent is None) == (amount is None):
        raise invalid("You must pass either `percent_off` or `amount_off`, and not both.", "percent_off")
    if percent is not None and not 0 < percent <= 100:
        raise invalid("Invalid percentage: it must be greater than 0 and at most 100.", "percent_off")
    if amount is not None and amount < 1:
        raise invalid("Invalid positive integer", "amount_off", "parameter_invalid_integer")
    if amount is not None and "currency" not in params:
        raise invalid("You must pass `currency` with `amount_off`.", "currency", "parameter_missing")
    currency = require_currency(params["currency"], "currency") if amount is not None else None
    return {
        "id": params.get("id") or random_text(8),
        "object": "coupon",
        "amount_off": amount,
        "created": now,
        "currency": currency,
        "duration": params.get("duration", "once"),
        "duration_in_months": None,
        "livemode": livemode,
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "name": params.get("name"),
        "percent_off": percent,
        "redeem_by": params.get("redeem_by"),
        "times_redeemed": 0,
        "valid": True,
    }


def create_code(call: Call) -> Object:
    """Make a promotion code of a coupon."""
    params = call.params
    _refuse_unsupported(params)
    if "coupon" not in params["promotion"]:
        raise invalid("Missing required param: promotion[coupon].", "promotion[coupon]", "parameter_missing")
    coupon = named(call.data, "coupon", params["promotion"]["coupon"], "promotion[coupon]")
    return put_code(call.data, coupon, params, call.now)


def put_code(data: Data, coupon: Object, params: Mapping[str, Any], now: int) -> Object:
    """Store a promotion code and return it; raises Stripe's error for an active one that is spelled the same."""
    code = params.get("code") or random_text(8).upper()
    if not _CODE.fullmatch(code) or len(code) > MAX_CODE_LENGTH:
        raise invalid("A promotion code has letters, digits and dashes only.", "code")
    if _active_code(data, code, now) is not None:
        message = f"An active promotion code with `code: {code}` already exists."
        raise refused(message, "code", "resource_already_exists")
    made: Object = {
        "id": new_id("promo"),
        "object": "promotion_code",
        "active": params.get("active", True),
        "code": code,
        "created": now,
        "customer": None,
        "customer_account": None,
        "expires_at": params.get("expires_at"),
        "livemode": coupon["livemode"],
        "max_redemptions": params.get("max_redemptions"),
        "metadata": merge_metadata({}, params.get("metadata")),
        "promotion": {"coupon": coupon["id"], "type": "coupon"},
        "restrictions": dict(_RESTRICTIONS),
        "times_redeemed": 0,
    }
    data["promotion_code"].put(made)
    return made


def update_code(call: Call) -> Object:
    """Make a promotion code active or inactive, or change its metadata."""
    _refuse_unsupported(call.params)
    code = stored(call, "promotion_code")
    return change(call, code, {"active": call.params.get("active", code["active"])})


def list_codes(call: Call) -> Object:
    """Return a page of promotion codes; `code` is compared regardless of case."""
    params = call.params

    def matches(found: Object) -> bool:
        return (
            params.get("active") in (None, found["active"])
            and params.get("coupon") in (None, found["promotion"]["coupon"])
            and ("code" not in params or params["code"].casefold() == found["code"].casefold())
        )

    return list_page(call.data["promotion_code"], "promotion_code", params, call.path, matches)


def redeemable(data: Data, text: str, currency: str, now: int) -> tuple[Object, Object] | None:
    """Return the promotion code that is typed, and its coupon; None for one that is not valid for that currency."""
    code = _active_code(data, text, now)
    coupon = None if code is None else data["coupon"].get(code["promotion"]["coupon"])
    if code is None or coupon is None or coupon["currency"] not in (None, currency):
        return None
    ended = coupon["redeem_by"] is not None and coupon["redeem_by"] <= now
    return None if ended or _used_up(coupon) else (code, coupon)


def redeem(data: Data, code: Object, coupon: Object) -> None:
    """Count the use of a promotion code and of its coupon."""
    for found in (code, coupon):
        data[found["object"]].put(replaced(found, {"times_redeemed": found["times_redeemed"] + 1}))


def amount_off(coupon: Object, subtotal: int) -> int:
    """Return what a coupon takes off a total: never more than that."""
    if coupon["amount_off"] is not None:
        return min(int(coupon["amount_off"]), subtotal)
    off = Decimal(subtotal) * Decimal(str(coupon["percent_off"])) / 100
    return int(off.to_integral_value(ROUND_HALF_UP))


def _active_code(data: Data, text: str, now: int) -> Object | None:
    same = (code for code in data["promotion_code"].values() if code["code"].casefold() == text.casefold())
    usable = (code for code in same if code["active"] and not _used_up(code))
    return next((code for code in usable if code["expires_at"] is None or code["expires_at"] > now), None)


def _used_up(found: Object) -> bool:
    return found["max_redemptions"] is not None and found["times_redeemed"] >= found["max_redemptions"]


def _refuse_unsupported(params: Mapping[str, Any]) -> None:
    if given := [name for name in _UNSUPPORTED if name in params]:
        raise invalid(f"The sandbox does not support `{given[0]}` of promotions.", given[0])
