"""What a course is at Stripe, and each reason for which it cannot be sold."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import Course, DesiredProduct, PriceRules
from learnermax_cli.courses.price import Sale, plan_sale
from learnermax_cli.planning.change import Skipped
from tests.products.catalogs import course

RULES = PriceRules()
FIX = ": lmx courses set-price a PRICE"


def reason(listed: Course, rules: PriceRules = RULES, current: Money | None = None) -> str:
    """Return why a course is refused; it must be."""
    refused = plan_sale(listed, rules, current)
    assert isinstance(refused, Skipped)
    assert refused.blocking
    return refused.reason


def money(listed: Course, rules: PriceRules = RULES, current: Money | None = None) -> Money:
    """Return what a course is sold for; it must be."""
    wanted = plan_sale(listed, rules, current)
    assert isinstance(wanted, Sale)
    return wanted.product.money


def test_course_in_order_wants_a_product() -> None:
    """Name, description, image and price are the course's own, blanks around them removed."""
    listed = course(name=" Course A ", description="Text", imageUrl="https://example.com/a.png")
    product = DesiredProduct("a", "Course A", "Text", ("https://example.com/a.png",), Money(4999, "usd"))
    assert Sale(product) == plan_sale(listed, RULES, None)


@pytest.mark.parametrize(
    ("attributes", "why"),
    [
        ({"price": None}, "it has no price" + FIX),
        ({"price": "49.99"}, "its price is not a number but the text '49.99'" + FIX),
        ({"price": True}, "its price is not a number but the bool True" + FIX),
        ({"price": Decimal("-49.99")}, "its price -49.99 is not positive" + FIX),
        ({"price": Decimal(0)}, "its price 0 is not positive" + FIX),
        ({"price": Decimal("49.999")}, "49.999 has more decimals than usd allows (2 in major units)" + FIX),
        ({"price": Decimal("0.49")}, "its price 0.49 usd is below Stripe's minimum of 0.50 usd" + FIX),
        ({"price": Decimal("1000000")}, "its price 1,000,000.00 usd is above Stripe's maximum of 999,999.99 usd" + FIX),
        (
            {"price": Decimal("49.99"), "currency": "dollars"},
            "its currency 'dollars' is not a three-letter code: fix it in the course's item",
        ),
        (
            {"price": Decimal("49.99"), "currency": "äöü"},
            "its currency 'äöü' is not a three-letter code: fix it in the course's item",
        ),
        (
            {"price": Decimal("49.99"), "currency": 7},
            "its currency 7 is not a three-letter code: fix it in the course's item",
        ),
        ({"price": Decimal("49.99"), "priceUnit": "cents"}, "its priceUnit 'cents' is neither major nor minor" + FIX),
        ({"name": None}, "it has no name"),
        ({"name": " \t\n"}, "it has no name"),
        ({"name": 7}, "it has no name"),
        ({"name": "n" * 5001}, "its name has 5,001 characters; Stripe's limit is 5,000"),
        ({"description": "d" * 40_001}, "its description has 40,001 characters; Stripe's limit is 40,000"),
    ],
)
def test_invalid_course_is_refused_with_the_reason(attributes: dict[str, Any], why: str) -> None:
    """Each flaw has its own words."""
    assert why == reason(course(**attributes))


def test_course_id_that_metadata_cannot_hold_is_refused() -> None:
    """Stripe's metadata values have 500 characters at most."""
    assert "its id has 501 characters; Stripe's limit for metadata is 500" == reason(course("a" * 501))


def test_price_of_38_digits_is_refused_and_not_rounded() -> None:
    """The whole number is shown."""
    digits = Decimal("9" * 36 + ".99")
    shown = "999,999,999,999,999,999,999,999,999,999,999,999.99 usd"
    assert f"its price {shown} is above Stripe's maximum of 999,999.99 usd{FIX}" == reason(course(price=digits))


def test_endless_text_for_a_price_is_cut() -> None:
    """A reason stays readable whatever is in the table."""
    assert 200 > len(reason(course(price="9" * 100_000)))


def test_whole_number_that_may_be_minor_is_refused_with_both_readings() -> None:
    """4999 could be $4,999.00 or $49.99; the reason names every remedy."""
    expected = (
        "ambiguous price 4999: 4,999.00 usd or 49.99 usd? "
        "Run lmx courses set-price a 49.99, or give products sync --price-unit minor or --allow-price a"
    )
    assert expected == reason(course(price=Decimal(4999)))


def test_remedy_for_two_likely_readings_names_both() -> None:
    """119 is more likely $119.00 than $1.19: a remedy with one of them, once pasted, would have decided."""
    expected = (
        "ambiguous price 119: 119.00 usd or 1.19 usd? Run lmx courses set-price a 119.00 "
        "or lmx courses set-price a 1.19, "
        "or give products sync --price-unit major, --price-unit minor or --allow-price a"
    )
    assert expected == reason(course(price=Decimal(119)))


def test_both_units_of_a_currency_without_decimals_are_the_same() -> None:
    """5000 yen are 5000 yen in either unit: with a maximum stated, as for any such currency, it goes through."""
    yen = course(price=Decimal(5000), currency="jpy")
    assert Money(5000, "jpy") == money(yen, replace(RULES, max_price=Decimal(10_000)))
    expected = "its price 5,000 jpy has no known maximum in jpy: give products sync --max-price 5000 or --allow-price a"
    assert expected == reason(yen)


@pytest.mark.parametrize("currency", ["kwd", "isk"])
def test_other_currencies_with_two_units_stay_suspicious(currency: str) -> None:
    """Three decimals, and Stripe's two decimals for a currency that has none, leave two readings."""
    rules = replace(RULES, max_price=Decimal(10_000))
    assert "ambiguous price" in reason(course(price=Decimal(5000), currency=currency), rules)


@pytest.mark.parametrize("price", ["100", "100.00", "1E+2", "999"])
def test_suspicion_starts_at_100(price: str) -> None:
    """Whole numbers from 100 on are suspicious however they are written."""
    assert "ambiguous price" in reason(course(price=Decimal(price)))


@pytest.mark.parametrize(("price", "amount"), [("99", 9900), ("99.00", 9900), ("100.50", 10_050), ("149.99", 14_999)])
def test_small_or_broken_numbers_are_not_suspicious(price: str, amount: int) -> None:
    """Below 100, or with cents, major units are what is meant."""
    assert Money(amount, "usd") == money(course(price=Decimal(price)))


@pytest.mark.parametrize(
    ("listed", "rules", "amount"),
    [
        (course(price=Decimal(199), priceUnit="major"), RULES, 19_900),
        (course(price=Decimal(4999), priceUnit="minor"), RULES, 4999),
        (course(price=Decimal(199)), replace(RULES, unit="major"), 19_900),
        (course(price=Decimal(4999)), replace(RULES, unit="minor"), 4999),
        (course(price=Decimal(199)), replace(RULES, allowed=frozenset({"a"})), 19_900),
    ],
)
def test_stated_unit_or_permission_lifts_the_suspicion(listed: Course, rules: PriceRules, amount: int) -> None:
    """The course's priceUnit, --price-unit and --allow-price each settle it."""
    assert Money(amount, "usd") == money(listed, rules)


def test_permission_for_another_course_lifts_nothing() -> None:
    """--allow-price is for the course that it names."""
    assert "ambiguous price" in reason(course(price=Decimal(4999)), replace(RULES, allowed=frozenset({"b"})))


@pytest.mark.parametrize("price", ["0.50", "999999.99"])
def test_stripes_smallest_and_largest_price_can_be_sold(price: str) -> None:
    """The limits themselves are not beyond them."""
    rules = PriceRules(max_price=Decimal(10**6))
    assert Money(int(Decimal(price) * 100), "usd") == money(course(price=Decimal(price)), rules)


def test_change_of_currency_is_no_change_by_a_factor() -> None:
    """Amounts of different currencies are not compared."""
    assert Money(4999, "usd") == money(course(), current=Money(499, "jpy"))


def test_price_that_stripe_has_needs_no_second_look() -> None:
    """What is sold already was meant: no suspicion, no maximum."""
    assert Money(499_900, "usd") == money(course(price=Decimal(4999)), current=Money(499_900, "usd"))


def test_price_that_stripe_has_in_another_currency_is_still_suspicious() -> None:
    """The same digits in another currency are another price."""
    assert "ambiguous price" in reason(course(price=Decimal(4999)), current=Money(499_900, "eur"))


def test_courses_unit_wins_over_the_option() -> None:
    """`priceUnit` on the course goes before --price-unit."""
    assert Money(4999, "usd") == money(course(price=Decimal(4999), priceUnit="minor"), replace(RULES, unit="major"))


def test_courses_currency_wins_over_the_option() -> None:
    """`currency` on the course goes before --currency."""
    assert Money(4999, "eur") == money(course(currency=" EUR "), replace(RULES, currency="gbp"))


def test_option_names_the_currency_of_courses_that_name_none() -> None:
    """--currency is for the others."""
    assert Money(4999, "gbp") == money(course(), replace(RULES, currency="gbp"))


@pytest.mark.parametrize("currency", ["usd", "eur", "gbp"])
def test_price_above_the_default_maximum_is_refused(currency: str) -> None:
    """1000 is the most in usd, eur and gbp; the remedies are named."""
    expected = (
        f"its price 1,000.01 {currency} is above the maximum of 1000 {currency}: "
        "give products sync --max-price 1000.01 or --allow-price a"
    )
    assert expected == reason(course(price=Decimal("1000.01"), currency=currency))


def test_price_at_the_maximum_passes() -> None:
    """Above means above."""
    assert Money(100_000, "usd") == money(course(price=Decimal(1000), priceUnit="major"))


def test_stated_maximum_replaces_the_default() -> None:
    """--max-price counts in major units, both ways."""
    assert Money(150_000, "usd") == money(
        course(price=Decimal(1500), priceUnit="major"), replace(RULES, max_price=Decimal(1500))
    )
    assert "above the maximum of 20 usd" in reason(course(), replace(RULES, max_price=Decimal(20)))


def test_other_currency_must_state_a_maximum() -> None:
    """Nobody knows what is usual in sek."""
    expected = (
        "its price 49.99 sek has no known maximum in sek: give products sync --max-price 49.99 or --allow-price a"
    )
    assert expected == reason(course(currency="sek"))
    assert Money(4999, "sek") == money(course(currency="sek"), replace(RULES, max_price=Decimal(100)))


@pytest.mark.parametrize(
    ("price", "current", "shown"),
    [("49.99", 49_990, "from 499.90 usd to 49.99 usd"), ("499.90", 4999, "from 49.99 usd to 499.90 usd")],
)
def test_change_by_a_factor_of_ten_is_refused_both_ways(price: str, current: int, shown: str) -> None:
    """Ten times more or less is a misplaced decimal point until it is allowed."""
    change = f"its price would change {shown}, by a factor of 10 or more"
    assert f"{change}: fix the price, or give products sync --allow-price a" == reason(
        course(price=Decimal(price)), current=Money(current, "usd")
    )


def test_change_below_a_factor_of_ten_passes() -> None:
    """9.99 times is a price change."""
    assert Money(49_989, "usd") == money(course(price=Decimal("499.89")), current=Money(4999, "usd"))


def test_allowed_price_may_change_by_a_factor_of_ten() -> None:
    """--allow-price lets it through."""
    rules = replace(RULES, allowed=frozenset({"a"}))
    assert Money(49_990, "usd") == money(course(price=Decimal("499.90")), rules, Money(4999, "usd"))


def test_permission_does_not_make_an_invalid_price_valid() -> None:
    """--allow-price is about suspicion only."""
    rules = replace(RULES, allowed=frozenset({"a"}))
    assert "its price -1 is not positive" + FIX == reason(course(price=Decimal(-1)), rules)


@pytest.mark.parametrize(
    "url",
    [
        "/images/a.png",
        "images/a.png",
        "//example.com/a.png",
        "ftp://example.com/a.png",
        "https://",
        "https://[bad/a.png",
        "https://example.com/a b.png",
        "javascript:alert(1)",
        "https://example.com/" + "a" * 2048,
    ],
)
def test_image_that_is_not_absolute_is_left_out_with_a_warning(url: str) -> None:
    """The product goes through without its image."""
    wanted = plan_sale(course(imageUrl=url), RULES)
    assert isinstance(wanted, Sale)
    assert () == wanted.product.images
    assert ("its image URL is not absolute, so the product has no image",) == wanted.warnings


def test_course_without_image_warns_of_nothing() -> None:
    """A blank URL is no URL."""
    wanted = plan_sale(course(imageUrl="  "), RULES, None)
    assert isinstance(wanted, Sale)
    assert ((), ()) == (wanted.product.images, wanted.warnings)
