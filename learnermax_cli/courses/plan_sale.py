"""What one paid course wants at Stripe, or why it cannot be sold as it stands. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from shlex import quote

from learnermax_cli.core.money import DEFAULT_MAX_PRICE, InexactAmountError, Money, to_money
from learnermax_cli.core.urls import is_absolute
from learnermax_cli.courses.model import Course
from learnermax_cli.courses.price import read_money
from learnermax_cli.planning.change import Skipped
from learnermax_cli.products.model import DesiredProduct, SyncOptions

# Lengths of Stripe's OpenAPI description: name 5,000, description 40,000, metadata value 500, URL 2,048 characters.
MAX_NAME = 5_000
MAX_DESCRIPTION = 40_000
MAX_COURSE_ID = 500
MAX_URL = 2_048
# From here on a whole number may well be minor units: 4999 for 49.99.
SUSPICIOUS_FROM = 100
SUSPICIOUS_FACTOR = 10


@dataclass(frozen=True, slots=True)
class Wanted:
    """A course that can be sold, with what is odd about it."""

    product: DesiredProduct
    warnings: tuple[str, ...] = ()


def desire(course: Course, options: SyncOptions, current: Money | None) -> Wanted | Skipped:
    """Return what a paid course wants, or why not; `current` is the price at Stripe, which needs no second look."""
    if course.coming_soon and not options.include_coming_soon:
        return Skipped("course", course.course_id, "coming soon", code="coming_soon")
    flaw = _flaw(course)
    if flaw is not None:
        return _refused(course, flaw, "invalid")
    money = read_money(course, options.currency, options.price_unit)
    if isinstance(money, str):
        return _refused(course, money, "invalid.price")
    suspicion = None if money == current else _suspicion(course, money, current, options)
    if suspicion is not None and course.course_id not in options.allowed_prices:
        return _refused(course, suspicion, "guard.price")
    images, warnings = _images(course)
    name, description = course.text("name"), course.text("description")
    return Wanted(DesiredProduct(course.course_id, name or "", description, images, money), warnings)


def _suspicion(course: Course, money: Money, current: Money | None, options: SyncOptions) -> str | None:
    price = course.attributes["price"]
    assert isinstance(price, Decimal)
    unit = course.attributes.get("priceUnit") or options.price_unit
    course_id = quote(course.course_id)
    lift = f"or let it through with --allow-price {course_id}"
    if unit is None and price == price.to_integral_value() and price >= SUSPICIOUS_FROM:
        as_minor = to_money(price, money.currency, "minor") if _exact_minor(price, money.currency) else None
        # Without decimals, as in jpy, both units are the same amount, and there is nothing to mistake.
        if as_minor != money:
            either = f"{money} or {as_minor}" if as_minor else str(money)
            example = as_minor.major() if as_minor else price
            return (
                f"its price {price} may be meant in minor units: {either}? "
                f"State it with lmx courses set-price {course_id} {example}, with --price-unit, {lift}"
            )
    limit = options.max_price or DEFAULT_MAX_PRICE.get(money.currency)
    if limit is None:
        return f"its price {money} has no known maximum in {money.currency}: state one with --max-price, {lift}"
    if money.major() > limit:
        return f"its price {money} is above the maximum of {limit} {money.currency}: raise --max-price, {lift}"
    if current is not None and current.currency == money.currency:
        low, high = sorted((current.amount, money.amount))
        if low > 0 and high >= low * SUSPICIOUS_FACTOR:
            return (
                f"its price would change from {current} to {money}, by a factor of 10 or more: mend the price, {lift}"
            )
    return None


def _exact_minor(price: Decimal, currency: str) -> bool:
    try:
        to_money(price, currency, "minor")
    except InexactAmountError:
        return False
    return True


def _flaw(course: Course) -> str | None:
    name, description = course.text("name"), course.text("description")
    if name is None:
        return "it has no name"
    if len(name) > MAX_NAME:
        return f"its name has {len(name):,} characters; Stripe takes {MAX_NAME:,}"
    if description is not None and len(description) > MAX_DESCRIPTION:
        return f"its description has {len(description):,} characters; Stripe takes {MAX_DESCRIPTION:,}"
    if not course.course_id or len(course.course_id) > MAX_COURSE_ID:
        return f"its id has {len(course.course_id)} characters; Stripe's metadata takes 1 to {MAX_COURSE_ID}"
    return None


def _images(course: Course) -> tuple[tuple[str, ...], tuple[str, ...]]:
    url = course.text("imageUrl")
    if url is None:
        return (), ()
    if len(url) <= MAX_URL and is_absolute(url):
        return (url,), ()
    return (), (f"course {course.course_id}: its image URL is not absolute, so the product has no image",)


def _refused(course: Course, reason: str, code: str) -> Skipped:
    return Skipped("course", course.course_id, reason, blocking=True, code=code)
