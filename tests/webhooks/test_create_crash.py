"""A registration that is killed, or loses an answer, at each of its writes ends, once run again, like a clean one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from tests.running import Sandbox
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, CREATE_SECRET, CURRENT, DELETE, KEPT, MAKE, MOVE, PREVIOUS, PUT, URL
from tests.webhooks.recording import recording

DAY_AND_MORE = 25 * 3600.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world for a URL, the options of the run, and the writes of an undisturbed one."""

    name: str
    build: Callable[[Sandbox, str], object]
    args: tuple[str, ...]
    writes: tuple[str, ...]


def _nothing(_sandbox: Sandbox, _url: str) -> None:
    """Nothing is there."""


def _secret(sandbox: Sandbox, _url: str) -> None:
    worlds.create_secret(sandbox, KEPT)


def _registered(sandbox: Sandbox, url: str) -> None:
    _secret(sandbox, url)
    worlds.created(sandbox, url=url)


FIRST = Scenario("first", _nothing, (), (MAKE, CREATE_SECRET, CHANGE))
MERGED = Scenario("merged", _secret, (), (MAKE, PUT, MOVE, CHANGE))
ROLL = Scenario("roll", _registered, ("--roll",), (MAKE, PUT, MOVE, CHANGE, DELETE))
SCENARIOS = (FIRST, MERGED, ROLL)
# Killed before a write is killed after the one before it.
KILLS: list[tuple[Scenario, int, float]] = [
    (FIRST, 1, 0.0),
    (MERGED, 0, DAY_AND_MORE),
    *((MERGED, index, 0.0) for index in range(4)),
    *((ROLL, index, DAY_AND_MORE) for index in range(5)),
]
LOSSES: dict[str, dict[str, Any]] = {
    "dropped": {"kind": "drop", "when": "after"},
    "500-stored-after": {"kind": "error", "when": "after", "stored": True},
    "500-stored-before": {"kind": "error", "when": "before", "stored": True},
}
LOST = [
    (ROLL, index, loss)
    for index, write in enumerate(ROLL.writes)
    for loss in LOSSES
    if loss == "dropped" or write.startswith("POST")
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at."""
    scenario.build(sandbox, URL)
    before = worlds.last_entry(sandbox)
    worlds.created(sandbox, *scenario.args)
    assert list(scenario.writes) == worlds.writes_since(sandbox, before)


@pytest.mark.parametrize(
    "case", KILLS, ids=lambda case: f"{case[0].name}-{case[1]}-{'next-day' if case[2] else 'at-once'}"
)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Scenario, int, float]) -> None:
    """After a SIGKILL at any write: one endpoint, whose secret is stored, and nothing left to do."""
    scenario, index, later = case
    with recording() as recorder:
        scenario.build(sandbox, recorder.url)
        _kill_at(sandbox, scenario, index, recorder.url)
        sandbox.control.advance_clock(later)
        worlds.created(sandbox, url=recorder.url)
        _require_clean(sandbox, scenario, recorder.url)
        worlds.require_signed(sandbox, recorder)


@pytest.mark.parametrize("index", range(len(ROLL.writes)))
def test_killed_roll_is_made_good_by_a_roll(sandbox: Sandbox, index: int) -> None:
    """The same command as the one that was killed ends in the same state."""
    ROLL.build(sandbox, URL)
    _kill_at(sandbox, ROLL, index, URL)
    worlds.created(sandbox, "--roll")
    _require_clean(sandbox, ROLL, URL)


@pytest.mark.parametrize("case", LOST, ids=lambda case: f"{case[0].name}-{case[1]}-{case[2]}")
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Scenario, int, str]) -> None:
    """A run that loses a request or an answer ends well by itself."""
    scenario, index, loss = case
    with recording() as recorder:
        scenario.build(sandbox, recorder.url)
        before = worlds.last_entry(sandbox)
        sandbox.control.add_fault(writes_only=True, skip=index, **LOSSES[loss])
        worlds.created(sandbox, *scenario.args, url=recorder.url)
        _require_hit(sandbox, before, scenario, index)
        worlds.healthy(sandbox, recorder.url)
        worlds.require_signed(sandbox, recorder)


def _kill_at(sandbox: Sandbox, scenario: Scenario, index: int, url: str) -> None:
    before = worlds.last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when="after")
    process = sandbox.start("webhooks", "create", "--url", url, "--overlap", "0s", *scenario.args)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    process.wait()
    sandbox.control.release()
    _require_hit(sandbox, before, scenario, index)


def _require_hit(sandbox: Sandbox, before: int, scenario: Scenario, index: int) -> None:
    hit = [entry["operation"] for entry in sandbox.control.journal(before) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit


def _require_clean(sandbox: Sandbox, scenario: Scenario, url: str) -> None:
    worlds.healthy(sandbox, url)
    content = worlds.stored(sandbox)
    assert ({} if scenario is FIRST else KEPT) == {
        name: value for name, value in content.items() if name not in (CURRENT, PREVIOUS)
    }
    before = worlds.last_entry(sandbox)
    assert [] == worlds.created(sandbox, url=url).outcomes
    assert [] == worlds.writes_since(sandbox, before)
