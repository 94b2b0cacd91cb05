"""A course reads its attributes with care, since anything may stand in the table."""

from decimal import Decimal

import pytest

from learnermax_cli.courses.model import Course


@pytest.mark.parametrize(
    ("value", "text"), [(" A ", "A"), ("", None), ("  ", None), (None, None), (7, None), (["A"], None), (True, None)]
)
def test_text_is_a_text_that_is_not_blank(value: object, text: str | None) -> None:
    """Anything else is none."""
    assert text == Course("a", {"name": value}).text("name")


@pytest.mark.parametrize(
    ("model", "paid"), [("paid", True), ("free", False), ("PAID", False), (None, False), ("bundle", False)]
)
def test_only_paid_is_paid(model: object, paid: bool) -> None:
    """More pricing models are to come."""
    assert paid == Course("a", {"pricingModel": model}).paid


@pytest.mark.parametrize("value", [True, "true", "false", " ", Decimal(1), Decimal("1E+38"), [], {}, {"no"}, b""])
def test_what_javascript_takes_as_true_is_coming_soon(value: object) -> None:
    """The site, which is written in it, asks for no more."""
    assert Course("a", {"comingSoon": value}).coming_soon


@pytest.mark.parametrize("value", [False, None, "", Decimal(0), Decimal("-0")])
def test_what_javascript_takes_as_false_is_not_coming_soon(value: object) -> None:
    """An attribute that is null, too."""
    assert not Course("a", {"comingSoon": value}).coming_soon


@pytest.mark.parametrize(
    ("model", "known"), [("paid", "paid"), ("free", "free"), ("Paid", None), ("paid ", None), (None, None), (7, None)]
)
def test_pricing_model_is_one_of_two_words(model: object, known: str | None) -> None:
    """Nothing is guessed from another."""
    assert known == Course("a", {"pricingModel": model}).pricing_model


def test_absent_attributes_are_none() -> None:
    """An empty item is a course of nothing."""
    bare = Course("a", {})
    assert (None, None, None, False, False) == (
        bare.text("name"),
        bare.product_id,
        bare.price_id,
        bare.paid,
        bare.coming_soon,
    )
