"""What a paid course is to be at Stripe, or why it cannot be sold as it is. Pure."""

from dataclasses import dataclass

from learnermax_cli.core.money import Money
from learnermax_cli.core.urls import is_absolute
from learnermax_cli.courses.model import Course, DesiredProduct, PriceRules
from learnermax_cli.courses.price import find_price_doubt, read_money
from learnermax_cli.planning.change import Skipped

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
    if (flaw := _flaw(course)) is not None:
        return _refused(course, flaw, "invalid")
    money = read_money(course, rules)
    if isinstance(money, str):
        return _refused(course, money, "invalid.price")
    if (doubt := find_price_doubt(course, money, current, rules)) is not None:
        return _refused(course, doubt, "guard.price")
    images, warnings = _images(course)
    name, description = course.text("name"), course.text("description")
    return Sale(DesiredProduct(course.course_id, name or "", description, images, money), warnings)


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
