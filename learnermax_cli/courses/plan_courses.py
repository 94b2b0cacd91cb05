"""What seeding and pricing courses would change. Pure."""

import json
import reprlib
from collections.abc import Mapping
from decimal import Decimal

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import MAX_UNIT_AMOUNT, InexactAmountError, minimum_charge, to_money
from learnermax_cli.courses.model import Course
from learnermax_cli.courses.price import read_currency
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


def plan_price(course: Course, price: Decimal, currency: str) -> Change | None:
    """Return the change to a price in major units, stated as such; raises FailedError for a price nobody can charge."""
    if not course.paid:
        raise _unusable(f"course {course.course_id} is not a paid course", "Set pricingModel to paid first.")
    code = read_currency(course, currency)
    if code is None:
        stated = reprlib.repr(course.attributes.get("currency"))
        raise _unusable(
            f"the currency {stated} of course {course.course_id} is not a three-letter code",
            "Mend the currency of the course's item first.",
        )
    try:
        money = to_money(price, code, "major")
    except InexactAmountError as error:
        raise _unusable(str(error), "Give a price that the currency can represent.") from None
    minimum = minimum_charge(code)
    if money.amount <= 0 or (minimum is not None and money < minimum):
        raise _unusable(f"{money} is below Stripe's minimum of {minimum or 'more than 0'}", "Give a higher price.")
    if money.amount > MAX_UNIT_AMOUNT:
        raise _unusable(f"{money} is above what Stripe takes", "Give a lower price.")
    listed = course.attributes.get("price")
    if listed == price and course.attributes.get("priceUnit") == "major":
        return None
    before = {"price": _number(listed), "priceUnit": course.attributes.get("priceUnit")}
    after = {"price": _number(price), "priceUnit": "major"}
    return Change("course", course.course_id, "update", before, after, f"sold for {money}")


def _unusable(message: str, hint: str) -> FailedError:
    return FailedError(message, hint=hint, code="invalid.price")


def _number(value: object) -> str | None:
    # A number as text: JSON's own would go through binary floating point in many a reader.
    return None if value is None else str(value)


def _plain(value: object) -> object:
    if isinstance(value, list | dict):
        return json.dumps(value, default=str, ensure_ascii=False)
    return value if value is None or isinstance(value, str | bool) else str(value)
