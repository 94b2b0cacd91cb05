"""What a course costs, as an amount of Stripe's, or why that cannot be said. Pure."""

import reprlib
from decimal import Decimal

from learnermax_cli.core.money import MAX_UNIT_AMOUNT, InexactAmountError, Money, PriceUnit, minimum_charge, to_money
from learnermax_cli.courses.model import Course


def read_money(course: Course, currency: str, unit: PriceUnit | None) -> Money | str:
    """Return a course's price as Stripe's amount, or what is wrong with it."""
    price = course.attributes.get("price")
    if price is None:
        return "it has no price"
    if not isinstance(price, Decimal):
        return f"its price is not a number but the {_kind(price)} {reprlib.repr(price)}"
    stated = read_currency(course, currency)
    if stated is None:
        return f"its currency {reprlib.repr(course.attributes.get('currency'))} is not a three-letter code"
    own_unit = course.attributes.get("priceUnit")
    if own_unit not in (None, "major", "minor"):
        return f"its priceUnit {reprlib.repr(own_unit)} is neither major nor minor"
    if not price.is_finite() or price <= 0:
        return f"its price {price} is not positive"
    try:
        money = to_money(price, stated, own_unit or unit or "major")
    except InexactAmountError as error:
        return str(error)
    minimum = minimum_charge(stated)
    if minimum is not None and money < minimum:
        return f"its price {money} is below Stripe's minimum of {minimum}"
    if money.amount > MAX_UNIT_AMOUNT:
        return f"its price {money} is above what Stripe takes"
    return money


def read_currency(course: Course, default: str) -> str | None:
    """Return the code of a course's currency, the default where it states none, None where that is no code."""
    stated = course.attributes.get("currency")
    if stated is None:
        return default
    code = stated.strip().lower() if isinstance(stated, str) else ""
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else type(value).__name__
