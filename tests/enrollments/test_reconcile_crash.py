"""A reconcile that is killed, or loses an answer, at each of its writes ends, once run again, like one that was not."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, RECONCILE
from tests.running import Sandbox

USER = "user-7"
UPDATE, PUT, DELETE, PUBLISH = "UpdateItem", "PutItem", "DeleteItem", "Publish"
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
LINK: dict[str, Any] = {"id": "cs_test_link", "metadata": OURS, "payment_link": "plink_1", "client_reference_id": USER}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, the arguments, and the writes of an undisturbed run."""

    name: str
    build: Callable[[Sandbox], object]
    writes: tuple[str, ...]
    args: tuple[str, ...] = ()


def _complete(sandbox: Sandbox) -> None:
    worlds.put_bought(sandbox, USER, id="cs_test_own", customer="cus_7")


def _create(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [worlds.student_item(USER)])
    worlds.seed(sandbox, USER, customer="cus_8", **LINK)


def _release(sandbox: Sandbox) -> None:
    worlds.put_bought(sandbox, USER, "expired", id="cs_test_own")


def _owed(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [worlds.student_item(USER)])
    intent = {"run": "dead", "at": "2025-10-15T12:34:56.789Z"}
    worlds.put_pending(sandbox, USER, "cs_test_own", paymentStatus="completed", enrollmentEvent=intent)


SCENARIOS = (
    Scenario("complete", _complete, (UPDATE, UPDATE, PUBLISH, UPDATE)),
    Scenario("create", _create, (PUT, PUBLISH, UPDATE), ("--since", "3d")),
    Scenario("release", _release, (DELETE,), ("--release-expired",)),
    Scenario("owed-event", _owed, (UPDATE, PUBLISH, UPDATE)),
)
POINTS = [(scenario, index) for scenario in SCENARIOS for index in range(len(scenario.writes))]
MOMENTS = ("before", "after")
LOSSES: dict[str, dict[str, Any]] = {
    "dropped-before": {"kind": "drop", "when": "before"},
    "dropped-after": {"kind": "drop", "when": "after"},
    "500-after": {"kind": "error", "when": "after"},
}
KILLS = list(combinations(POINTS, MOMENTS))
LOST = list(combinations(POINTS, LOSSES))


def _point_id(case: Any) -> str:
    (scenario, index), how = case
    return f"{scenario.name}-{index}-{scenario.writes[index]}-{how}"


def test_points_are_every_write_of_every_kind() -> None:
    """The matrix holds each kind of write, and each write of each scenario at both moments and with each loss."""
    assert {UPDATE, PUT, DELETE, PUBLISH} == {scenario.writes[index] for scenario, index in POINTS}
    assert 11 == sum(len(scenario.writes) for scenario in SCENARIOS)
    assert (22, 33) == (len(KILLS), len(LOST))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at; it sends one event at most."""
    seq = _built(sandbox, scenario)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    assert list(scenario.writes) == worlds.writes_since(sandbox, seq)
    _require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("case", KILLS, ids=_point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]) -> None:
    """After a SIGKILL before or after any write, the next run completes once and sends the event at least once."""
    (scenario, index), when = case
    seq = _built(sandbox, scenario)
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
    _require_clean_end(sandbox, scenario)
    # Killed after the event was sent and before its intent was removed: nobody knows that it was.
    uncertain = (PUBLISH, "after") == (scenario.writes[index], when)
    uncertain |= (PUBLISH, "before") == (scenario.writes[index - 1], when)
    assert int(PUBLISH in scenario.writes) + int(uncertain) == len(worlds.read_events(sandbox))
    _require_nothing_to_do(sandbox, scenario)


@pytest.mark.parametrize("case", LOST, ids=_point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]) -> None:
    """A run that loses a request or an answer ends well by itself, and another writes nothing."""
    (scenario, index), loss = case
    seq = _built(sandbox, scenario)
    sandbox.control.add_fault(writes_only=True, skip=index, **LOSSES[loss])
    ran = worlds.reconcile(sandbox, *scenario.args)
    _require_hit(sandbox, seq, scenario, index)
    assert (0, ["applied"]) == (ran.exit_code, sorted({outcome for *_, outcome in ran.outcomes}))
    _require_clean_end(sandbox, scenario)
    sent_twice = scenario.writes[index] == PUBLISH and LOSSES[loss]["when"] == "after"
    assert int(PUBLISH in scenario.writes) + int(sent_twice) == len(worlds.read_events(sandbox))
    _require_nothing_to_do(sandbox, scenario)


def _built(sandbox: Sandbox, scenario: Scenario) -> int:
    """Build the world and return where the journal stands."""
    worlds.put_basics(sandbox)
    scenario.build(sandbox)
    return worlds.last_entry(sandbox)


def _require_clean_end(sandbox: Sandbox, scenario: Scenario) -> None:
    item, student = worlds.read_item(sandbox, USER), worlds.read_item(sandbox, USER, "METADATA")
    customer = {"stripeCustomerId": "cus_7"} if scenario.name == "complete" else {}
    assert worlds.student_item(USER, **customer) == student
    if scenario.name == "release":
        assert None is item
        return
    assert item is not None
    session_id = "cs_test_link" if scenario.name == "create" else "cs_test_own"
    done = {"paymentStatus": "completed", "stripeSessionId": session_id}
    if "stripePaymentIntentId" in item and scenario.name != "owed-event":
        done["stripePaymentIntentId"] = str(item["stripePaymentIntentId"])
    assert worlds.enrollment_item(USER, COURSE, str(item["enrolledAt"]), **done) == item


def _require_hit(sandbox: Sandbox, seq: int, scenario: Scenario, index: int) -> None:
    hit = [entry["operation"] for entry in sandbox.control.journal(seq) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit


def _require_nothing_to_do(sandbox: Sandbox, scenario: Scenario) -> None:
    seq = worlds.last_entry(sandbox)
    assert 0 == worlds.reconcile(sandbox, *scenario.args).exit_code
    assert [] == worlds.writes_since(sandbox, seq)
