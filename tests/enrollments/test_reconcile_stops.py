"""What fails, limits or ends a reconcile: a table that throttles, --max-changes, a wrong account, Ctrl-C."""

import signal

from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING

USER = "user-7"
UPDATE = "UpdateItem"


def test_throttled_table(sandbox: Sandbox) -> None:
    """Throttled writes are tried again until they pass."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    code = "ProvisionedThroughputExceededException"
    sandbox.control.add_fault("error", service="dynamodb", times=4, status=400, code=code)
    assert 0 == worlds.reconcile(sandbox).exit_code
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert 1 == len(worlds.read_events(sandbox))


def test_one_enrollment_that_cannot_be_written_stops_no_other(sandbox: Sandbox) -> None:
    """A write that the table refuses for good fails its enrollment alone; exit 1, and the next run does it."""
    worlds.put_basics(sandbox)
    for user in ("a", "b"):
        worlds.put_bought(sandbox, user)
    sandbox.control.add_fault("error", operation=UPDATE, status=400, code="ItemCollectionSizeLimitExceededException")
    ran = worlds.reconcile(sandbox)
    assert (1, 1, 1) == (ran.exit_code, ran.summary["complete"], ran.summary["failed"])
    assert 0 == worlds.reconcile(sandbox).exit_code
    assert {key("a"): "completed", key("b"): "completed"} == worlds.read_statuses(sandbox)
    assert 2 == len(worlds.read_events(sandbox))


def test_max_changes(sandbox: Sandbox) -> None:
    """A run stops before it exceeds --max-changes, in 5 and naming the flag; the next ones do the rest."""
    worlds.put_basics(sandbox)
    for user in ("a", "b", "c"):
        worlds.put_bought(sandbox, user)
    seq = last_entry(sandbox)
    dry = worlds.reconcile(sandbox, "--max-changes", "4", "--dry-run")
    assert [] == writes_since(sandbox, seq)
    ran = worlds.reconcile(sandbox, "--max-changes", "4")
    assert (5, 5, "guard.max_changes") == (dry.exit_code, ran.exit_code, ran.report["error"]["code"])
    assert "--max-changes" in ran.report["error"]["hint"]
    assert (dry.changes, 2) == (ran.changes, ran.summary["complete"])
    assert ["completed", "completed", "pending"] == sorted(worlds.read_statuses(sandbox).values())
    assert 0 == worlds.reconcile(sandbox, "--max-changes", "2").exit_code
    assert 3 == len(worlds.read_events(sandbox))


def test_wrong_account(sandbox: Sandbox) -> None:
    """When the first ten sessions asked for are all missing, the run stops in 5 and writes nothing."""
    worlds.put_basics(sandbox)
    for number in range(12):
        worlds.put_pending(sandbox, f"user-{number}", f"cs_test_other{number}")
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox)
    assert (5, "guard.sessions_missing") == (ran.exit_code, ran.report["error"]["code"])
    assert 10 == worlds.stripe_requests(sandbox, seq).count("GET /v1/checkout/sessions/{id}")
    assert [] == writes_since(sandbox, seq)


def test_ctrl_c_leaves_a_true_report(sandbox: Sandbox) -> None:
    """After Ctrl-C what is in flight is finished, the report tells what was and was not applied, exit 130."""
    worlds.put_basics(sandbox)
    users = [f"user-{number:02}" for number in range(12)]
    for user in users:
        worlds.put_bought(sandbox, user)
    sandbox.control.add_fault("hold", operation=UPDATE, times=8)
    process = worlds.start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = worlds.end(process)
    left = [outcome for kind, _, _, outcome in ran.outcomes if kind == "enrollment"].count("planned")
    message = f"interrupted; {left} enrollments not applied"
    assert (130, "interrupted", message) == (ran.exit_code, ran.report["error"]["code"], ran.report["error"]["message"])
    told = {name: outcome for kind, name, _, outcome in ran.outcomes if kind == "enrollment"}
    states = {"applied": "completed", "planned": "pending"}
    assert {name: states[outcome] for name, outcome in told.items()} == worlds.read_statuses(sandbox)
    assert 8 == list(told.values()).count("applied")
    assert 0 == worlds.reconcile(sandbox).exit_code
    assert {key(user): "completed" for user in users} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, user) for user in users] == worlds.read_events(sandbox)


def test_ctrl_c_before_max_changes_is_no_limit_that_was_reached(sandbox: Sandbox) -> None:
    """All that was planned and not applied is counted, also what the limit would have kept for the next run."""
    worlds.put_basics(sandbox)
    for number in range(12):
        worlds.put_bought(sandbox, f"user-{number:02}")
    sandbox.control.add_fault("hold", operation=UPDATE, times=8)
    process = worlds.start(sandbox, "--max-changes", "20")
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = worlds.end(process)
    assert (130, "interrupted; 4 enrollments not applied") == (ran.exit_code, ran.report["error"]["message"])


def test_ctrl_c_while_reading(sandbox: Sandbox) -> None:
    """Ctrl-C between two requests for sessions ends the reading: exit 130, a report, nothing written."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    seq = last_entry(sandbox)
    sandbox.control.add_fault("hold", operation="GET /v1/checkout/sessions")
    process = worlds.start(sandbox, "--since", "3d")
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = worlds.end(process)
    message = "interrupted; not every enrollment was examined"
    assert (130, message, []) == (ran.exit_code, ran.report["error"]["message"], ran.changes)
    assert [] == writes_since(sandbox, seq)
