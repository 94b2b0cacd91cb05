"""A reconcile that is killed, or loses an answer, at each of its writes ends, once run again, like one that was not."""

import signal
from itertools import product as combinations
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.crashes import (
    COMPLETE,
    CREATE,
    DELETE,
    MOMENTS,
    OWED,
    PUBLISH,
    PUT,
    RELEASE,
    UPDATE,
    Point,
    Scenario,
    built,
    point_id,
    points,
    require_clean_end,
)
from tests.enrollments.worlds import RECONCILE
from tests.running import Sandbox

SCENARIOS = (COMPLETE, CREATE, RELEASE, OWED)
POINTS = points(SCENARIOS)
LOSSES: dict[str, dict[str, Any]] = {
    "dropped-before": {"kind": "drop", "when": "before"},
    "dropped-after": {"kind": "drop", "when": "after"},
    "500-after": {"kind": "error", "when": "after"},
}
KILLS = list(combinations(POINTS, MOMENTS))
LOST = list(combinations(POINTS, LOSSES))


def test_points_are_every_write_of_every_kind() -> None:
    """The matrix holds each kind of write, and each write of each scenario at both moments and with each loss."""
    assert {UPDATE, PUT, DELETE, PUBLISH} == {scenario.writes[index] for scenario, index in POINTS}
    assert 11 == sum(len(scenario.writes) for scenario in SCENARIOS)
    assert (22, 33) == (len(KILLS), len(LOST))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at; it sends one event at most."""
    seq = built(sandbox, scenario)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    assert list(scenario.writes) == worlds.writes_since(sandbox, seq)
    require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("case", KILLS, ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """After a SIGKILL before or after any write, the next run completes once and sends the event at least once."""
    (scenario, index), when = case
    seq = built(sandbox, scenario)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start(*RECONCILE, *scenario.args)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    assert -signal.SIGKILL == process.wait()
    sandbox.control.release()
    _require_hit(sandbox, seq, scenario, index)
    assert list(scenario.writes[: index + 1]) == worlds.writes_since(sandbox, seq)
    worlds.age_intents(sandbox)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    require_clean_end(sandbox, scenario)
    assert scenario.sent(index, when) == len(worlds.read_events(sandbox))
    _require_nothing_to_do(sandbox, scenario)


@pytest.mark.parametrize("case", LOST, ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself, and another writes nothing."""
    (scenario, index), loss = case
    seq = built(sandbox, scenario)
    sandbox.control.add_fault(writes_only=True, skip=index, **LOSSES[loss])
    ran = worlds.reconcile(sandbox, *scenario.args)
    _require_hit(sandbox, seq, scenario, index)
    assert (0, ["applied"]) == (ran.exit_code, sorted({outcome for *_, outcome in ran.outcomes}))
    require_clean_end(sandbox, scenario)
    sent_twice = scenario.writes[index] == PUBLISH and LOSSES[loss]["when"] == "after"
    assert int(PUBLISH in scenario.writes) + int(sent_twice) == len(worlds.read_events(sandbox))
    _require_nothing_to_do(sandbox, scenario)


def _require_hit(sandbox: Sandbox, seq: int, scenario: Scenario, index: int) -> None:
    hit = [entry["operation"] for entry in sandbox.control.journal(seq) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit


def _require_nothing_to_do(sandbox: Sandbox, scenario: Scenario) -> None:
    seq = worlds.last_entry(sandbox)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    assert [] == worlds.writes_since(sandbox, seq)
