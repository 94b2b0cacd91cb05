"""Two syncs, each stopped at any of its requests while the other goes on: one state in the end, without a third run."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import product as combinations
from typing import Any

import pytest

from tests.kills import only_writes
from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT, Ran
from tests.running import Sandbox
from tests.sampling import sampled
from tests.started import Started

Point = tuple[str, int]
"""An operation, and how many of its kind come before it in the run."""
SCAN_SEGMENTS = 4
READS: tuple[Point, ...] = (
    ("Scan", 0),
    ("GET /v1/products", 0),
    ("GET /v1/prices", 0),
    ("GET /v1/payment_links", 0),
    ("GetItem", 0),
)
CREATE: tuple[Point, ...] = (("POST /v1/products", 0), ("UpdateItem", 0))
RENAME: tuple[Point, ...] = (("POST /v1/products/{id}", 0), ("GetItem", 1))
REPRICE: tuple[Point, ...] = (
    ("POST /v1/prices", 0),
    ("POST /v1/products/{id}", 0),
    ("UpdateItem", 0),
    ("POST /v1/prices/{id}", 0),
    ("GetItem", 1),
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, the requests of an undisturbed run in it, an edit before the second run begins, and the end."""

    name: str
    build: Callable[[Sandbox], object]
    points: tuple[Point, ...]
    amount: int | None
    """What the course is sold for in the end, None when it is not sold."""
    edit: dict[str, Any] = field(default_factory=dict)
    args: tuple[str, ...] = ()


def _new(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, COURSE, "99.99")


def _repriced(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))


def _renamed(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, name="Second name")


def _no_longer_paid(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox, price="99.99", pricingModel="free")


SCENARIOS = (
    Scenario("new", _new, READS + CREATE, 9999),
    Scenario("repriced", _repriced, READS + REPRICE, 14999),
    Scenario("new-edited", _new, READS + CREATE, 14999, {"price": Decimal("149.99")}),
    Scenario("new-renamed", _new, READS + CREATE, 9999, {"name": "Second name"}),
    Scenario("repriced-again", _repriced, READS + REPRICE, 19999, {"price": Decimal("199.99")}),
    Scenario("repriced-back", _repriced, READS + REPRICE, 9999, {"price": Decimal("99.99")}),
    Scenario("repriced-renamed", _repriced, READS + REPRICE, 14999, {"name": "Second name"}),
    Scenario("renamed-again", _renamed, READS + RENAME, 9999, {"name": "Third name"}),
    Scenario("paid-again", _no_longer_paid, READS + RENAME, 9999, {"pricingModel": "paid"}, ("--prune",)),
    Scenario("withdrawn", _repriced, READS + REPRICE, None, {"pricingModel": "free"}, ("--prune",)),
)
CASES = [
    (scenario, first, second)
    for scenario in SCENARIOS
    for first, second in combinations(scenario.points, (*scenario.points, None))
]


def _case_id(case: Any) -> str:
    scenario, *points = case
    return "-".join([scenario.name, *("end" if point is None else f"{point[0]}-{point[1]}" for point in points)])


@pytest.mark.parametrize("case", sampled(CASES, one_in=97, in_ci=47), ids=_case_id)
def test_two_syncs_end_in_one_state(sandbox: Sandbox, case: tuple[Scenario, Point, Point | None]) -> None:
    """The first waits after a request until the second has come to one of its own, or to its end; then both go on."""
    scenario, first_point, second_point = case
    scenario.build(sandbox)
    first, fault = _paused(sandbox, scenario, first_point)
    if scenario.edit:
        worlds.edit_course(sandbox, COURSE, **scenario.edit)
    second = _start(sandbox, scenario) if second_point is None else _paused(sandbox, scenario, second_point)[0]
    if second_point is None:
        second.wait(60)
    sandbox.control.clear_faults()
    sandbox.control.release(fault)
    stale = _end(first)
    sandbox.control.release()
    fresh = _end(second)
    _require_true(stale, edited=bool(scenario.edit))
    _require_true(fresh, edited=False)
    product = sandbox.stripe().v1.products.retrieve(PRODUCT)
    if scenario.amount is None:
        assert not product.active
    else:
        worlds.require_sold_for(sandbox, scenario.amount)
        assert worlds.read_course(sandbox, COURSE)["name"] == product.name
    with only_writes(sandbox):
        assert 0 == worlds.sync(sandbox, *scenario.args).exit_code


def _paused(sandbox: Sandbox, scenario: Scenario, point: Point) -> tuple[Started, str]:
    """Start a sync and wait until its request is answered but has not got the answer; or to its end without one."""
    operation, skip = point
    before, held = sandbox.control.held(), SCAN_SEGMENTS if operation == "Scan" else 1
    fault = sandbox.control.add_fault("pause", operation=operation, skip=skip, times=held, when="after")
    process = _start(sandbox, scenario)
    deadline = time.monotonic() + 60
    while sandbox.control.held() < before + held and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return process, fault


def _start(sandbox: Sandbox, scenario: Scenario) -> Started:
    return sandbox.start("products", "sync", "--yes", "-o", "json", *scenario.args)


def _end(process: Started) -> Ran:
    stdout, stderr = process.communicate(timeout=60)
    return worlds.Ran.read(process.returncode, stdout, stderr)


def _require_true(ran: Ran, *, edited: bool) -> None:
    """Assert that a run ended well, or, planned before an edit, failed before it wrote anything."""
    outcomes = {outcome for *_, outcome in ran.outcomes}
    if ran.exit_code == 0:
        assert outcomes <= {"applied", "superseded"}
        return
    assert edited
    assert (1, True) == (ran.exit_code, outcomes <= {"failed", "planned"})
    failed = [change["error"] for change in ran.report["changes"] if change["outcome"] == "failed"]
    assert [f"course {COURSE} was changed while lmx ran, so nothing was written to it"] == failed
