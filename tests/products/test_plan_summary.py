"""How a sync is counted: each course once, under its weightiest change."""

from dataclasses import replace

from learnermax_cli.planning.change import Change, Result, planned
from learnermax_cli.products.sync import category, summarize
from tests.products.catalogs import LINKED, OPTIONS, course, ours, plan, price, product


def test_summary_counts_courses_by_what_happens_to_them() -> None:
    """Each course counts once, under its weightiest change."""
    worlds = {
        "create": plan([course()]),
        "update": plan([course(**LINKED)], [product(name="Old")], [price()]),
        "replace": plan([course(**LINKED)], [product(name="Old")], [price(amount=2000)]),
        "link": plan([course()], [product()], [price()]),
        "archive": plan([], [product()], [price()], replace(OPTIONS, prune=True)),
    }
    assert {word: word for word in worlds} == {word: category(done.courses[0].changes) for word, done in worlds.items()}


def test_price_for_a_product_without_default_counts_as_update() -> None:
    """A product that gets a name and a first price is changed, not added."""
    assert "update" == category(plan([course(**LINKED)], [product(name="Old", default=None)]).changes)


def test_adoption_counts_as_update() -> None:
    """The product was there before."""
    named = course(stripeProductId="prod_1", stripePriceId="price_1")
    done = plan([named], [product("prod_1", {})], [price(metadata={}, product_id="prod_1")])
    assert "update" == category(done.changes)


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


def test_course_that_another_run_has_synced_counts_as_unchanged() -> None:
    """What is superseded does not count; a course with further changes than those planned counts by these."""
    done = plan([course(), course("b")])
    create, link = done.courses[0].changes
    further = Change("price", "a", "replace", reason="the course was changed while lmx ran")
    results = (
        Result(create, "superseded", "faster"),
        Result(link, "superseded", "faster"),
        Result(further, "applied"),
        *(Result(change, "superseded", "faster") for change in done.courses[1].changes),
    )
    counts = {"create": 0, "update": 0, "replace": 1, "archive": 0, "link": 0}
    assert {**counts, "unchanged": 1, "skipped": 0, "failed": 0} == summarize(done, results)


def test_summary_of_a_plan_counts_what_would_be_done() -> None:
    """A dry run counts every course, unchanged and skipped ones too."""
    done = plan(
        [course(), course("b", price=None), course("c", stripeProductId="prod_c", stripePriceId="price_c")],
        [product("prod_c", ours("c"), default="price_c")],
        [price("price_c", metadata=ours("c"), product_id="prod_c")],
    )
    counts = {"create": 1, "update": 0, "replace": 0, "archive": 0, "link": 0}
    assert {**counts, "unchanged": 1, "skipped": 1, "failed": 0} == summarize(done, planned(done.changes))
