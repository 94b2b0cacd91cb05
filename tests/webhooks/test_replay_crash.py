"""A replay that is killed or interrupted at any of its writes ends, once run again, like one that was not."""

import signal
from itertools import product as combinations

import pytest

from tests.enrollments import worlds
from tests.enrollments.crashes import COMPLETE, CREATE, OWED, UPDATE, USER, Point, Scenario, build, require_clean_end
from tests.enrollments.worlds import key
from tests.kills import MOMENTS, kill_at, only_writes, point_id, points
from tests.running import Sandbox
from tests.sampling import sampled
from tests.started import STOPPING
from tests.webhooks.replays import REPLAY, effects, put_many, replay, told

# An event owed is published by the same writes as one that is new: its kills are those of a completion.
OWED_WARNING = f"the event of {key(USER)} is still owed by another run; lmx enrollments reconcile publishes it later"
KILLS = list(combinations(points((COMPLETE, CREATE)), MOMENTS))


@pytest.mark.parametrize("scenario", [COMPLETE, CREATE, OWED], ids=lambda scenario: scenario.name)
def test_undisturbed_replay_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed replay holds the writes that the matrix kills at; it sends one event."""
    build(sandbox, scenario)
    with only_writes(sandbox, *scenario.writes):
        assert 0 == replay(sandbox).exit_code
    require_clean_end(sandbox, scenario)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


@pytest.mark.parametrize("case", sampled(KILLS, one_in=7), ids=point_id)
def test_killed_replay_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """After a SIGKILL before or after any write, the next replay completes once and sends the event at least once."""
    (scenario, index), when = case
    build(sandbox, scenario)
    kill_at(sandbox, case[0], when, REPLAY)
    worlds.age_intents(sandbox)
    assert 0 == replay(sandbox).exit_code
    require_clean_end(sandbox, scenario)
    assert scenario.sent(index, when) == len(worlds.read_events(sandbox))
    with only_writes(sandbox):
        assert {"done": 1} == effects(replay(sandbox))


@pytest.mark.parametrize("case", sampled(KILLS, one_in=7), ids=point_id)
def test_killed_replay_is_made_good_at_once(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """Run again within the ten minutes, it ends in 0 and says whether the event is owed; later it publishes it."""
    (scenario, index), when = case
    build(sandbox, scenario)
    kill_at(sandbox, case[0], when, REPLAY)
    ran = replay(sandbox)
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    owed = [OWED_WARNING] if "enrollmentEvent" in item else []
    assert (0, owed) == (ran.exit_code, ran.report.get("warnings", []))
    worlds.age_intents(sandbox)
    assert 0 == replay(sandbox).exit_code
    require_clean_end(sandbox, scenario)
    assert scenario.sent(index, when) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("users", [(USER,), (USER, "user-8")], ids=["one", "two"])
def test_event_owed_by_a_run_that_may_live_is_left_to_it(sandbox: Sandbox, users: tuple[str, ...]) -> None:
    """Within ten minutes another run is not robbed of the event that it is about to send: exit 0, and a warning."""
    worlds.put_basics(sandbox, *users)
    intent = {"run": "alive", "at": worlds.text_of(worlds.now(sandbox))}
    for number, user in enumerate(users):
        worlds.seed(sandbox, user, id=f"cs_test_{number}")
        worlds.put_pending(sandbox, user, f"cs_test_{number}", paymentStatus="completed", enrollmentEvent=intent)
    many = "the events of 2 enrollments are still owed by other runs; lmx enrollments reconcile publishes them later"
    for args in ((), ("--dry-run",)):
        ran = replay(sandbox, *args)
        assert (0, {"done": len(users)}) == (ran.exit_code, effects(ran))
        assert [OWED_WARNING if len(users) == 1 else many] == ran.report["warnings"]
    assert [] == worlds.read_events(sandbox)
    sandbox.control.advance_clock(11 * 60)
    assert (0, len(users)) == (replay(sandbox).exit_code, len(worlds.read_events(sandbox)))


def test_ctrl_c_finishes_what_is_in_flight(sandbox: Sandbox) -> None:
    """After Ctrl-C the report tells of the events that were handled, exit 130; the next replay does the rest."""
    worlds.put_basics(sandbox)
    users = put_many(sandbox, 12)
    sandbox.control.add_fault("hold", operation=UPDATE, times=8)
    process = sandbox.start(*REPLAY)
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=100)
    ran = worlds.Ran.read(process.returncode, stdout, stderr)
    assert (130, "interrupted after 8 events") == (ran.exit_code, ran.report["error"]["message"])
    done = {name for name, status in worlds.read_statuses(sandbox).items() if status == "completed"}
    assert {(name, "changed", "paid") for name in done} == set(told(ran))
    assert 8 == len(done)
    assert 0 == replay(sandbox).exit_code
    assert {key(user): "completed" for user in users} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, user) for user in users] == worlds.read_events(sandbox)
