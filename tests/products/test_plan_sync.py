"""Each kind of change that a sync plans, as whole values."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Change, Finding, Result, Skipped, planned
from learnermax_cli.products.model import ListedPrice, ListedProduct, SyncOptions, derived_product_id
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync
from learnermax_cli.products.sync import category, summarize
from tests.products.catalogs import OPTIONS, catalog, course, ours, price, product

LINKED = {"stripeProductId": "lmx_sandbox_a", "stripePriceId": "price_1"}
USD_4999 = {"amount": 4999, "currency": "usd"}
USD_2000 = {"amount": 2000, "currency": "usd"}
LINK = Change(
    "product",
    "a",
    "link",
    LINKED,
    {"stripeProductId": "lmx_sandbox_a", "price": USD_4999},
)


def plan(
    courses: Iterable[Course],
    products: Iterable[ListedProduct] = (),
    prices: Iterable[ListedPrice] = (),
    options: SyncOptions = OPTIONS,
) -> SyncPlan:
    """Return the plan of a small catalog."""
    return plan_sync(courses, catalog(products, prices), options)


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


def test_other_amount_replaces_the_price() -> None:
    """New price and default, then the write-back, and only then the old price goes."""
    old = {"stripePriceId": "price_1", "price": USD_2000}
    assert (
        Change("price", "a", "replace", old, {"price": USD_4999}),
        LINK,
        Change("price", "a", "archive", old, None),
    ) == plan([course(**LINKED)], [product()], [price(amount=2000)]).changes


def test_replacement_that_is_there_already_is_used() -> None:
    """After a run that died between new price and default no second one is created."""
    old = {"stripePriceId": "price_1", "price": USD_2000}
    done = plan([course(**LINKED)], [product()], [price(amount=2000), price("price_2", created=2)])
    assert (
        Change("price", "a", "replace", old, {"price": USD_4999}),
        LINK,
        Change("price", "a", "archive", old, None),
    ) == done.changes
    assert "price_2" == done.courses[0].price_id


def test_other_currency_replaces_the_price() -> None:
    """The amount alone does not make a price."""
    changes = plan([course(**LINKED, currency="eur")], [product()], [price()]).changes
    assert ["replace", "link", "archive"] == [change.action for change in changes]
    assert {"price": {"amount": 4999, "currency": "eur"}} == changes[0].after


def test_product_without_default_gets_a_price() -> None:
    """Nothing is replaced, so the price is created."""
    changes = plan([course(**LINKED)], [product(default=None)]).changes
    assert (Change("price", "a", "create", None, {"price": USD_4999}), LINK) == changes


def test_archived_default_is_as_none() -> None:
    """A default price that is not active sells nothing."""
    changes = plan([course(**LINKED)], [product(default="price_archived")]).changes
    assert (Change("price", "a", "create", None, {"price": USD_4999}), LINK) == changes


def test_stray_price_of_ours_is_archived() -> None:
    """One active price of ours remains."""
    stray = price("price_2", 2000, created=2)
    done = plan([course(**LINKED)], [product()], [price(), stray])
    assert (Change("price", "a", "archive", {"stripePriceId": "price_2", "price": USD_2000}, None),) == done.changes
    assert () == done.findings


def test_foreign_price_is_a_finding() -> None:
    """An active price that is not ours is reported and left alone."""
    foreign = price("price_2", 2000, {}, created=2)
    done = plan([course(**LINKED)], [product()], [price(), foreign])
    detail = "price_2 (20.00 usd) of lmx_sandbox_a is active and was not created by lmx: archive it"
    assert ((), (Finding("foreign price", "a", detail),)) == (done.changes, done.findings)


def test_recurring_foreign_price_is_a_finding_without_amount() -> None:
    """What is not a plain one-time amount is called that."""
    recurring = replace(price("price_2", metadata={}), money=None)
    done = plan([course(**LINKED)], [product()], [price(), recurring])
    detail = "price_2 (not a plain one-time amount) of lmx_sandbox_a is active and was not created by lmx: archive it"
    assert (Finding("foreign price", "a", detail),) == done.findings


def test_foreign_default_gives_way_and_is_reported() -> None:
    """The default becomes ours; the foreign price stays active."""
    foreign = price("price_x", 4999, {})
    done = plan([course(**LINKED)], [product(default="price_x")], [foreign])
    assert ["replace", "link"] == [change.action for change in done.changes]
    assert ["foreign price"] == [finding.kind for finding in done.findings]


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


def test_default_of_the_right_amount_is_kept_before_the_named_price() -> None:
    """Of several right prices of ours the default stays."""
    named = course(stripeProductId="lmx_sandbox_a", stripePriceId="price_2")
    done = plan([named], [product()], [price(), price("price_2", created=2)])
    assert [("product", "link"), ("price", "archive")] == [(c.kind, c.action) for c in done.changes]
    assert "price_1" == done.courses[0].price_id


def test_named_price_of_the_right_amount_is_kept_before_the_oldest() -> None:
    """Without a right default, the price that the course names becomes it."""
    named = course(stripeProductId="lmx_sandbox_a", stripePriceId="price_3")
    prices = [price(amount=2000), price("price_2", created=2), price("price_3", created=3)]
    done = plan([named], [product()], prices)
    assert "price_3" == done.courses[0].price_id
    assert ["replace", "archive", "archive"] == [change.action for change in done.changes]


def test_orphan_is_a_finding() -> None:
    """A product whose course is gone is reported with the flag that ends it."""
    done = plan([], [product()], [price()])
    detail = "lmx_sandbox_a is still active, but its course is gone: --prune makes it inactive"
    assert SyncPlan((), findings=(Finding("orphan product", "a", detail),), managed=1) == done


def test_prune_archives_the_orphan() -> None:
    """--prune makes it inactive."""
    before = {"product": "lmx_sandbox_a", "active": True}
    change = Change("product", "a", "archive", before, {**before, "active": False}, "its course is gone")
    done = plan([], [product()], [price()], replace(OPTIONS, prune=True))
    assert ((change,), ()) == (done.changes, done.findings)


def test_course_that_became_free_leaves_an_orphan() -> None:
    """No longer paid is a reason."""
    done = plan([course(**LINKED, pricingModel="free")], [product()], [price()], replace(OPTIONS, prune=True))
    assert ["its course is no longer paid"] == [change.reason for change in done.changes]


def test_coming_soon_course_with_a_product_is_skipped_and_reported() -> None:
    """It is not sold again before it is announced as such."""
    done = plan([course(**LINKED, comingSoon=True)], [product()], [price()])
    detail = "lmx_sandbox_a is still active, but its course is coming soon: --prune makes it inactive"
    assert (Skipped("course", "a", "coming soon", code="coming_soon"),) == done.skipped
    assert (Finding("orphan product", "a", detail),) == done.findings


def test_coming_soon_course_is_synced_when_asked_for() -> None:
    """With --include-coming-soon it is a course as any other."""
    done = plan([course(**LINKED, comingSoon=True)], [product()], [price()], replace(OPTIONS, include_coming_soon=True))
    assert SyncPlan((), unchanged=("a",), managed=1) == done


def test_orphan_of_another_course_is_left_alone() -> None:
    """--course with --prune makes no product inactive but that course's."""
    options = replace(OPTIONS, prune=True, only=frozenset({"a"}))
    done = plan([course(**LINKED)], [product(), product("lmx_sandbox_b", ours("b"))], [price()], options)
    assert SyncPlan((), unchanged=("a",), managed=2) == done


def test_archived_orphan_is_done_with() -> None:
    """What is inactive needs nothing."""
    assert SyncPlan(()) == plan([], [product(active=False)])


def test_invalid_course_keeps_its_product() -> None:
    """A flaw in the table is no reason to take a course off sale."""
    done = plan([course(**LINKED, price=None)], [product()], [price()], replace(OPTIONS, prune=True))
    assert ((), ("it has no price",)) == (done.changes, tuple(row.reason for row in done.skipped))


def test_contested_course_needs_attention_and_changes_nothing() -> None:
    """Two candidates are never guessed between."""
    done = plan([course()], [product("prod_1"), product("prod_2")])
    assert ((), ["needs attention"]) == (done.changes, [finding.kind for finding in done.findings])


def test_unknown_course_that_was_asked_for_blocks() -> None:
    """--course with a typo is not silently nothing."""
    done = plan([course()], options=replace(OPTIONS, only=frozenset({"b"})))
    row = Skipped("course", "b", "not found", blocking=True, code="invalid.unknown_course")
    assert (row,) == done.skipped


def test_deleted_course_can_be_pruned_by_name() -> None:
    """--course with --prune archives the product of a course that is gone."""
    done = plan([], [product()], [price()], replace(OPTIONS, prune=True, only=frozenset({"a"})))
    assert (["archive"], ()) == ([change.action for change in done.changes], done.skipped)


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


def test_summary_counts_courses_by_what_happens_to_them() -> None:
    """Each course counts once, under its weightiest change."""
    worlds = {
        "create": plan([course()]),
        "update": plan([course(**LINKED)], [product(name="Old")], [price()]),
        "replace": plan([course(**LINKED)], [product(name="Old")], [price(amount=2000)]),
        "link": plan([course()], [product()], [price()]),
        "archive": plan([], [product()], [price()], replace(OPTIONS, prune=True)),
    }
    assert {word: word for word in worlds} == {word: category(done.courses[0]) for word, done in worlds.items()}


def test_price_for_a_product_without_default_counts_as_update() -> None:
    """A product that gets a name and a first price is changed, not added."""
    assert "update" == category(plan([course(**LINKED)], [product(name="Old", default=None)]).courses[0])


def test_adoption_counts_as_update() -> None:
    """The product was there before."""
    named = course(stripeProductId="prod_1", stripePriceId="price_1")
    done = plan([named], [product("prod_1", {})], [price(metadata={}, product_id="prod_1")])
    assert "update" == category(done.courses[0])


def test_course_of_which_anything_failed_counts_as_failed() -> None:
    """A half done course is not counted as done; one that was not begun is not counted at all."""
    done = plan([course(), course("b"), course("c")])
    create, link = planned(done.courses[0].changes)
    results = (
        replace(create, outcome="applied"),
        Result(link.change, "failed", "gone"),
        *(Result(change, "applied") for change in done.courses[1].changes),
        *planned(done.courses[2].changes),
    )
    counts = {"create": 1, "update": 0, "replace": 0, "archive": 0, "link": 0}
    assert {**counts, "unchanged": 0, "skipped": 0, "failed": 1} == summarize(done, results)


def test_summary_of_a_plan_counts_what_would_be_done() -> None:
    """A dry run counts every course, unchanged and skipped ones too."""
    done = plan(
        [course(), course("b", price=None), course("c", stripeProductId="prod_c", stripePriceId="price_c")],
        [product("prod_c", ours("c"), default="price_c")],
        [price("price_c", metadata=ours("c"), product_id="prod_c")],
    )
    counts = {"create": 1, "update": 0, "replace": 0, "archive": 0, "link": 0}
    assert {**counts, "unchanged": 1, "skipped": 1, "failed": 0} == summarize(done, planned(done.changes))
