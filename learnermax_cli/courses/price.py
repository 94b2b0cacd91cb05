"""What a course costs, as an amount of Stripe's; why it cannot be sold for that, or may be a mistake. Pure."""

import reprlib
from collections.abc import Iterable
from decimal import Decimal
from shlex import quote

from learnermax_cli.config.settings import Settings, currency_code, positive_decimal
from learnermax_cli.core.money import (
    DEFAULT_MAX_PRICE,
    MAX_UNIT_AMOUNT,
    InexactAmountError,
    Money,
    PriceUnit,
    minimum_charge,
    to_money,
)
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.model import Course, PriceRules

# From here on a whole number may well be minor units: 4999 for 49.99.
SUSPICIOUS_FROM = 100
SUSPICIOUS_FACTOR = 10


def price_rules(
    settings: Settings,
    currency: str | None = None,
    unit: PriceUnit | None = None,
    max_price: str | None = None,
    allowed: Iterable[str] = (),
) -> PriceRules:
    """Return how prices are read, from flags and settings; raises UsageError for a malformed flag."""
    return PriceRules(
        currency_code(currency, "--currency") if currency else settings.currency or "usd",
        unit or settings.price_unit,
        positive_decimal(max_price, "--max-price") or settings.max_price,
        frozenset(allowed),
    )


def read_money(course: Course, rules: PriceRules) -> Money | str:
    """Return a course's price as Stripe's amount, or what is wrong with it."""
    price = course.attributes.get("price")
    if price is None:
        return "it has no price"
    if not isinstance(price, Decimal):
        return f"its price is not a number but the {_kind(price)} {reprlib.repr(price)}"
    currency = read_currency(course, rules.currency)
    if currency is None:
        return f"its currency {reprlib.repr(course.attributes.get('currency'))} is not a three-letter code"
    own_unit = course.attributes.get("priceUnit")
    if own_unit not in (None, "major", "minor"):
        return f"its priceUnit {reprlib.repr(own_unit)} is neither major nor minor"
    if not price.is_finite() or price <= 0:
        return f"its price {price} is not positive"
    try:
        money = to_money(price, currency, own_unit or rules.unit or "major")
    except InexactAmountError as error:
        return str(error)
    minimum = minimum_charge(currency)
    if minimum is not None and money < minimum:
        return f"its price {money} is below Stripe's minimum of {minimum}"
    if money.amount > MAX_UNIT_AMOUNT:
        return f"its price {money} is above Stripe's maximum of {Money(MAX_UNIT_AMOUNT, currency)}"
    return money


def known_money(course: Course, rules: PriceRules) -> Money | None:
    """Return a course's price as Stripe's amount, None where it cannot be read."""
    money = read_money(course, rules)
    return money if isinstance(money, Money) else None


def read_currency(course: Course, default: str) -> str | None:
    """Return the code of a course's currency, the default where it states none, None where that is no code."""
    stated = course.attributes.get("currency")
    if stated is None:
        return default
    code = stated.strip().lower() if isinstance(stated, str) else ""
    return code if len(code) == 3 and code.isascii() and code.isalpha() else None


def find_price_doubt(course: Course, money: Money, current: Money | None, rules: PriceRules) -> str | None:
    """Return why the price of a course may be a mistake; the price that Stripe has now never is one."""
    if money == current or course.course_id in rules.allowed:
        return None
    allow = f"pass --allow-price {quote(course.course_id)}"
    if (reason := _unit_doubt(course, money, rules)) is not None:
        return reason + f", pass --price-unit, or {allow}"
    limit = rules.max_price or DEFAULT_MAX_PRICE.get(money.currency)
    if limit is None:
        return f"its price {money} has no known maximum in {money.currency}: pass --max-price, or {allow}"
    if money.major() > limit:
        return f"its price {money} is above the maximum of {limit} {money.currency}: raise --max-price, or {allow}"
    if current is not None and current.currency == money.currency:
        low, high = sorted((current.amount, money.amount))
        if low > 0 and high >= low * SUSPICIOUS_FACTOR:
            change = f"its price would change from {current} to {money}, by a factor of {SUSPICIOUS_FACTOR} or more"
            return f"{change}: fix the price, or {allow}"
    return None


def _unit_doubt(course: Course, money: Money, rules: PriceRules) -> str | None:
    price = course.attributes["price"]
    assert isinstance(price, Decimal)
    stated = course.attributes.get("priceUnit") or rules.unit
    if stated is not None or price != price.to_integral_value() or price < SUSPICIOUS_FROM:
        return None
    try:
        minor = to_money(price, money.currency, "minor")
    except InexactAmountError:
        minor = None
    if minor == money:  # without decimals, as in jpy, both units are the same amount
        return None
    either = str(money) if minor is None else f"{money} or {minor}"
    example = str((minor or money).major())
    return f"ambiguous price {price}: {either}? Run " + lmx("courses set-price", course.course_id, example)


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else type(value).__name__
