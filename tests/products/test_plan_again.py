"""What is left of a course's plan after others changed the course, its product or its prices. Pure."""

from dataclasses import replace
from decimal import Decimal

import pytest

from learnermax_cli.courses.model import Course
from learnermax_cli.products.model import Catalog
from learnermax_cli.products.plan_sync import Again, plan_again
from tests.products.catalogs import LINKED, OPTIONS, catalog, course, ours, plan, price, product

FASTER = "another run was faster, or it is no longer needed"
NEW = plan([course()]).courses[0]
MADE = catalog([product()], [price()])
PRODUCT = "lmx_sandbox_a"
ORPHAN = PRODUCT + " is still active, but its course is {}"


@pytest.mark.parametrize(
    ("courses", "there", "expected"),
    [
        ([course(**LINKED)], MADE, Again(None, FASTER)),
        ([course(**LINKED, comingSoon=True)], MADE, Again(None, "coming soon", unsold=True)),
        ([], catalog(), Again(None, "not found", unsold=True)),
        ([], MADE, Again(None, ORPHAN.format("gone"), unsold=True)),
        ([course(pricingModel="free")], MADE, Again(None, ORPHAN.format("no longer paid"), unsold=True)),
        ([course(price=None)], MADE, Again(None, "it has no price: lmx courses set-price a PRICE", refused=True)),
        (
            [course()],
            catalog([product(), product("prod_2")]),
            Again(
                None,
                f"two products match this course ({PRODUCT}, prod_2): archive one in the Dashboard, "
                "or fix its metadata",
                refused=True,
            ),
        ),
    ],
    ids=["done", "coming-soon", "gone", "gone-made", "free", "no-price", "two-products"],
)
def test_nothing_is_left(courses: list[Course], there: Catalog, expected: Again) -> None:
    """The reason says whether another run did it, a person must look first, or the course is not sold any more."""
    assert expected == plan_again(NEW, courses, there, OPTIONS)


def test_rest_is_what_a_plan_of_this_course_alone_has() -> None:
    """What another run has left open, and what an edit made necessary, in a catalog with other courses."""
    others = [course("b"), course(price=Decimal("20.00"), **LINKED)]
    again = plan_again(NEW, others, MADE, OPTIONS)
    assert plan([others[1]], [product()], [price()]).courses[0] == again.plan


def test_product_that_is_to_be_archived() -> None:
    """With --prune each product of a course that is gone has a plan of its own."""
    there = catalog([product(), product("prod_2", ours())])
    plans = plan([], there.products.values(), options=replace(OPTIONS, prune=True)).courses
    assert list(plans) == [plan_again(each, [], there, replace(OPTIONS, prune=True)).plan for each in plans]


@pytest.mark.parametrize(
    ("again", "bad"),
    [
        (Again(NEW), (False, False)),
        (Again(None), (False, False)),
        (Again(None, unsold=True), (False, True)),
        (Again(None, refused=True), (True, True)),
    ],
    ids=["left", "done", "unsold", "refused"],
)
def test_when_a_course_cannot_be_left_as_it_is(again: Again, bad: tuple[bool, bool]) -> None:
    """Refused rows never can; a course that is not sold any more can, unless this run has written something for it."""
    assert bad == (again.ends_badly(wrote=False), again.ends_badly(wrote=True))


def test_product_whose_default_price_is_not_listed_contradicts_the_prices() -> None:
    """One without a default price, one with a listed one and one that is not there do not."""
    listed = catalog([product(), product("prod_2", default="price_gone"), product("prod_3", default=None)], [price()])
    ids = ("lmx_sandbox_a", "prod_2", "prod_3", "prod_4")
    assert [False, True, False, False] == [listed.contradicts_itself(product_id) for product_id in ids]


def test_products_that_were_read_again_take_the_place_of_the_former() -> None:
    """One that is gone takes its prices along; all others stay."""
    former = catalog(
        [product(), product("prod_2"), product("prod_3")], [price(), price("price_2", product_id="prod_2")]
    )
    read = catalog([product(name="New")], [price("price_3")])
    expected = catalog([product("prod_3"), product(name="New")], [price("price_3")])
    assert expected == former.replaced(("lmx_sandbox_a", "prod_2"), read)
