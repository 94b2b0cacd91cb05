"""What pricing and seeding courses would change, as values."""

from decimal import Decimal

import pytest

from learnermax_cli.core.errors import FailedError, LmxError, UsageError
from learnermax_cli.courses.model import Course, PriceRules
from learnermax_cli.courses.plan_courses import plan_price, plan_seed
from learnermax_cli.courses.seed import read_seed_courses
from learnermax_cli.planning.change import Change
from tests.products.catalogs import course

RULES = PriceRules()


def test_price_is_stated_in_major_units() -> None:
    """Old and new, and what it will be sold for."""
    change = Change(
        "course",
        "a",
        "update",
        {"price": "4999", "priceUnit": None},
        {"price": "49.99", "priceUnit": "major"},
        "sold for 49.99 usd",
    )
    assert change == plan_price(course(price=Decimal(4999)), Decimal("49.99"), RULES)


def test_same_price_gets_its_unit_stated() -> None:
    """That is the remedy for a suspicious price which is right."""
    change = plan_price(course(price=Decimal(199)), Decimal(199), RULES)
    assert change is not None
    assert {"price": "199", "priceUnit": "major"} == change.after


def test_stated_price_is_left_alone() -> None:
    """49.9 and 49.90 are one price."""
    assert plan_price(course(price=Decimal("49.9"), priceUnit="major"), Decimal("49.90"), RULES) is None


def test_price_in_minor_units_is_changed_to_major() -> None:
    """The same digits in another unit are another price."""
    change = plan_price(course(price=Decimal(199), priceUnit="minor"), Decimal(199), RULES)
    assert change is not None
    assert "sold for 199.00 usd" == change.reason


def test_course_without_price_gets_one() -> None:
    """There may be none yet."""
    change = plan_price(course(price=None), Decimal(20), RULES)
    assert change is not None
    assert {"price": None, "priceUnit": None} == change.before


def test_courses_currency_decides_what_is_exact() -> None:
    """Jpy has no decimals."""
    with pytest.raises(UsageError, match=r"49\.99 has more decimals than jpy allows"):
        plan_price(course(currency="JPY"), Decimal("49.99"), RULES)


@pytest.mark.parametrize(
    ("listed", "price", "message"),
    [
        (course(), "0.49", "its price 0.49 usd is below Stripe's minimum of 0.50 usd"),
        (course(), "0", "its price 0 is not positive"),
        (course(), "-20", "its price -20 is not positive"),
        (course(currency="dollars"), "49.99", "its currency 'dollars' is not a three-letter code"),
        (course(), "1000000", "its price 1,000,000.00 usd is above Stripe's maximum of 999,999.99 usd"),
        (course(), "49.999", "49.999 has more decimals than usd allows (2 in major units)"),
        (course(), "NaN", "its price NaN is not positive"),
        (course(), "Infinity", "its price Infinity is not positive"),
    ],
)
def test_price_that_nobody_can_charge_is_refused(listed: Course, price: str, message: str) -> None:
    """Nothing unsellable gets into the table; a price that was given is wrong usage, a course's currency is not."""
    with pytest.raises(LmxError) as refused:
        plan_price(listed, Decimal(price), RULES)
    expected = f"course a could not be sold: {message}"
    code = "usage.price" if listed == course() else "invalid.price"
    assert (expected, code) == (refused.value.message, refused.value.code)


def test_course_that_is_not_paid_gets_no_price() -> None:
    """Its pricing model comes first."""
    with pytest.raises(FailedError, match="course a is not a paid course"):
        plan_price(course(pricingModel="free"), Decimal(20), RULES)


SEED: dict[str, object] = {"courseId": "a", "name": "A", "price": Decimal("49.99"), "curriculum": [1]}


def test_seed_that_is_not_there_is_created() -> None:
    """Name and price are shown."""
    expected = Change("course", "a", "create", None, {"name": "A", "price": "49.99"})
    assert expected == plan_seed(SEED, None, replace=False)


def test_seed_that_is_there_stays() -> None:
    """Whatever it holds."""
    assert plan_seed(SEED, {**SEED, "name": "Edited"}, replace=False) is None


def test_replace_shows_what_differs() -> None:
    """Attributes that were added since are lost, and shown as such."""
    there = {**SEED, "name": "Edited", "stripeProductId": "prod_1"}
    expected = Change(
        "course",
        "a",
        "replace",
        {"name": "Edited", "stripeProductId": "prod_1"},
        {"name": "A", "stripeProductId": None},
    )
    assert expected == plan_seed(SEED, there, replace=True)


def test_replace_of_the_same_is_nothing() -> None:
    """Numbers compare as numbers."""
    assert plan_seed(SEED, {**SEED, "price": Decimal("49.990")}, replace=True) is None


def test_seed_courses_are_the_real_ones() -> None:
    """Free and paid, announced, in both price conventions."""
    seeds = {str(item["courseId"]): item for item in read_seed_courses()}
    assert (Decimal("99.99"), Decimal("149.99"), True) == (
        seeds["TEST-COURSE-003"]["price"],
        seeds["TEST-COURSE-005"]["price"],
        seeds["spec-driven-dev-premium"]["comingSoon"],
    )
    assert all(item["PK"] == f"COURSE#{course_id}" and item["SK"] == "METADATA" for course_id, item in seeds.items())
