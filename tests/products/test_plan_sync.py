"""Each kind of change that a sync plans, as whole values."""

from dataclasses import replace
from decimal import Decimal

from learnermax_cli.planning.change import Change, Finding
from learnermax_cli.products.model import derived_product_id
from learnermax_cli.products.plan_sync import SyncPlan
from tests.products.catalogs import LINK, LINKED, USD_4999, course, ours, plan, price, product


def test_new_course_gets_a_product_and_a_link() -> None:
    """Product, price and default are one change, the write-back is the other."""
    create = Change(
        "product",
        "a",
        "create",
        None,
        {"product": "lmx_sandbox_a", "name": "Course A", "description": None, "images": [], "price": USD_4999},
    )
    unlinked = {"stripeProductId": None, "stripePriceId": None}
    assert (create, replace(LINK, before=unlinked)) == plan([course()]).changes


def test_course_whose_product_is_gone_gets_the_derived_one() -> None:
    """The reason says so."""
    changes = plan([course(stripeProductId="prod_gone")]).changes
    assert "prod_gone, named by the course, is gone at Stripe" == changes[0].reason
    assert {"stripeProductId": "prod_gone", "stripePriceId": None} == changes[1].before


def test_course_in_order_is_unchanged() -> None:
    """Nothing to do is no change and no finding."""
    done = plan([course(**LINKED)], [product()], [price()])
    assert SyncPlan((), unchanged=("a",), managed=1) == done


def test_free_course_is_no_business_of_ours() -> None:
    """It is neither planned nor counted."""
    assert SyncPlan(()) == plan([course(pricingModel="free", price=None)])


def test_missing_link_alone_is_written_back() -> None:
    """After a run that died before the write-back only that is left."""
    unlinked = {"stripeProductId": None, "stripePriceId": None}
    assert (replace(LINK, before=unlinked),) == plan([course()], [product()], [price()]).changes


def test_product_of_another_name_is_updated_in_the_named_fields_only() -> None:
    """Old and new stand side by side."""
    change = Change(
        "product",
        "a",
        "update",
        {"product": "lmx_sandbox_a", "name": "Old"},
        {"product": "lmx_sandbox_a", "name": "Course A"},
    )
    assert (change,) == plan([course(**LINKED)], [product(name="Old")], [price()]).changes


def test_every_field_of_a_product_is_compared() -> None:
    """Description, images, activity and the course id in the metadata."""
    listed = replace(
        product(active=False), description="Old", images=("https://example.com/old.png",), metadata=ours("")
    )
    listed = replace(listed, metadata={k: v for k, v in listed.metadata.items() if k != "courseId"})
    wanted = course(**LINKED, description="New", imageUrl="https://example.com/a.png")
    (change,) = plan([wanted], [listed], [price()]).changes
    assert {
        "product": "lmx_sandbox_a",
        "description": "Old",
        "images": ["https://example.com/old.png"],
        "active": False,
        "courseId": None,
    } == change.before
    assert {
        "product": "lmx_sandbox_a",
        "description": "New",
        "images": ["https://example.com/a.png"],
        "active": True,
        "courseId": "a",
    } == change.after


def test_empty_description_at_stripe_is_none() -> None:
    """An empty text and none are the same."""
    assert () == plan([course(**LINKED)], [replace(product(), description="")], [price()]).changes


def test_handmade_product_and_price_are_adopted() -> None:
    """The price first: a crash in between must leave it recognisable as the product's own."""
    named = course(stripeProductId="prod_1", stripePriceId="price_1")
    old = {"stripePriceId": "price_1", "price": USD_4999, "managedBy": None}
    done = plan([named], [product("prod_1", {})], [price(metadata={}, product_id="prod_1")])
    assert (
        Change("price", "a", "adopt", old, {**old, "managedBy": "lmx"}, "made by hand"),
        Change(
            "product",
            "a",
            "adopt",
            {"product": "prod_1", "courseId": None, "managedBy": None},
            {"product": "prod_1", "courseId": "a", "managedBy": "lmx"},
            "made by hand, named by the course",
        ),
    ) == done.changes
    assert () == done.findings


def test_adopted_price_of_another_amount_is_replaced() -> None:
    """It is adopted first, so that it may be archived."""
    named = course(stripeProductId="prod_1", stripePriceId="price_1")
    done = plan([named], [product("prod_1", {})], [price(amount=2000, metadata={}, product_id="prod_1")])
    assert [
        ("price", "adopt"),
        ("product", "adopt"),
        ("price", "replace"),
        ("product", "link"),
        ("price", "archive"),
    ] == [(change.kind, change.action) for change in done.changes]


def test_further_prices_of_an_adopted_product_stay_foreign() -> None:
    """Only the default price is adopted."""
    named = course(stripeProductId="prod_1", stripePriceId="price_1")
    prices = [price(metadata={}, product_id="prod_1"), price("price_2", 2000, {}, product_id="prod_1", created=2)]
    done = plan([named], [product("prod_1", {})], prices)
    assert ["adopt", "adopt"] == [change.action for change in done.changes]
    detail = "price_2 (20.00 usd) of prod_1 is active and was not created by lmx: archive it"
    assert (Finding("foreign price", "a", detail),) == done.findings


def test_price_that_stripe_has_passes_the_suspicion_in_a_plan() -> None:
    """The default price of the product found is what the suspicion compares with."""
    listed = course(**LINKED, price=Decimal(4999))
    assert ("a",) == plan([listed], [product()], [price(amount=499_900)]).unchanged
    assert ("guard.price",) == tuple(row.code for row in plan([listed], [product()], [price()]).skipped)


def test_derived_ids_are_apart() -> None:
    """Different courses never share a product id, whatever their ids look like."""
    odd = ["a", "A", "a b", "a#b", "ä", "h-a", "a" * 101, "a" * 102, "h-" + "0" * 40]
    ids = [derived_product_id("preview", course_id) for course_id in odd]
    assert len(odd) == len(set(ids))
    assert "lmx_preview_TEST-COURSE-003" == derived_product_id("preview", "TEST-COURSE-003")
    assert all(id_.isascii() and " " not in id_ and "#" not in id_ for id_ in ids)
