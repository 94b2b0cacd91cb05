"""Products and prices that were made by hand, and what a price takes over from the one that it replaces."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.kills import only_writes
from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT
from tests.running import Sandbox

HAND_MADE = "prod_made_by_hand"
FOREIGN = {"campaign": "spring", "seats": "20"}
EXTRAS = ("Gold", "gold", "exclusive", FOREIGN)
LEFT = ("Gold", None, "exclusive", FOREIGN)
NOTHING: dict[str, str] = {}
PLAIN = (None, None, "unspecified", NOTHING)
USD_9999 = {"amount": 9999, "currency": "usd"}
TAKEN = {
    "tax_behavior": "exclusive",
    "nickname": "Gold",
    "lookup_key": "gold",
    "metadata": FOREIGN,
}


def _bare(sandbox: Sandbox, amount: int = 9999) -> str:
    """Put a course in place that names a product and a price of the API, without default price; return the price id."""
    worlds.make_bare_product(sandbox, HAND_MADE)
    price_id = worlds.add_price(sandbox, HAND_MADE, amount)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=price_id)
    return price_id


def _require_nothing_to_do(sandbox: Sandbox, exit_code: int = 0) -> None:
    with only_writes(sandbox):
        assert exit_code == worlds.sync(sandbox, "--exit-code").exit_code


def test_named_price_of_a_product_without_default_is_adopted(sandbox: Sandbox) -> None:
    """It becomes the default, no second price is made, the course keeps its ids, and nothing is left to do."""
    price_id = _bare(sandbox)
    worlds.decorate_price(sandbox, price_id)
    with only_writes(sandbox, "POST /v1/prices/{id}", "POST /v1/products/{id}"):
        ran = worlds.sync(sandbox)
    before = {"stripePriceId": price_id, "price": USD_9999, "managedBy": None}
    hand_made = {"product": HAND_MADE, "courseId": None, "default_price": None, "managedBy": None}
    adopted = {"product": HAND_MADE, "courseId": COURSE, "default_price": price_id, "managedBy": "lmx"}
    assert [
        ("adopt", "price", before, {**before, "managedBy": "lmx"}),
        ("adopt", "product", hand_made, adopted),
    ] == [(c["action"], c["kind"], c["before"], c["after"]) for c in ran.changes]
    assert (0, [], 1) == (ran.exit_code, ran.findings, ran.report["summary"]["update"])
    assert [(9999, True, *EXTRAS)] == worlds.read_extras(sandbox, HAND_MADE)
    assert price_id == sandbox.stripe().v1.products.retrieve(HAND_MADE).default_price
    assert (HAND_MADE, price_id) == tuple(worlds.read_course(sandbox, COURSE)[n] for n in worlds.LINKS)
    _require_nothing_to_do(sandbox)


def test_dry_run_shows_what_the_run_does(sandbox: Sandbox) -> None:
    """The same changes and digest, and no write."""
    worlds.decorate_price(sandbox, _bare(sandbox, 7999))
    with only_writes(sandbox):
        dry = worlds.sync(sandbox, "--dry-run")
    ran = worlds.sync(sandbox)
    assert (dry.changes, dry.report["digest"]) == (ran.changes, ran.report["digest"])
    assert {"applied"} == {outcome for *_, outcome in ran.outcomes}


def test_named_price_of_another_amount_is_adopted_and_replaced(sandbox: Sandbox) -> None:
    """The new price has all that the adopted one had, which becomes inactive."""
    price_id = _bare(sandbox, 7999)
    worlds.decorate_price(sandbox, price_id)
    ran = worlds.sync(sandbox)
    assert [
        (COURSE, "adopt", "price", "applied"),
        (COURSE, "adopt", "product", "applied"),
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "applied"),
        (COURSE, "archive", "price", "applied"),
    ] == ran.outcomes
    assert {"price": USD_9999, "takes_over": TAKEN} == ran.changes[2]["after"]
    assert [(7999, False, *LEFT), (9999, True, *EXTRAS)] == worlds.read_extras(sandbox, HAND_MADE)
    _require_nothing_to_do(sandbox)


def _inactive(sandbox: Sandbox) -> str:
    price_id = worlds.add_price(sandbox, HAND_MADE, 9999)
    sandbox.stripe().v1.prices.update(price_id, {"active": False})
    return price_id


def _of_another_product(sandbox: Sandbox) -> str:
    return worlds.make_product(sandbox, "prod_other", "other", 9999, None)


def _of_another_environment(sandbox: Sandbox) -> str:
    return worlds.add_price(sandbox, HAND_MADE, 9999, worlds.marker(COURSE, "prod"))


def _of_another_tool(sandbox: Sandbox) -> str:
    return worlds.add_price(sandbox, HAND_MADE, 9999, {"managedBy": "terraform"})


@pytest.mark.parametrize(
    ("named", "foreign"),
    [
        (_inactive, 0),
        (_of_another_product, 0),
        (_of_another_environment, 1),
        (_of_another_tool, 1),
        (lambda _: "price_gone", 0),
    ],
    ids=["inactive", "other product", "other environment", "other tool", "gone"],
)
@pytest.mark.parametrize("with_default", [True, False], ids=["default", "no default"])
def test_named_price_that_cannot_be_adopted(
    sandbox: Sandbox, named: Callable[[Sandbox], str], foreign: int, with_default: bool
) -> None:
    """It is left as it is; the default price is adopted, and without one a price is made."""
    if with_default:
        default = worlds.make_product(sandbox, HAND_MADE, COURSE, 9999, None)
    else:
        worlds.make_bare_product(sandbox, HAND_MADE)
    price_id = named(sandbox)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=price_id)
    before = None if price_id == "price_gone" else sandbox.stripe().v1.prices.retrieve(price_id).to_dict()
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)] * foreign) == (ran.exit_code, ran.findings)
    first = ("adopt", "price") if with_default else ("adopt", "product")
    assert first == (ran.changes[0]["action"], ran.changes[0]["kind"])
    linked = worlds.read_course(sandbox, COURSE)["stripePriceId"]
    assert price_id != linked
    assert not with_default or default == linked
    assert linked == sandbox.stripe().v1.products.retrieve(HAND_MADE).default_price
    assert before is None or before == sandbox.stripe().v1.prices.retrieve(price_id).to_dict()
    _require_nothing_to_do(sandbox, 8 if foreign else 0)


@pytest.mark.parametrize(
    "params",
    [
        {"currency": "eur", "unit_amount": 9999},
        {"currency": "usd", "unit_amount": 9999, "recurring": {"interval": "month"}},
        {"currency": "usd", "custom_unit_amount": {"enabled": True}},
        {"currency": "usd", "unit_amount": 9999, "transform_quantity": {"divide_by": 10, "round": "down"}},
        {
            "currency": "usd",
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "recurring": {"interval": "month"},
            "tiers": [{"up_to": "inf", "unit_amount": 9999}],
        },
    ],
    ids=["other currency", "recurring", "customer chooses", "packages", "tiers"],
)
def test_named_price_that_is_not_the_courses_is_replaced(sandbox: Sandbox, params: dict[str, object]) -> None:
    """What is no plain one-time amount in the course's currency is adopted and gives way like another amount."""
    worlds.make_bare_product(sandbox, HAND_MADE)
    price_id = sandbox.stripe().v1.prices.create({"product": HAND_MADE, "nickname": "Gold", **params}).id  # type: ignore[typeddict-item]
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=price_id)
    ran = worlds.sync(sandbox)
    assert (0, ["adopt", "adopt", "replace", "link", "archive"]) == (ran.exit_code, [c["action"] for c in ran.changes])
    assert {"nickname": "Gold"} == ran.changes[2]["after"]["takes_over"]
    worlds.require_sold_for(sandbox, 9999, product_id=HAND_MADE)
    _require_nothing_to_do(sandbox)


def test_named_price_goes_before_the_default(sandbox: Sandbox) -> None:
    """The price that a person named becomes the default; the former default stays active, and is a finding."""
    default = worlds.make_product(sandbox, HAND_MADE, COURSE, 9999, None)
    named = worlds.add_price(sandbox, HAND_MADE, 9999)
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=named)
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)]) == (ran.exit_code, ran.findings)
    assert named == sandbox.stripe().v1.products.retrieve(HAND_MADE).default_price
    assert (True, {}) == (
        sandbox.stripe().v1.prices.retrieve(default).active,
        sandbox.stripe().v1.prices.retrieve(default).metadata.to_dict(),
    )
    _require_nothing_to_do(sandbox, 8)


def test_unit_mistake_is_seen_against_the_named_price(sandbox: Sandbox) -> None:
    """A tenth of the price that is adopted is refused, and nothing is written."""
    _bare(sandbox, 99999)
    with only_writes(sandbox):
        ran = worlds.sync(sandbox)
    assert (1, ["guard.price"]) == (ran.exit_code, [row["code"] for row in ran.report["skipped"]])


def test_two_syncs_adopt_once(sandbox: Sandbox) -> None:
    """Two syncs at the same first write end with one price, all that it had, and nothing left to do."""
    worlds.decorate_price(sandbox, _bare(sandbox, 7999))
    sandbox.control.add_fault("hold", operation="POST /v1/prices/{id}", times=2)
    first, second = (sandbox.start("products", "sync", "--yes") for _ in range(2))
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    first.communicate(timeout=60)
    second.communicate(timeout=60)
    assert (0, 0) == (first.returncode, second.returncode)
    assert [(7999, False, *LEFT), (9999, True, *EXTRAS)] == worlds.read_extras(sandbox, HAND_MADE)
    _require_nothing_to_do(sandbox)


def test_plan_file_holds_what_is_taken_over(sandbox: Sandbox) -> None:
    """A nickname set after the plan was saved is not in it: the plan is refused; a fresh one goes through."""
    price_id = worlds.synced_course(sandbox)
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    path = str(sandbox.cwd / "plan.json")
    assert 0 == worlds.sync(sandbox, "--dry-run", "--save-plan", path).exit_code
    sandbox.stripe().v1.prices.update(price_id, {"nickname": "Gold"})
    with only_writes(sandbox):
        assert 5 == worlds.sync(sandbox, "--plan", path).exit_code
    assert 0 == worlds.sync(sandbox, "--dry-run", "--save-plan", path).exit_code
    assert 0 == worlds.sync(sandbox, "--plan", path).exit_code
    unset = ("Gold", None, "unspecified", NOTHING)
    assert [(14999, True, *unset), (9999, False, *unset)] == worlds.read_extras(sandbox, PRODUCT)


def test_new_price_takes_over_all_that_is_not_ours(sandbox: Sandbox) -> None:
    """From price to price and back the lookup key sells the present one, and the plan shows it."""
    worlds.decorate_price(sandbox, worlds.synced_course(sandbox))
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    shown = sandbox.run("products", "sync", "--dry-run").stdout
    assert "takes_over: tax_behavior exclusive, nickname Gold, lookup_key gold, metadata campaign spring" in shown
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.edit_course(sandbox, COURSE, price=Decimal("99.99"))
    assert 0 == worlds.sync(sandbox).exit_code
    assert [
        (14999, False, *LEFT),
        (9999, False, *LEFT),
        (9999, True, *EXTRAS),
    ] == worlds.read_extras(sandbox, PRODUCT)
    _require_nothing_to_do(sandbox)


def test_foreign_default_keeps_what_it_has(sandbox: Sandbox) -> None:
    """A price of others that gives way as default loses nothing, not even its lookup key."""
    worlds.synced_course(sandbox)
    foreign = worlds.add_price(sandbox, PRODUCT, 14999)
    worlds.decorate_price(sandbox, foreign)
    sandbox.stripe().v1.products.update(PRODUCT, {"default_price": foreign})
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)]) == (ran.exit_code, ran.findings)
    assert [
        (14999, True, *PLAIN),
        (14999, True, *EXTRAS),
        (9999, False, *PLAIN),
    ] == sorted(worlds.read_extras(sandbox, PRODUCT), key=lambda row: (not row[1], row[2] or ""))


def test_lookup_key_on_a_price_that_leaves_is_brought_to_the_one_that_stays(sandbox: Sandbox) -> None:
    """As another run may have left it: the key does not end on a price that sells nothing."""
    kept = worlds.synced_course(sandbox)
    stray = worlds.add_price(sandbox, PRODUCT, 5000, worlds.marker(COURSE))
    worlds.decorate_price(sandbox, stray)
    ran = worlds.sync(sandbox)
    before = {"stripePriceId": kept, "price": USD_9999}
    assert ("update", before, {**before, "takes_over": {"lookup_key": "gold"}}) == tuple(
        ran.changes[0][name] for name in ("action", "before", "after")
    )
    assert [(5000, False, *LEFT), (9999, True, None, "gold", "unspecified", {})] == worlds.read_extras(sandbox, PRODUCT)
    _require_nothing_to_do(sandbox)


def test_two_syncs_of_different_prices_leave_the_lookup_key_on_the_present_one(sandbox: Sandbox) -> None:
    """Whichever price was made last and took the key, it ends where the course is sold."""
    worlds.decorate_price(sandbox, worlds.synced_course(sandbox))
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("hold", operation="POST /v1/prices", times=2)
    stale = sandbox.start("products", "sync", "--yes")
    sandbox.control.wait_held(timeout=60)
    worlds.edit_course(sandbox, COURSE, price=Decimal("199.99"))
    fresh = sandbox.start("products", "sync", "--yes")
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    stale.communicate(timeout=60)
    fresh.communicate(timeout=60)
    assert (0, 0) == (stale.returncode, fresh.returncode)
    # Which of the two asks Stripe again first is chance: a run that finds no price of the new amount makes one, too.
    prices = worlds.read_extras(sandbox, PRODUCT)
    assert [(19999, True, *EXTRAS)] == [price for price in prices if price[1]]
    assert [] == [price for price in prices if not price[1] and price[2:] != LEFT]
    _require_nothing_to_do(sandbox)
