"""What people change in the Dashboard or the table between two runs: restored where it is ours, else a finding."""

from decimal import Decimal

from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT, marker
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

OTHER = "TEST-COURSE-005"
ATTENTION = [("needs attention", COURSE)]


def test_product_archived_by_hand_is_sold_again(sandbox: Sandbox) -> None:
    """A product made inactive in the dashboard is made active, since its course is still sold."""
    worlds.synced_course(sandbox)
    sandbox.stripe().v1.products.update(PRODUCT, {"active": False})
    ran = worlds.sync(sandbox)
    assert (0, [(COURSE, "update", "product", "applied")]) == (ran.exit_code, ran.outcomes)
    worlds.require_sold_for(sandbox, 9999)


def test_deleted_product_is_made_anew(sandbox: Sandbox) -> None:
    """A product without prices, named by the course and then deleted, gives way to one with the derived id."""
    sandbox.stripe().v1.products.create({"id": "prod_by_hand", "name": "Course"})
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_by_hand")
    sandbox.stripe().v1.products.delete("prod_by_hand")
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 9999)


def test_product_that_never_was_gives_way_to_the_derived_one(sandbox: Sandbox) -> None:
    """A course that names a product nobody has is linked to the one with the derived id, and the plan says why."""
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_nowhere", stripePriceId="price_nowhere")
    ran = worlds.sync(sandbox)
    assert 0 == ran.exit_code
    assert "prod_nowhere, named by the course, is gone at Stripe" == ran.changes[0]["reason"]
    worlds.require_sold_for(sandbox, 9999)


def test_derived_product_is_linked_to_a_course_that_names_none(sandbox: Sandbox) -> None:
    """A course that lost its ids is linked again to the product that has its derived id."""
    worlds.make_product(sandbox, PRODUCT, COURSE, 9999, marker(COURSE))
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = worlds.sync(sandbox)
    assert (0, [(COURSE, "link", "product", "applied")]) == (ran.exit_code, ran.outcomes)
    worlds.require_sold_for(sandbox, 9999)


def test_product_is_found_by_its_metadata(sandbox: Sandbox) -> None:
    """An active product of another id that carries our marker for the course is the course's product."""
    worlds.make_product(sandbox, "prod_ours", COURSE, 9999, marker(COURSE))
    worlds.put_course(sandbox, COURSE, "99.99")
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 9999, product_id="prod_ours")


def test_default_price_changed_by_hand_is_ours_again(sandbox: Sandbox) -> None:
    """A foreign price that was made the default is the default no longer; it stays active, as a finding."""
    worlds.synced_course(sandbox)
    foreign = worlds.add_price(sandbox, PRODUCT, 5000)
    sandbox.stripe().v1.products.update(PRODUCT, {"default_price": foreign})
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)]) == (ran.exit_code, ran.findings)
    assert [(COURSE, "replace", "price", "applied")] == ran.outcomes
    assert [(5000, "usd", False, {}), *worlds.only_price(9999)] == worlds.read_products(sandbox)[PRODUCT]["prices"]


def test_own_price_archived_by_hand_is_made_anew(sandbox: Sandbox) -> None:
    """With a foreign default and our price archived, a new price of ours becomes the default and is linked."""
    ours = worlds.synced_course(sandbox)
    foreign = worlds.add_price(sandbox, PRODUCT, 9999)
    sandbox.stripe().v1.products.update(PRODUCT, {"default_price": foreign})
    sandbox.stripe().v1.prices.update(ours, {"active": False})
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)]) == (ran.exit_code, ran.findings)
    assert [(9999, "usd", False, {}), *worlds.only_price(9999)] == worlds.read_products(sandbox)[PRODUCT]["prices"]
    assert worlds.read_state(sandbox)["courses"][COURSE]["linked"]


def test_second_price_of_ours_is_archived(sandbox: Sandbox) -> None:
    """Of two active prices of ours, both with the right amount, the default stays and the other becomes inactive."""
    worlds.synced_course(sandbox)
    worlds.add_price(sandbox, PRODUCT, 9999, marker(COURSE))
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 9999)


def test_product_that_lost_its_metadata_is_adopted_again(sandbox: Sandbox) -> None:
    """A product of ours whose metadata was removed is marked again as long as its course names it."""
    worlds.synced_course(sandbox)
    _remove_marker(sandbox, PRODUCT)
    ran = worlds.sync(sandbox)
    assert (0, [(COURSE, "adopt", "product", "applied")]) == (ran.exit_code, ran.outcomes)
    assert marker(COURSE) == worlds.read_products(sandbox)[PRODUCT]["metadata"]
    worlds.require_sold_for(sandbox, 9999)


def test_unmarked_product_that_nobody_names_needs_attention(sandbox: Sandbox) -> None:
    """A product with the derived id, without metadata and not named by the course, is not adopted."""
    worlds.make_product(sandbox, PRODUCT, COURSE, 9999, None)
    worlds.put_course(sandbox, COURSE, "99.99")
    _require_left_alone(sandbox, ATTENTION)


def test_two_products_of_one_course_need_attention(sandbox: Sandbox) -> None:
    """Two active products that claim one course are reported, and neither is touched."""
    worlds.synced_course(sandbox)
    worlds.make_product(sandbox, "prod_second", COURSE, 9999, marker(COURSE))
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    _require_left_alone(sandbox, ATTENTION)


def test_two_courses_of_one_unmarked_product_need_attention(sandbox: Sandbox) -> None:
    """A product made by hand that two courses name is adopted for neither."""
    worlds.make_product(sandbox, "prod_by_hand", COURSE, 9999, None)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_by_hand")
    worlds.put_course(sandbox, OTHER, "99.99", stripeProductId="prod_by_hand")
    _require_left_alone(sandbox, [*ATTENTION, ("needs attention", OTHER)])


def test_course_option_does_not_hide_a_rival(sandbox: Sandbox) -> None:
    """--course of one of two courses that name a product made by hand adopts it no more than a whole sync does."""
    worlds.make_product(sandbox, "prod_by_hand", COURSE, 9999, None)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_by_hand")
    worlds.put_course(sandbox, OTHER, "99.99", stripeProductId="prod_by_hand")
    before = worlds.read_state(sandbox)
    ran = worlds.sync(sandbox, "--course", COURSE)
    assert (0, ATTENTION) == (ran.exit_code, ran.findings)
    assert before == worlds.read_state(sandbox)


def test_course_that_names_the_product_of_another_needs_attention(sandbox: Sandbox) -> None:
    """A product keeps to the course of its metadata; the other course that names it is reported."""
    worlds.synced_course(sandbox, OTHER)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=f"lmx_sandbox_{OTHER}")
    _require_left_alone(sandbox, ATTENTION)


def test_product_of_another_environment_needs_attention(sandbox: Sandbox) -> None:
    """A product marked for prod is not touched by a sandbox run, even though the course names it."""
    worlds.make_product(sandbox, "prod_of_prod", COURSE, 7999, marker(COURSE, "prod"))
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_of_prod")
    _require_left_alone(sandbox, ATTENTION)


def test_products_of_another_environment_are_not_orphans(sandbox: Sandbox) -> None:
    """A product marked for prod whose course is unknown here is no finding, and --prune leaves it alone."""
    worlds.make_product(sandbox, "lmx_prod_elsewhere", "elsewhere", 7999, marker("elsewhere", "prod"))
    before = last_entry(sandbox)
    ran = worlds.sync(sandbox, "--prune")
    assert (0, [], []) == (ran.exit_code, ran.findings, ran.changes)
    assert [] == writes_since(sandbox, before)


def test_orphan_is_reported_and_left(sandbox: Sandbox) -> None:
    """Without --prune a product whose course is gone is a finding, and stays active."""
    worlds.make_product(sandbox, "lmx_sandbox_gone", "gone", 7999, marker("gone"))
    before = last_entry(sandbox)
    ran = worlds.sync(sandbox)
    assert (0, [("orphan product", "gone")]) == (ran.exit_code, ran.findings)
    assert [] == writes_since(sandbox, before)


def _remove_marker(sandbox: Sandbox, product_id: str) -> None:
    emptied = dict.fromkeys(marker(COURSE), "")
    sandbox.stripe().v1.products.update(product_id, {"metadata": emptied})


def _require_left_alone(sandbox: Sandbox, findings: list[tuple[str, str]]) -> None:
    """Run a sync with one more course to do: it goes through, and nothing else is changed."""
    before = worlds.read_state(sandbox)
    worlds.put_course(sandbox, "goes-through", "19.99")
    ran = worlds.sync(sandbox)
    assert (0, findings) == (ran.exit_code, ran.findings)
    worlds.require_sold_for(sandbox, 1999, "goes-through", "lmx_sandbox_goes-through")
    after = worlds.read_state(sandbox)
    del after["courses"]["goes-through"], after["products"]["lmx_sandbox_goes-through"]
    del after["extras"]["lmx_sandbox_goes-through"]
    assert before == after
