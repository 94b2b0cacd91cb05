"""Prices that go back and forth within a day, while Stripe still replays what it answered under old keys."""

from decimal import Decimal

import pytest

from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT, marker
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

A, B = "99.99", "149.99"


@pytest.mark.parametrize("prices", [(A, B, A), (A, B, A, B), (A, B, A, B, A)], ids=["ABA", "ABAB", "ABABA"])
def test_last_price_holds(sandbox: Sandbox, prices: tuple[str, ...]) -> None:
    """However often a price has been the price before, the course ends with one active price of the right amount."""
    worlds.put_course(sandbox, COURSE, prices[0])
    for price in prices:
        worlds.edit_course(sandbox, COURSE, price=Decimal(price))
        assert 0 == worlds.sync(sandbox).exit_code
        worlds.require_sold_for(sandbox, int(Decimal(price) * 100))
    _require_nothing_to_do(sandbox)


def test_replayed_answer_is_not_believed(sandbox: Sandbox) -> None:
    """A price made by a killed run and then archived by hand is created again, though Stripe replays the old answer."""
    worlds.synced_course(sandbox, price=A)
    worlds.edit_course(sandbox, COURSE, price=Decimal(B))
    sandbox.control.add_fault("hold", operation="POST /v1/prices", when="after")
    process = sandbox.start("products", "sync", "--yes")
    sandbox.control.wait_held(timeout=60)
    process.kill()
    process.wait()
    sandbox.control.release()
    made = sandbox.stripe().v1.prices.list({"product": PRODUCT, "active": True}).data[0]
    assert 14999 == made.unit_amount
    sandbox.stripe().v1.prices.update(made.id, {"active": False})
    before = last_entry(sandbox)
    assert 0 == worlds.sync(sandbox).exit_code
    assert any(entry["replayed"] for entry in sandbox.control.journal(before))
    worlds.require_sold_for(sandbox, 14999)
    _require_nothing_to_do(sandbox)


def test_default_changed_by_hand_on_the_way_back(sandbox: Sandbox) -> None:
    """From A to B and back to A, a foreign price made the default in between: ours is the default again."""
    worlds.put_course(sandbox, COURSE, A)
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.edit_course(sandbox, COURSE, price=Decimal(B))
    assert 0 == worlds.sync(sandbox).exit_code
    foreign = worlds.add_price(sandbox, PRODUCT, 9999)
    sandbox.stripe().v1.products.update(PRODUCT, {"default_price": foreign})
    worlds.edit_course(sandbox, COURSE, price=Decimal(A))
    ran = worlds.sync(sandbox)
    assert (0, [("foreign price", COURSE)]) == (ran.exit_code, ran.findings)
    assert [(9999, "usd", False, {}), (9999, "usd", True, marker(COURSE))] == _prices(sandbox)
    sandbox.stripe().v1.prices.update(foreign, {"active": False})
    worlds.require_sold_for(sandbox, 9999)
    _require_nothing_to_do(sandbox)


def test_wanted_price_archived_by_hand_on_the_way_back(sandbox: Sandbox) -> None:
    """From A to B to A, where the price of A was archived by hand under another default: it is created again."""
    worlds.put_course(sandbox, COURSE, A)
    for price in (A, B, A):
        worlds.edit_course(sandbox, COURSE, price=Decimal(price))
        assert 0 == worlds.sync(sandbox).exit_code
    ours = str(sandbox.stripe().v1.products.retrieve(PRODUCT).default_price)
    foreign = worlds.add_price(sandbox, PRODUCT, 5000)
    sandbox.stripe().v1.products.update(PRODUCT, {"default_price": foreign})
    sandbox.stripe().v1.prices.update(ours, {"active": False})
    assert 0 == worlds.sync(sandbox).exit_code
    assert [(5000, "usd", False, {}), (9999, "usd", True, marker(COURSE))] == _prices(sandbox)
    _require_nothing_to_do(sandbox)


def _prices(sandbox: Sandbox) -> object:
    return worlds.read_products(sandbox)[PRODUCT]["prices"]


def _require_nothing_to_do(sandbox: Sandbox) -> None:
    before = last_entry(sandbox)
    assert 0 == worlds.sync(sandbox).exit_code
    assert [] == writes_since(sandbox, before)
