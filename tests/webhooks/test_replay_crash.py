"""A replay that is killed or interrupted at any of its writes ends, once run again, like one that was not."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.running import Sandbox
from tests.started import Started
from tests.webhooks.replays import REPLAY, effects, put_many, replay, told

USER = "user-7"
UPDATE, PUT, PUBLISH = "UpdateItem", "PutItem", "Publish"
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
LINK: dict[str, Any] = {"id": "cs_test_link", "metadata": OURS, "payment_link": "plink_1", "client_reference_id": USER}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, and the writes of an undisturbed replay."""

    name: str
    build: Callable[[Sandbox], object]
    writes: tuple[str, ...]


def _complete(sandbox: Sandbox) -> None:
    worlds.put_bought(sandbox, USER, id="cs_test_own", customer="cus_7")


def _create(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [worlds.student_item(USER)])
    worlds.seed(sandbox, USER, customer="cus_8", **LINK)


def _owed(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [worlds.student_item(USER)])
    worlds.seed(sandbox, USER, id="cs_test_own")
    intent = {"run": "dead", "at": "2025-10-15T12:34:56.789Z"}
    worlds.put_pending(sandbox, USER, "cs_test_own", paymentStatus="completed", enrollmentEvent=intent)


SCENARIOS = (
    Scenario("complete", _complete, (UPDATE, UPDATE, PUBLISH, UPDATE)),
    Scenario("create", _create, (PUT, PUBLISH, UPDATE)),
    Scenario("owed-event", _owed, (UPDATE, PUBLISH, UPDATE)),
)
# An event owed is published by the same writes as one that is new: its kills are those of a completion.
POINTS = [(scenario, index) for scenario in SCENARIOS[:2] for index in range(len(scenario.writes))]
KILLS = list(combinations(POINTS, ("before", "after")))


def _kill_id(case: Any) -> str:
    (scenario, index), when = case
    return f"{scenario.name}-{index}-{scenario.writes[index]}-{when}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_replay_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed replay holds the writes that the matrix kills at; it sends one event."""
    seq = _built(sandbox, scenario)
    assert 0 == replay(sandbox).exit_code
    assert list(scenario.writes) == worlds.writes_since(sandbox, seq)
    _require_clean_end(sandbox, scenario)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


@pytest.mark.parametrize("case", KILLS, ids=_kill_id)
def test_killed_replay_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]) -> None:
    """After a SIGKILL before or after any write, the next replay completes once and sends the event at least once."""
    (scenario, index), when = case
    seq = _built(sandbox, scenario)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start(*REPLAY)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    assert -signal.SIGKILL == process.wait()
    sandbox.control.release()
    assert list(scenario.writes[: index + 1]) == worlds.writes_since(sandbox, seq)
    worlds.age_intents(sandbox)
    assert 0 == replay(sandbox).exit_code
    _require_clean_end(sandbox, scenario)
    # Killed after the event was sent and before its intent was removed: nobody knows that it was.
    uncertain = (PUBLISH, "after") == (scenario.writes[index], when)
    uncertain |= (PUBLISH, "before") == (scenario.writes[index - 1], when)
    assert 1 + int(uncertain) == len(worlds.read_events(sandbox))
    seq = worlds.last_entry(sandbox)
    assert {"done": 1} == effects(replay(sandbox))
    assert [] == worlds.writes_since(sandbox, seq)


def test_event_owed_by_a_run_that_may_live_is_left_to_it(sandbox: Sandbox) -> None:
    """Within ten minutes another run is not robbed of the event that it is about to send: exit 1, run again."""
    worlds.put_basics(sandbox, USER)
    worlds.seed(sandbox, USER, id="cs_test_own")
    intent = {"run": "alive", "at": worlds.text_of(worlds.now(sandbox))}
    worlds.put_pending(sandbox, USER, "cs_test_own", paymentStatus="completed", enrollmentEvent=intent)
    assert (1, []) == (replay(sandbox).exit_code, worlds.read_events(sandbox))
    sandbox.control.advance_clock(11 * 60)
    assert (0, 1) == (replay(sandbox).exit_code, len(worlds.read_events(sandbox)))


def test_ctrl_c_finishes_what_is_in_flight(sandbox: Sandbox) -> None:
    """After Ctrl-C the report tells of the events that were handled, exit 130; the next replay does the rest."""
    worlds.put_basics(sandbox)
    users = put_many(sandbox, 12)
    sandbox.control.add_fault("hold", operation=UPDATE, times=8)
    process = sandbox.start(*REPLAY)
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    _await_notice(process)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=100)
    ran = worlds.read_ran(process.returncode, stdout, stderr)
    assert (130, "interrupted after 8 events") == (ran.exit_code, ran.report["error"]["message"])
    done = {name for name, status in worlds.read_statuses(sandbox).items() if status == "completed"}
    assert {(name, "changed", "paid") for name in done} == set(told(ran))
    assert 8 == len(done)
    assert 0 == replay(sandbox).exit_code
    assert {key(user): "completed" for user in users} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, user) for user in users] == worlds.read_events(sandbox)


def _built(sandbox: Sandbox, scenario: Scenario) -> int:
    """Build the world and return where the journal stands."""
    worlds.put_basics(sandbox)
    scenario.build(sandbox)
    return worlds.last_entry(sandbox)


def _require_clean_end(sandbox: Sandbox, scenario: Scenario) -> None:
    item, student = worlds.read_item(sandbox, USER), worlds.read_item(sandbox, USER, "METADATA")
    customer = {"stripeCustomerId": "cus_7"} if scenario.name == "complete" else {}
    assert worlds.student_item(USER, **customer) == student
    assert item is not None
    session_id = "cs_test_link" if scenario.name == "create" else "cs_test_own"
    done = {"paymentStatus": "completed", "stripeSessionId": session_id}
    if scenario.name != "owed-event":
        done["stripePaymentIntentId"] = str(item["stripePaymentIntentId"])
    assert worlds.enrollment_item(USER, COURSE, str(item["enrolledAt"]), **done) == item


def _await_notice(process: Started) -> None:
    for line in process.stderr:
        if "Stopping: finishing what is in flight" in line:
            return
    raise AssertionError("the process ended without the notice")
