"""A registration that is killed, or loses an answer, at each of its writes ends, once run again, like a clean one."""

from itertools import product as combinations

import pytest

from tests.kills import LATER, Scenario, kill_at, losing, only_writes, point_id, points
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, CREATE_SECRET, CURRENT, DELETE, KEPT, MAKE, MOVE, PREVIOUS, PUT, URL
from tests.webhooks.recording import recording


def _nothing(_sandbox: Sandbox, _url: str) -> None:
    """Nothing is there."""


def _secret(sandbox: Sandbox, _url: str) -> None:
    worlds.create_secret(sandbox, KEPT)


def _foreign(sandbox: Sandbox, _url: str) -> None:
    worlds.create_secret(sandbox, {**KEPT, CURRENT: THEIRS})


def _registered(sandbox: Sandbox, url: str) -> None:
    _secret(sandbox, url)
    worlds.created(sandbox, url=url)


THEIRS = "whsec_" + "somebodys"
Point = tuple[Scenario, int]
FIRST = Scenario("first", _nothing, (MAKE, CHANGE, CREATE_SECRET))
MERGED = Scenario("merged", _secret, (MAKE, CHANGE, PUT, MOVE))
ROLL = Scenario("roll", _registered, (MAKE, CHANGE, PUT, MOVE, DELETE), ("--roll",))
FOREIGN = Scenario("foreign", _foreign, (MAKE, CHANGE, PUT, MOVE), ("--yes",))
SCENARIOS = (FIRST, MERGED, ROLL, FOREIGN)
# Killed before a write is killed after the one before it.
KILLS = [
    ((FIRST, 1), "at-once"),
    ((MERGED, 0), "next-day"),
    *((point, "at-once") for point in points([MERGED])),
    *((point, "next-day") for point in points([ROLL])),
    *((point, "at-once") for point in points([FOREIGN])),
]
LOSSES = ("dropped-after", "500-stored-after", "500-stored-before")
LOST = [
    (point, loss)
    for point, loss in combinations(points([ROLL]), LOSSES)
    if loss == "dropped-after" or ROLL.writes[point[1]].startswith("POST")
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at."""
    scenario.build(sandbox, URL)
    with only_writes(sandbox, *scenario.writes):
        worlds.created(sandbox, *scenario.args)


@pytest.mark.parametrize("case", sampled(KILLS, one_in=9), ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """After a SIGKILL at any write: one endpoint, whose secret is stored, and nothing left to do."""
    point, later = case
    scenario = point[0]
    with recording() as recorder:
        scenario.build(sandbox, recorder.url)
        kill_at(sandbox, point, "after", _command(recorder.url, *scenario.args))
        sandbox.control.advance_clock(LATER[later])
        args = scenario.args if scenario is FOREIGN else ()
        worlds.created(sandbox, *args, url=recorder.url)
        _require_clean(sandbox, scenario, recorder.url)
        worlds.require_signed(sandbox, recorder)


@pytest.mark.parametrize("index", sampled(range(len(ROLL.writes)), one_in=4))
def test_killed_roll_is_made_good_by_a_roll(sandbox: Sandbox, index: int) -> None:
    """The same command as the one that was killed ends in the same state."""
    ROLL.build(sandbox, URL)
    kill_at(sandbox, (ROLL, index), "after", _command(URL, "--roll"))
    worlds.created(sandbox, "--roll")
    _require_clean(sandbox, ROLL, URL)


@pytest.mark.parametrize("case", sampled(LOST, one_in=9), ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself."""
    (scenario, _), loss = case
    with recording() as recorder:
        scenario.build(sandbox, recorder.url)
        with losing(sandbox, case[0], loss):
            worlds.created(sandbox, *scenario.args, url=recorder.url)
        worlds.healthy(sandbox, recorder.url)
        worlds.require_signed(sandbox, recorder)


def _command(url: str, *args: str) -> tuple[str, ...]:
    return ("webhooks", "create", "--url", url, "--overlap", "0s", *args)


def _require_clean(sandbox: Sandbox, scenario: Scenario, url: str) -> None:
    worlds.healthy(sandbox, url)
    content = worlds.stored(sandbox)
    assert scenario is not FOREIGN or content[PREVIOUS] == THEIRS
    assert ({} if scenario is FIRST else KEPT) == {
        name: value for name, value in content.items() if name not in (CURRENT, PREVIOUS)
    }
    with only_writes(sandbox):
        assert [] == worlds.created(sandbox, url=url).outcomes
