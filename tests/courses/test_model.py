"""A course reads its attributes with care, since anything may stand in the table."""

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


@pytest.mark.parametrize(("value", "soon"), [(True, True), (False, False), (None, False), ("true", False), (1, False)])
def test_only_true_is_coming_soon(value: object, soon: bool) -> None:
    """The site writes a boolean."""
    assert soon == Course("a", {"comingSoon": value}).coming_soon


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
