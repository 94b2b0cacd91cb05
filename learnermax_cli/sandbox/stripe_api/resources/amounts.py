"""The amount of a price: one of `unit_amount`, `unit_amount_decimal` and `custom_unit_amount`."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid

MAX_UNIT_AMOUNT = 99_999_999
_FORMS = ("unit_amount", "unit_amount_decimal", "custom_unit_amount")
Amount = dict[str, Any]


def amount_of(params: Mapping[str, Any], prefix: str = "") -> Amount:
    """Return a price's three amount fields; raises Stripe's error unless exactly one is given and within bounds."""
    given = [form for form in _FORMS if form in params]
    if len(given) > 1:
        raise exclusive([_name(prefix, form) for form in given])
    if not given:
        raise invalid("Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.")
    if given == ["custom_unit_amount"]:
        return _custom(params["custom_unit_amount"], _name(prefix, "custom_unit_amount"))
    exact = Decimal(params[given[0]])
    _check_bounds(exact, _name(prefix, given[0]))
    return {
        "custom_unit_amount": None,
        "unit_amount": int(exact) if exact == exact.to_integral_value() else None,
        "unit_amount_decimal": _plain(exact),
    }


def no_amount() -> Amount:
    """Return the amount fields of a tiered price."""
    return dict.fromkeys(_FORMS)


def tiers_of(tiers: Sequence[Mapping[str, Any]] | None) -> list[Amount] | None:
    """Return a price's tiers; the last one is open and shows null for `inf`."""
    if tiers is None:
        return None
    return [{"up_to": None if tier["up_to"] == "inf" else tier["up_to"], **_tier_amounts(tier)} for tier in tiers]


def _tier_amounts(tier: Mapping[str, Any]) -> Amount:
    amounts: Amount = {}
    for name in ("flat_amount", "unit_amount"):
        given = tier.get(name, tier.get(f"{name}_decimal"))
        exact = None if given is None else Decimal(given)
        whole = exact is not None and exact == exact.to_integral_value()
        amounts[name] = int(exact) if exact is not None and whole else None
        amounts[f"{name}_decimal"] = None if exact is None else _plain(exact)
    return amounts


def _name(prefix: str, field: str) -> str:
    return f"{prefix}[{field}]" if prefix else field


def _custom(params: Mapping[str, Any], param: str) -> Amount:
    if not params["enabled"]:
        raise invalid("Pass in `true` to enable `custom_unit_amount`, otherwise omit it.", f"{param}[enabled]")
    custom = {name: params.get(name) for name in ("maximum", "minimum", "preset")}
    return {**no_amount(), "custom_unit_amount": custom}


def _check_bounds(amount: Decimal, param: str) -> None:
    if amount < 0:
        raise invalid("Invalid non-negative integer", param, "parameter_invalid_integer")
    if amount > MAX_UNIT_AMOUNT:
        message = f"This value must be less than or equal to {MAX_UNIT_AMOUNT} (it currently is '{amount}')."
        raise invalid(message, param, "parameter_invalid_integer")


def _plain(amount: Decimal) -> str:
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
