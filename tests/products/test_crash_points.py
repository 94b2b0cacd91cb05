"""A sync that is killed, or loses an answer, at each of its writes ends, once run again, like one that was not."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from itertools import product as combinations
from typing import Any

import pytest

from tests.products import worlds
from tests.products.worlds import COURSE, DAY_AND_MORE, PRODUCT
from tests.running import Sandbox

CREATE_PRODUCT = "POST /v1/products"
UPDATE_PRODUCT = "POST /v1/products/{id}"
CREATE_PRICE = "POST /v1/prices"
UPDATE_PRICE = "POST /v1/prices/{id}"
WRITE_BACK = "UpdateItem"
HAND_MADE = "prod_made_by_hand"


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, the command to run in it, the writes of an undisturbed run, and the prices that it ends with."""

    name: str
    build: Callable[[Sandbox], object]
    writes: tuple[str, ...]
    ends: dict[str, tuple[bool, list[int]]]
    """Per product: whether it is active, and the amounts of its active prices."""
    args: tuple[str, ...] = ()


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
SCENARIOS = (
    Scenario("create", _create, (CREATE_PRODUCT, WRITE_BACK), {PRODUCT: (True, [9999])}),
    Scenario("reprice", _reprice, REPRICE, {PRODUCT: (True, [14999])}),
    Scenario("adopt", _named_by_hand(9999), ADOPT, {HAND_MADE: (True, [9999])}),
    Scenario("adopt-wrong-price", _named_by_hand(7999), ADOPT + REPRICE, {HAND_MADE: (True, [9999])}),
    Scenario("make-inactive", _no_longer_paid, (UPDATE_PRODUCT,), {PRODUCT: (False, [9999])}, ("--prune",)),
    Scenario("reactivate", _archived_by_hand, (UPDATE_PRODUCT,), {PRODUCT: (True, [9999])}),
    Scenario("product-gone", _product_gone, (CREATE_PRODUCT, WRITE_BACK), {PRODUCT: (True, [9999])}),
)
POINTS = [(scenario, index) for scenario in SCENARIOS for index in range(len(scenario.writes))]
MOMENTS = ("before", "after")
LOSSES: dict[str, dict[str, Any]] = {
    "dropped-before": {"kind": "drop", "when": "before"},
    "dropped-after": {"kind": "drop", "when": "after"},
    "500-before": {"kind": "error", "when": "before"},
    "500-stored-after": {"kind": "error", "when": "after", "stored": True},
}
KILLS = list(combinations(POINTS, MOMENTS, (0.0, DAY_AND_MORE)))
LOST = list(combinations(POINTS, LOSSES))

SYNC = ("products", "sync", "--yes", "-o", "json")

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
    before = worlds.last_entry(sandbox)
    assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert list(scenario.writes) == worlds.writes_since(sandbox, before)
    state = worlds.read_state(sandbox)
    ends = {name: (p["active"], [price[0] for price in p["prices"]]) for name, p in state["products"].items()}
    assert scenario.ends == ends
    assert all(is_default for p in state["products"].values() for _, _, is_default, _ in p["prices"])
    assert {COURSE: (*scenario.ends, True)} == {c: (v["product"], v["linked"]) for c, v in state["courses"].items()}


def _kill_id(case: Any) -> str:
    (scenario, index), when, later = case
    return f"{scenario.name}-{index}-{when}-{'next-day' if later else 'at-once'}"


@pytest.mark.parametrize("case", KILLS, ids=_kill_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str, float]) -> None:
    """After a SIGKILL before or after any write, the same command ends in the state of one clean run."""
    (scenario, index), when, later = case
    clean = _clean_state(sandbox, scenario)
    scenario.build(sandbox)
    before = worlds.last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start(*SYNC, *scenario.args)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    assert -signal.SIGKILL == process.wait()
    sandbox.control.release()
    _require_hit(sandbox, before, scenario, index)
    assert list(scenario.writes[: index + 1]) == worlds.writes_since(sandbox, before)
    sandbox.control.advance_clock(later)
    assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert clean == worlds.read_state(sandbox)
    _require_nothing_to_do(sandbox, scenario)


@pytest.mark.parametrize("case", LOST, ids=lambda case: f"{case[0][0].name}-{case[0][1]}-{case[1]}")
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]) -> None:
    """A run that loses a request or an answer ends well by itself; another, then and a day later, writes nothing."""
    (scenario, index), loss = case
    clean = _clean_state(sandbox, scenario)
    scenario.build(sandbox)
    before = worlds.last_entry(sandbox)
    sandbox.control.add_fault(writes_only=True, skip=index, **LOSSES[loss])
    assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    _require_hit(sandbox, before, scenario, index)
    assert clean == worlds.read_state(sandbox)
    sandbox.control.advance_clock(DAY_AND_MORE)
    _require_nothing_to_do(sandbox, scenario)
    assert clean == worlds.read_state(sandbox)


def _clean_state(sandbox: Sandbox, scenario: Scenario) -> dict[str, Any]:
    """Return the state after an undisturbed run, and leave the sandbox empty."""
    if scenario.name not in _clean:
        scenario.build(sandbox)
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
        _clean[scenario.name] = worlds.read_state(sandbox)
        sandbox.control.reset()
    return _clean[scenario.name]


def _require_hit(sandbox: Sandbox, before: int, scenario: Scenario, index: int) -> None:
    hit = [entry["operation"] for entry in sandbox.control.journal(before) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit


def _require_nothing_to_do(sandbox: Sandbox, scenario: Scenario) -> None:
    before = worlds.last_entry(sandbox)
    assert 0 == worlds.sync(sandbox, *scenario.args).exit_code
    assert [] == worlds.writes_since(sandbox, before)
