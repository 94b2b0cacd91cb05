"""Ctrl-C during a sync: what is in flight is finished, the report says what was and was not applied."""

import signal

import pytest

from tests.interrupting import APPLIED, interrupted
from tests.products import worlds
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING, Started

COURSES = [f"course-{number:02}" for number in range(20)]
WORKERS = 8


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_courses_in_flight_are_finished(sandbox: Sandbox, signum: signal.Signals) -> None:
    """After a signal the courses in flight are applied, the others planned, exit 130; a second run does the rest."""
    worlds.put_courses(sandbox, COURSES)
    process = _held(sandbox)
    process.send_signal(signum)
    process.read_until(STOPPING)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=60)
    ran = worlds.Ran.read(process.returncode, stdout, stderr)
    assert 130 == ran.exit_code
    message = f"interrupted; {len(COURSES) - WORKERS} courses not applied"
    assert (130, message) == (ran.report["error"]["exit_code"], ran.report["error"]["message"])
    outcomes = {(key, outcome) for key, _, _, outcome in ran.outcomes}
    assert {(key, "applied" if key in COURSES[:WORKERS] else "planned") for key in COURSES} == outcomes
    assert WORKERS == ran.report["summary"]["create"]
    assert {f"lmx_sandbox_{key}" for key in COURSES[:WORKERS]} == set(worlds.read_products(sandbox))
    _require_rest_done(sandbox, WORKERS)


def test_last_write_is_applied(sandbox: Sandbox) -> None:
    """The last course is linked, and nothing is left for a second run."""
    worlds.put_course(sandbox, "a", "19.99")
    report = interrupted(sandbox, "products", "sync", "--yes", operation="UpdateItem")
    assert (APPLIED, ["applied", "applied"]) == (report["error"], [change["outcome"] for change in report["changes"]])
    assert (0, []) == ((ran := worlds.sync(sandbox)).exit_code, ran.changes)


def test_second_signal_stops_at_once(sandbox: Sandbox) -> None:
    """A second Ctrl-C ends the process though requests are in flight; another run makes it good."""
    worlds.put_courses(sandbox, COURSES)
    process = _held(sandbox)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    process.send_signal(signal.SIGINT)
    assert 130 == process.wait(timeout=30)
    sandbox.control.release()
    sandbox.control.clear_faults()
    _require_rest_done(sandbox, 0)


def test_signal_while_reading_writes_nothing(sandbox: Sandbox) -> None:
    """Ctrl-C before the first write ends in 130 and one JSON document, with nothing written."""
    worlds.put_courses(sandbox, COURSES)
    before = last_entry(sandbox)
    sandbox.control.add_fault("hold", operation="GET /v1/account")
    process = sandbox.start("products", "sync", "--yes", "-o", "json")
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=60)
    ran = worlds.Ran.read(process.returncode, stdout, stderr)
    assert (130, "interrupted") == (ran.exit_code, ran.report["error"]["code"])
    assert [] == writes_since(sandbox, before)


def _held(sandbox: Sandbox) -> Started:
    """Start a sync and wait until each of its workers is held at the creation of a product."""
    sandbox.control.add_fault("hold", operation="POST /v1/products", times=WORKERS)
    process = sandbox.start("products", "sync", "--yes", "-o", "json")
    sandbox.control.wait_held(timeout=60, at_least=WORKERS)
    return process


def _require_rest_done(sandbox: Sandbox, done: int) -> None:
    ran = worlds.sync(sandbox)
    assert 0 == ran.exit_code
    assert len(COURSES) - done == ran.report["summary"]["create"]
    state = worlds.read_state(sandbox)
    assert set(COURSES) == {key for key, course in state["courses"].items() if course["linked"]}
    assert {f"lmx_sandbox_{key}": worlds.only_price(1999, key) for key in COURSES} == {
        product_id: product["prices"] for product_id, product in state["products"].items()
    }
    before = last_entry(sandbox)
    assert 0 == worlds.sync(sandbox).exit_code
    assert [] == writes_since(sandbox, before)
