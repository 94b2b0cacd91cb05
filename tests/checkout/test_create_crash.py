"""A checkout that is killed, or loses an answer, at each of its writes leaves one session to pay, once run again."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import pytest

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, CREATE_SESSION, ENV, EXPIRE_SESSION, PUT, UPDATE, USER
from tests.running import Sandbox

DAY_AND_MORE = 25 * 3600.0
COMMAND = ("checkout", "create", COURSE, "--user", USER)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, the options of the run, and the writes of an undisturbed one."""

    name: str
    build: Callable[[Sandbox], object]
    args: tuple[str, ...]
    writes: tuple[str, ...]


def _former_session(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    worlds.created(sandbox)


def _expired_session(sandbox: Sandbox) -> None:
    _former_session(sandbox)
    sandbox.control.advance_clock(DAY_AND_MORE)


SCENARIOS = (
    Scenario("first", worlds.on_sale, (), (PUT, CREATE_SESSION, UPDATE)),
    Scenario("other-form", _former_session, ("--ui", "embedded"), (EXPIRE_SESSION, UPDATE, CREATE_SESSION, UPDATE)),
    Scenario("after-expiry", _expired_session, (), (UPDATE, CREATE_SESSION, UPDATE)),
)
POINTS = [(scenario, index) for scenario in SCENARIOS for index in range(len(scenario.writes))]
LOSSES: dict[str, dict[str, Any]] = {
    "dropped-before": {"kind": "drop", "when": "before"},
    "dropped-after": {"kind": "drop", "when": "after"},
    "500-before": {"kind": "error", "when": "before"},
    "500-stored-after": {"kind": "error", "when": "after", "stored": True},
    "500-stored-before": {"kind": "error", "when": "before", "stored": True},
}
KILLS = list(combinations(POINTS, ("before", "after"), (0.0, DAY_AND_MORE)))
LOST = [
    (point, loss)
    for point, loss in combinations(POINTS, LOSSES)
    if "stored" not in loss or point[0].writes[point[1]].startswith("POST")  # DynamoDB keeps no answers
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at."""
    scenario.build(sandbox)
    before = worlds.last_entry(sandbox)
    worlds.created(sandbox, *scenario.args)
    assert list(scenario.writes) == worlds.writes_since(sandbox, before)


def _kill_id(case: Any) -> str:
    (scenario, index), when, later = case
    return f"{scenario.name}-{index}-{when}-{'next-day' if later else 'at-once'}"


@pytest.mark.parametrize("case", KILLS, ids=_kill_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str, float]) -> None:
    """After a SIGKILL before or after any write, at once or a day later, the same command leaves one session to pay."""
    (scenario, index), when, later = case
    scenario.build(sandbox)
    _kill_at(sandbox, scenario, index, when)
    sandbox.control.advance_clock(later)
    data = worlds.created(sandbox, *scenario.args)
    assert data["session_id"] == worlds.only_session(sandbox)
    _require_nothing_to_do(sandbox, scenario, data)


@pytest.mark.parametrize("index", range(3))
def test_killed_run_is_made_good_in_another_form(sandbox: Sandbox, index: int) -> None:
    """A re-run that asks for another form ends a session that the killed run made and nobody has noted."""
    worlds.on_sale(sandbox)
    _kill_at(sandbox, SCENARIOS[0], index, "after")
    data = worlds.created(sandbox, "--ui", "embedded")
    assert data["session_id"] == worlds.only_session(sandbox)


@pytest.mark.parametrize("hours", [22.5, 23.5])
def test_killed_run_is_made_good_late(sandbox: Sandbox, hours: float) -> None:
    """Shortly before Stripe forgets the key, and shortly after lmx no longer relies on it, one session is left."""
    worlds.on_sale(sandbox)
    _kill_at(sandbox, SCENARIOS[0], 1, "after")
    sandbox.control.advance_clock(hours * 3600)
    assert worlds.created(sandbox)["session_id"] == worlds.only_session(sandbox)


def test_short_session_is_made_good_after_its_bounds(sandbox: Sandbox) -> None:
    """An attempt at a short session that is too old for Stripe's bounds begins anew."""
    worlds.on_sale(sandbox)
    _kill_at(sandbox, SCENARIOS[0], 0, "after", "--expires-in", "30m")
    sandbox.control.advance_clock(600)
    assert worlds.created(sandbox, "--expires-in", "30m")["session_id"] == worlds.only_session(sandbox)


@pytest.mark.parametrize("case", LOST, ids=lambda case: f"{case[0][0].name}-{case[0][1]}-{case[1]}")
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]) -> None:
    """A run that loses a request or an answer ends well by itself, with one session to pay."""
    (scenario, index), loss = case
    scenario.build(sandbox)
    before = worlds.last_entry(sandbox)
    sandbox.control.add_fault(writes_only=True, skip=index, **LOSSES[loss])
    data = worlds.created(sandbox, *scenario.args)
    _require_hit(sandbox, before, scenario, index)
    assert data["session_id"] == worlds.only_session(sandbox)
    _require_nothing_to_do(sandbox, scenario, data)


def test_stored_failures_are_overcome_by_the_next_run(sandbox: Sandbox) -> None:
    """After a run that gave up on stored failures, the next one looks what is there and makes one session."""
    worlds.on_sale(sandbox)
    fault = {"operation": CREATE_SESSION, "when": "before", "stored": True}
    sandbox.control.add_fault("error", times=None, **fault)
    failed = worlds.create(sandbox)
    assert (1, "failed.stripe") == (failed.exit_code, failed.error[0])
    assert worlds.read_enrollment(sandbox) is not None  # Stripe may have made a session: the item leads to it
    sandbox.control.clear_faults()
    assert worlds.created(sandbox)["session_id"] == worlds.only_session(sandbox)


def _kill_at(sandbox: Sandbox, scenario: Scenario, index: int, when: str, *args: str) -> None:
    before = worlds.last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start(*COMMAND, *scenario.args, *args, env=ENV)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    process.wait()
    sandbox.control.release()
    _require_hit(sandbox, before, scenario, index)


def _require_hit(sandbox: Sandbox, before: int, scenario: Scenario, index: int) -> None:
    hit = [entry["operation"] for entry in sandbox.control.journal(before) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit


def _require_nothing_to_do(sandbox: Sandbox, scenario: Scenario, data: dict[str, Any]) -> None:
    before = worlds.last_entry(sandbox)
    assert {**data, "reused": True} == worlds.created(sandbox, *scenario.args)
    assert [] == worlds.writes_since(sandbox, before)
