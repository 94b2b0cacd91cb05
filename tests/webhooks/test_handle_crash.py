"""A receiver that is killed at any of its writes: the delivery that comes again ends as one clean run."""

import signal
from concurrent.futures import ThreadPoolExecutor
from itertools import product as combinations

import pytest

from tests.enrollments import worlds
from tests.enrollments.crashes import COMPLETE, CREATE, Point, Scenario, build, require_clean_end
from tests.kills import MOMENTS, point_id, points
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.signed import deliver, event_of
from tests.webhooks.worlds import put_signing_secret, serving

KILLS = list(combinations(points((COMPLETE, CREATE)), MOMENTS))


def _world(sandbox: Sandbox, scenario: Scenario) -> str:
    put_signing_secret(sandbox)
    build(sandbox, scenario)
    return scenario.session_id


@pytest.mark.parametrize("scenario", [COMPLETE, CREATE], ids=lambda scenario: scenario.name)
def test_undisturbed_event_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal holds the writes that the matrix kills at; the next delivery makes none."""
    session_id = _world(sandbox, scenario)
    with serving(sandbox) as receiver:
        seq = last_entry(sandbox)
        assert (200, "changed: paid") == receiver.deliver(session_id)
        assert list(scenario.writes) == writes_since(sandbox, seq)
        assert (200, "done: completed") == receiver.deliver(session_id)
        assert list(scenario.writes) == writes_since(sandbox, seq)
    require_clean_end(sandbox, scenario)


@pytest.mark.parametrize("case", sampled(KILLS, one_in=7), ids=point_id)
def test_killed_receiver_is_made_good_by_the_next_delivery(sandbox: Sandbox, case: tuple[Point, str]) -> None:
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
    require_clean_end(sandbox, scenario)
    assert scenario.sent(index, when) == len(worlds.read_events(sandbox))


def test_matrix_holds_every_write() -> None:
    """Each write of each scenario, before and after it."""
    assert 14 == len(KILLS)


def test_stopped_receiver_answers_what_is_in_flight(sandbox: Sandbox) -> None:
    """SIGTERM in the middle of an event: it is done and answered, then the receiver ends with its report."""
    session_id = _world(sandbox, COMPLETE)
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
    require_clean_end(sandbox, COMPLETE)
