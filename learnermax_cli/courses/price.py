"""What a course costs, as an amount of Stripe's, and whether it can be sold as it is. Pure."""

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from shlex import quote

from learnermax_cli.config.settings import Settings
from learnermax_cli.config.values import currency_code, positive_decimal
from learnermax_cli.core.money import (
    DEFAULT_MAX_PRICE,
    MAX_UNIT_AMOUNT,
    InexactAmountError,
    Money,
    PriceUnit,
    minimum_charge,
    to_money,
)
from learnermax_cli.core.ownership import id_flaw, is_stripe_id
from learnermax_cli.core.remedy import join, lmx
from learnermax_cli.core.urls import is_absolute
from learnermax_cli.courses.model import Course, DesiredProduct, PriceRules
from learnermax_cli.planning.change import Skipped

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
    allow = f"--allow-price {quote(course.course_id)}"
    if (reason := _unit_doubt(course, money, rules)) is not None:
        return reason + f" or {allow}"
    if (reason := find_limit_doubt(money, rules)) is not None:
        return f"{reason}: give products sync --max-price {money.major():f} or {allow}"
    if (reason := find_change_doubt(money, current)) is not None:
        return f"{reason}: fix the price, or give products sync {allow}"
    return None


def find_limit_doubt(money: Money, rules: PriceRules) -> str | None:
    """Return that a price is above the maximum of its currency, or has none to be compared with."""
    limit = rules.max_price or DEFAULT_MAX_PRICE.get(money.currency)
    if limit is not None and money.major() <= limit:
        return None
    beyond = "has no known maximum in" if limit is None else f"is above the maximum of {limit}"
    return f"its price {money} {beyond} {money.currency}"


def find_change_doubt(money: Money, former: Money | None) -> str | None:
    """Return that a price differs so much from the former one that one of them may be in another unit."""
    if former is None or former.currency != money.currency:
        return None
    low, high = sorted((former.amount, money.amount))
    if low == 0 or high < low * SUSPICIOUS_FACTOR:
        return None
    return f"its price would change from {former} to {money}, by a factor of {SUSPICIOUS_FACTOR} or more"


def read_former_money(course: Course, rules: PriceRules) -> Money | None:
    """Return what a course costs, None where that cannot be read or its unit is in doubt."""
    money = known_money(course, rules)
    return None if money is None or _unit_doubt(course, money, rules) else money


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
    limit = rules.max_price or DEFAULT_MAX_PRICE.get(money.currency)
    # Both are offered where both may be meant: a pasted remedy must not decide.
    readings = {"major": money, "minor": minor}
    meant = {u: m for u, m in readings.items() if m and (u == "minor" or limit is None or m.major() <= limit)}
    meant = meant or {"major": money}
    remedies = [lmx("courses set-price", course.course_id, str(m.major())) for m in meant.values()]
    units = ", ".join(f"--price-unit {unit}" for unit in meant)
    return f"ambiguous price {price}: {either}? Run " + join(" or ", remedies) + f", or give products sync {units}"


def _kind(value: object) -> str:
    return "text" if isinstance(value, str) else type(value).__name__


# Lengths of Stripe's OpenAPI description: name 5,000, description 40,000, metadata value 500, URL 2,048 characters.
MAX_NAME = 5_000
MAX_DESCRIPTION = 40_000
MAX_COURSE_ID = 500
MAX_URL = 2_048


@dataclass(frozen=True, slots=True)
class Sale:
    """A course that can be sold, with warnings about it."""

    product: DesiredProduct
    warnings: tuple[str, ...] = ()


def plan_sale(course: Course, rules: PriceRules, current: Money | None = None) -> Sale | Skipped:
    """Return what a paid course is to be at Stripe, or why it is refused; `current` is its price at Stripe."""
    if (flaw := find_model_flaw(course)) is not None:
        return _refused(course, f"{flaw}: set it to free or paid in the course's item", "invalid.pricing_model")
    if (flaw := _flaw(course)) is not None:
        return _refused(course, flaw, "invalid")
    money = read_money(course, rules)
    if isinstance(money, str):
        malformed = read_currency(course, rules.currency) is None
        remedy = "fix it in the course's item" if malformed else lmx("courses set-price", course.course_id, "PRICE")
        return _refused(course, f"{money}: " + remedy, "invalid.price")
    if (doubt := find_price_doubt(course, money, current, rules)) is not None:
        return _refused(course, doubt, "guard.price")
    if (flaw := id_flaw("course", course.course_id)) is not None:  # who pays could not be enrolled
        return _refused(course, f"its id {flaw}", "invalid")
    images, warnings = _images(course)
    name, description = course.text("name"), course.text("description")
    return Sale(DesiredProduct(course.course_id, name or "", description, images, money), warnings)


def find_model_flaw(course: Course) -> str | None:
    """Return why a course can be neither sold nor given away, None where its item says how students get in."""
    if course.pricing_model is not None:
        return None
    model = course.attributes.get("pricingModel")
    return "it has no pricingModel" if model is None else f"its pricingModel {reprlib.repr(model)} is not free or paid"


def find_coming_soon_flaw(course: Course) -> str | None:
    """Return what is odd about a course's comingSoon, None where it is a boolean, or absent."""
    value = course.attributes.get("comingSoon")
    if value is None or isinstance(value, bool):
        return None
    return f"its comingSoon {reprlib.repr(value)} is no boolean; the site takes it as {str(course.coming_soon).lower()}"


def _flaw(course: Course) -> str | None:
    name, description = course.text("name"), course.text("description")
    if name is None:
        return "it has no name"
    if len(name) > MAX_NAME:
        return f"its name has {len(name):,} characters; Stripe's limit is {MAX_NAME:,}"
    if description is not None and len(description) > MAX_DESCRIPTION:
        return f"its description has {len(description):,} characters; Stripe's limit is {MAX_DESCRIPTION:,}"
    if not course.course_id or len(course.course_id) > MAX_COURSE_ID:
        return f"its id has {len(course.course_id)} characters; Stripe's limit for metadata is {MAX_COURSE_ID}"
    if course.product_id is not None and not is_stripe_id(course.product_id):
        return f"its stripeProductId {reprlib.repr(course.product_id)} can't be an id of Stripe"
    return None


def _images(course: Course) -> tuple[tuple[str, ...], tuple[str, ...]]:
    url = course.text("imageUrl")
    if url is None:
        return (), ()
    if len(url) <= MAX_URL and is_absolute(url):
        return (url,), ()
    return (), ("its image URL is not absolute, so the product has no image",)


def _refused(course: Course, reason: str, code: str) -> Skipped:
    return Skipped("course", course.course_id, reason, blocking=True, code=code)
