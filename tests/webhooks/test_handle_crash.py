"""A receiver that is killed at any of its writes: the delivery that comes again ends as one clean run."""

import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.running import Sandbox
from tests.webhooks.signed import deliver, event_of
from tests.webhooks.worlds import put_signing_secret, serving

USER = "user-7"
UPDATE, PUT, PUBLISH = "UpdateItem", "PutItem", "Publish"
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
LINK: dict[str, Any] = {"id": "cs_test_link", "metadata": OURS, "payment_link": "plink_1", "client_reference_id": USER}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world with one paid session, and the writes that its event leads to."""

    name: str
    build: Callable[[Sandbox], str]
    writes: tuple[str, ...]


def _complete(sandbox: Sandbox) -> str:
    return worlds.put_bought(sandbox, USER, customer="cus_7")


def _create(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [worlds.student_item(USER)])
    return worlds.seed(sandbox, USER, **LINK)


SCENARIOS = (
    Scenario("complete", _complete, (UPDATE, UPDATE, PUBLISH, UPDATE)),
    Scenario("create", _create, (PUT, PUBLISH, UPDATE)),
)
POINTS = [(scenario, index) for scenario in SCENARIOS for index in range(len(scenario.writes))]
KILLS = list(combinations(POINTS, ("before", "after")))


def _point_id(case: Any) -> str:
    (scenario, index), when = case
    return f"{scenario.name}-{index}-{scenario.writes[index]}-{when}"


def _world(sandbox: Sandbox, scenario: Scenario) -> str:
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    return scenario.build(sandbox)


def _require_clean_end(sandbox: Sandbox, session_id: str, scenario: Scenario) -> None:
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", session_id) == (item["paymentStatus"], item["stripeSessionId"])
    assert "enrollmentEvent" not in item
    student = worlds.read_item(sandbox, USER, "METADATA")
    assert student is not None
    assert ("cus_7" if scenario.name == "complete" else None) == student.get("stripeCustomerId")


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_event_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal holds the writes that the matrix kills at; the next delivery makes none."""
    session_id = _world(sandbox, scenario)
    with serving(sandbox) as receiver:
        seq = worlds.last_entry(sandbox)
        assert (200, "changed: paid") == receiver.deliver(session_id)
        assert list(scenario.writes) == worlds.writes_since(sandbox, seq)
        assert (200, "done: completed") == receiver.deliver(session_id)
        assert list(scenario.writes) == worlds.writes_since(sandbox, seq)
    _require_clean_end(sandbox, session_id, scenario)


@pytest.mark.parametrize("case", KILLS, ids=_point_id)
def test_killed_receiver_is_made_good_by_the_next_delivery(
    sandbox: Sandbox, case: tuple[tuple[Scenario, int], str]
) -> None:
    """Nothing is acknowledged before it is safe: a mail that is owed is asked for again until somebody may send it."""
    (scenario, index), when = case
    session_id = _world(sandbox, scenario)
    event, now = event_of(sandbox, session_id), worlds.now(sandbox)
    with serving(sandbox) as receiver, ThreadPoolExecutor(1) as pool:
        sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
        lost = pool.submit(deliver, receiver.url, event, now)
        sandbox.control.wait_held(timeout=60)
        receiver.kill()
        sandbox.control.release()
        assert isinstance(lost.exception(), OSError)
    with serving(sandbox) as receiver:
        status, line = receiver.deliver(session_id)
        worlds.age_intents(sandbox)
        if status == 503:
            assert "not done (failed.race): please deliver again" == line
            assert (200, "changed: completed") == receiver.deliver(session_id)
        assert (200, "done: completed") == receiver.deliver(session_id)
    _require_clean_end(sandbox, session_id, scenario)
    # Killed after the mail was sent and before its intent was removed: nobody knows that it was.
    uncertain = (PUBLISH, "after") == (scenario.writes[index], when)
    uncertain |= index > 0 and (PUBLISH, "before") == (scenario.writes[index - 1], when)
    assert 1 + int(uncertain) == len(worlds.read_events(sandbox))


def test_matrix_holds_every_write() -> None:
    """Each write of each scenario, before and after it."""
    assert 14 == len(KILLS)


def test_stopped_receiver_answers_what_is_in_flight(sandbox: Sandbox) -> None:
    """SIGTERM in the middle of an event: it is done and answered, then the receiver ends with its report."""
    session_id = _world(sandbox, SCENARIOS[0])
    event, now = event_of(sandbox, session_id), worlds.now(sandbox)
    with serving(sandbox) as receiver, ThreadPoolExecutor(1) as pool:
        sandbox.control.add_fault("hold", writes_only=True, skip=1, when="before")
        reply = pool.submit(deliver, receiver.url, event, now)
        sandbox.control.wait_held(timeout=60)
        receiver.process.send_signal(signal.SIGTERM)
        receiver.wait_for("Stopping")
        sandbox.control.release()
        assert (200, "changed: paid") == reply.result()
        assert {"received": 1, "changed": 1} == receiver.stop(None)
    _require_clean_end(sandbox, session_id, SCENARIOS[0])
