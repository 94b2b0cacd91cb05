"""A reconcile that is killed, or loses an answer, at each of its writes ends, once run again, like one that was not."""

from itertools import product as combinations

import pytest

from tests.enrollments import worlds
from tests.enrollments.crashes import (
    COMPLETE,
    CREATE,
    DELETE,
    OWED,
    PUBLISH,
    PUT,
    RELEASE,
    UPDATE,
    Point,
    Scenario,
    build,
    require_clean_end,
)
from tests.enrollments.worlds import RECONCILE
from tests.kills import MOMENTS, kill_at, losing, only_writes, point_id, points
from tests.running import Sandbox
from tests.sampling import sampled

SCENARIOS = (COMPLETE, CREATE, RELEASE, OWED)
POINTS = points(SCENARIOS)
LOST = list(combinations(POINTS, ("dropped-before", "dropped-after", "500-after")))
KILLS = list(combinations(POINTS, MOMENTS))


def test_points_are_every_write_of_every_kind() -> None:
    """The matrix holds each kind of write, and each write of each scenario at both moments and with each loss."""
    assert {UPDATE, PUT, DELETE, PUBLISH} == {scenario.writes[index] for scenario, index in POINTS}
    assert 11 == sum(len(scenario.writes) for scenario in SCENARIOS)
    assert (22, 33) == (len(KILLS), len(LOST))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at; it sends one event at most."""
    build(sandbox, scenario)
    with only_writes(sandbox, *scenario.writes):
        assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("case", sampled(KILLS, one_in=11, in_ci=3), ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """After a SIGKILL before or after any write, the next run completes once and sends the event at least once."""
    (scenario, index), when = case
    build(sandbox, scenario)
    kill_at(sandbox, case[0], when, (*RECONCILE, *scenario.args))
    worlds.age_intents(sandbox)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    require_clean_end(sandbox, scenario)
    assert scenario.sent(index, when) == len(worlds.read_events(sandbox))
    with only_writes(sandbox):
        assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code


@pytest.mark.parametrize("case", sampled(LOST, one_in=11, in_ci=3), ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself, and another writes nothing."""
    (scenario, index), loss = case
    build(sandbox, scenario)
    with losing(sandbox, case[0], loss):
        ran = worlds.reconcile(sandbox, *scenario.args)
    assert (0, ["applied"]) == (ran.exit_code, sorted({outcome for *_, outcome in ran.outcomes}))
    require_clean_end(sandbox, scenario)
    sent_twice = scenario.writes[index] == PUBLISH and loss.endswith("-after")
    assert int(PUBLISH in scenario.writes) + int(sent_twice) == len(worlds.read_events(sandbox))
    with only_writes(sandbox):
        assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
