"""Products without a course that is sold, and courses that a sync leaves out, as whole values."""

from dataclasses import replace

from learnermax_cli.planning.change import Change, Finding, Skipped
from learnermax_cli.products.plan_sync import SyncPlan
from tests.products.catalogs import LINKED, OPTIONS, course, ours, plan, price, product

PRUNE = "lmx products sync --course a --prune"


def test_orphan_is_a_finding() -> None:
    """A product whose course is gone is reported with the command that ends it."""
    done = plan([], [product()], [price()])
    detail = "lmx_sandbox_a is still active, but its course is gone"
    assert SyncPlan((), findings=(Finding("orphan product", "a", detail, PRUNE),), managed=1) == done


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
    detail = "lmx_sandbox_a is still active, but its course is coming soon"
    assert (Skipped("course", "a", "coming soon", code="coming_soon"),) == done.skipped
    assert (Finding("orphan product", "a", detail, PRUNE),) == done.findings


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
    assert ((), ("it has no price: lmx courses set-price a PRICE",)) == (
        done.changes,
        tuple(row.reason for row in done.skipped),
    )


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
