"""A sync that is killed, or loses an answer, at each of its writes ends, once run again, like one that was not."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as combinations
from typing import Any

import pytest

from tests import kills
from tests.kills import DAY_AND_MORE, LATER, MOMENTS, kill_at, losing, only_writes, point_id, points
from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT
from tests.running import Sandbox
from tests.sampling import sampled

CREATE_PRODUCT = "POST /v1/products"
UPDATE_PRODUCT = "POST /v1/products/{id}"
CREATE_PRICE = "POST /v1/prices"
UPDATE_PRICE = "POST /v1/prices/{id}"
WRITE_BACK = "UpdateItem"
HAND_MADE = "prod_made_by_hand"


@dataclass(frozen=True, slots=True)
class Scenario(kills.Scenario):
    """A world, the writes of an undisturbed run in it, and the prices that it ends with."""

    ends: dict[str, tuple[bool, list[int]]] = field(default_factory=dict)
    """Per product: whether it is active, and the amounts of its active prices."""


def _create(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, COURSE, "99.99")


def _reprice(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))


def _named_by_hand(amount: int) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        price_id = worlds.make_product(sandbox, HAND_MADE, COURSE, amount, None)
        worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=price_id)

    return build


def _decorated(sandbox: Sandbox) -> None:
    worlds.decorate_price(sandbox, worlds.synced_course(sandbox, price="99.99"))
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))


def _bare(amount: int) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        worlds.make_bare_product(sandbox, HAND_MADE)
        price_id = worlds.add_price(sandbox, HAND_MADE, amount)
        worlds.decorate_price(sandbox, price_id)
        worlds.put_course(sandbox, COURSE, "99.99", stripeProductId=HAND_MADE, stripePriceId=price_id)

    return build


def _right_price_is_there(sandbox: Sandbox) -> None:
    _decorated(sandbox)
    worlds.add_price(sandbox, PRODUCT, 14999, worlds.marker(COURSE))


def _no_longer_paid(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox)
    worlds.edit_course(sandbox, COURSE, pricingModel="free")


def _archived_by_hand(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox)
    sandbox.stripe().v1.products.update(PRODUCT, {"active": False})


def _product_gone(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, COURSE, "99.99", stripeProductId="prod_gone", stripePriceId="price_gone")


REPRICE = (CREATE_PRICE, UPDATE_PRODUCT, WRITE_BACK, UPDATE_PRICE)
ADOPT = (UPDATE_PRICE, UPDATE_PRODUCT)
TAKE_OVER = (UPDATE_PRICE, UPDATE_PRODUCT, WRITE_BACK, UPDATE_PRICE)
SCENARIOS = (
    Scenario("create", _create, (CREATE_PRODUCT, WRITE_BACK), ends={PRODUCT: (True, [9999])}),
    Scenario("reprice", _reprice, REPRICE, ends={PRODUCT: (True, [14999])}),
    Scenario("adopt", _named_by_hand(9999), ADOPT, ends={HAND_MADE: (True, [9999])}),
    Scenario("adopt-wrong-price", _named_by_hand(7999), ADOPT + REPRICE, ends={HAND_MADE: (True, [9999])}),
    Scenario("reprice-all", _decorated, REPRICE, ends={PRODUCT: (True, [14999])}),
    Scenario("reprice-there", _right_price_is_there, TAKE_OVER, ends={PRODUCT: (True, [14999])}),
    Scenario("adopt-bare", _bare(9999), ADOPT, ends={HAND_MADE: (True, [9999])}),
    Scenario("adopt-bare-wrong-price", _bare(7999), ADOPT + REPRICE, ends={HAND_MADE: (True, [9999])}),
    Scenario("make-inactive", _no_longer_paid, (UPDATE_PRODUCT,), ("--prune",), {PRODUCT: (False, [9999])}),
    Scenario("reactivate", _archived_by_hand, (UPDATE_PRODUCT,), ends={PRODUCT: (True, [9999])}),
    Scenario("product-gone", _product_gone, (CREATE_PRODUCT, WRITE_BACK), ends={PRODUCT: (True, [9999])}),
)
POINTS = points(SCENARIOS)
LOSSES = ("dropped-before", "dropped-after", "500-before", "500-stored-after")
KILLS = list(combinations(POINTS, MOMENTS, LATER))
LOST = list(combinations(POINTS, LOSSES))
SYNC = ("products", "sync", "--yes", "-o", "json")
Point = tuple[Scenario, int]

_clean: dict[str, dict[str, Any]] = {}


def test_points_are_every_write_of_every_kind() -> None:
    """The matrix holds each of the five kinds of write, and each write of each scenario at both moments and times."""
    writes = [scenario.writes[index] for scenario, index in POINTS]
    assert {CREATE_PRODUCT, UPDATE_PRODUCT, CREATE_PRICE, UPDATE_PRICE, WRITE_BACK} == set(writes)
    assert 4 * sum(len(scenario.writes) for scenario in SCENARIOS) == len(KILLS)
    assert 4 * sum(len(scenario.writes) for scenario in SCENARIOS) == len(LOST)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at, and the run ends as it should."""
    scenario.build(sandbox)
    with only_writes(sandbox, *scenario.writes):
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    state = worlds.read_state(sandbox)
    ends = {name: (p["active"], [price[0] for price in p["prices"]]) for name, p in state["products"].items()}
    assert scenario.ends == ends
    assert all(is_default for p in state["products"].values() for _, _, is_default, _ in p["prices"])
    assert {COURSE: (*scenario.ends, True)} == {c: (v["product"], v["linked"]) for c, v in state["courses"].items()}


@pytest.mark.parametrize("case", sampled(KILLS, one_in=23, in_ci=5), ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str, str]) -> None:
    """After a SIGKILL before or after any write, the same command ends in the state of one clean run."""
    point, when, later = case
    scenario = point[0]
    clean = _clean_state(sandbox, scenario)
    scenario.build(sandbox)
    kill_at(sandbox, point, when, (*SYNC, *scenario.args))
    sandbox.control.advance_clock(LATER[later])
    assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert clean == worlds.read_state(sandbox)
    with only_writes(sandbox):
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code


@pytest.mark.parametrize("case", sampled(LOST, one_in=23, in_ci=5), ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself; another, then and a day later, writes nothing."""
    point, loss = case
    scenario = point[0]
    clean = _clean_state(sandbox, scenario)
    scenario.build(sandbox)
    with losing(sandbox, point, loss):
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert clean == worlds.read_state(sandbox)
    sandbox.control.advance_clock(DAY_AND_MORE)
    with only_writes(sandbox):
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert clean == worlds.read_state(sandbox)


def _clean_state(sandbox: Sandbox, scenario: Scenario) -> dict[str, Any]:
    """Return the state after an undisturbed run, and leave the sandbox empty."""
    if scenario.name not in _clean:
        scenario.build(sandbox)
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
        _clean[scenario.name] = worlds.read_state(sandbox)
        sandbox.control.reset()
    return _clean[scenario.name]
