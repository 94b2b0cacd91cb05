"""What seeding and pricing courses would change. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from learnermax_cli.core.errors import FailedError, GuardError, UsageError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.model import Course, PriceRules
from learnermax_cli.courses.price import (
    find_change_doubt,
    find_limit_doubt,
    find_model_flaw,
    known_money,
    read_currency,
    read_former_money,
    read_money,
)
from learnermax_cli.planning.change import Change


def plan_seed(item: Mapping[str, object], there: Mapping[str, object] | None, *, replace: bool) -> Change | None:
    """Return the change that puts a seed course into the table; an item that is there stays unless `replace`."""
    course_id = str(item["courseId"])
    if there is None:
        return Change("course", course_id, "create", None, {"name": item["name"], "price": _number(item.get("price"))})
    differing = sorted(name for name in {*item, *there} if item.get(name) != there.get(name))
    if not replace or not differing:
        return None
    before = {name: _plain(there.get(name)) for name in differing}
    return Change("course", course_id, "replace", before, {name: _plain(item.get(name)) for name in differing})


def plan_price(course: Course, price: Decimal, rules: PriceRules) -> Change | None:
    """Return the change to a price in major units; raises LmxError for one that the course cannot be sold for."""
    course_id = course.course_id
    if not course.paid:
        flaw = find_model_flaw(course)
        what = f"course {course_id} is not a paid course" + (f": {flaw}" if flaw else "")
        raise _unusable(what, "Set its pricingModel to paid first.")
    money = read_money(with_price(course, price), rules)
    if isinstance(money, str):
        if read_currency(course, rules.currency) is None:
            raise _unusable(f"course {course_id} could not be sold: {money}", "Fix the course's item.")
        hint = "Give another price, in major units, such as 49.99."
        raise UsageError(f"course {course_id} could not be sold: {money}", hint=hint, code="usage.price")
    unit = _plain(course.attributes.get("priceUnit"))
    before = {"price": _number(course.attributes.get("price")), "priceUnit": unit}
    if course.attributes.get("price") == price and before["priceUnit"] == "major":
        return None
    after = {"price": _number(price), "priceUnit": "major"}
    return Change("course", course_id, "update", before, after, f"sold for {money}")


def changes_amount(course: Course, price: Decimal, rules: PriceRules) -> bool:
    """Whether a price, in major units, is another amount than the course's former one, as far as that is known."""
    return known_money(with_price(course, price), rules) != read_former_money(course, rules)


def require_plausible(course: Course, price: Decimal, rules: PriceRules) -> None:
    """Raise GuardError for a price, in major units, that `products sync` would refuse as a mistake."""
    money, former = known_money(with_price(course, price), rules), read_former_money(course, rules)
    if money is None or money == former:
        return
    if (reason := find_limit_doubt(money, rules) or find_change_doubt(money, former)) is not None:
        hint = "Check the price; if it is meant so, pass --allow-price."
        raise GuardError(f"course {course.course_id}: {reason}", hint=hint, code="guard.price")


def with_price(course: Course, price: Decimal) -> Course:
    """Return a course with another price, in major units."""
    return replace(course, attributes={**course.attributes, "price": price, "priceUnit": "major"})


def unknown_course(course_id: str) -> FailedError:
    """Return the failure of a run on a course that the table does not have."""
    hint = "List the courses: " + lmx("courses list")
    return FailedError(f"course {course_id} not found", hint=hint, code="invalid.unknown_course")


def _unusable(message: str, hint: str) -> FailedError:
    return FailedError(message, hint=hint, code="invalid.price")


def _number(value: object) -> str | None:
    # A number as text: JSON's own would go through binary floating point in many a reader.
    return None if value is None else str(value)


def _plain(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value if value is None or isinstance(value, str | bool) else str(value)
