"""Reconciles side by side, a webhook in between, a table that throttles, limits, guards and Ctrl-C."""

import signal
from decimal import Decimal
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, Ran, key
from tests.items import course_item, enrollment_item
from tests.products.worlds import edit_course
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING, Started

USER = "user-7"
UPDATE = "UpdateItem"


def test_two_reconciles_complete_once(sandbox: Sandbox) -> None:
    """Of two runs that both decided to complete, one does and sends the event; the other is superseded."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    sandbox.control.add_fault("hold", operation=UPDATE, times=2)
    first, second = _start(sandbox), _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ended = [_end(first), _end(second)]
    assert [0, 0] == [ran.exit_code for ran in ended]
    outcomes = sorted(outcome for ran in ended for kind, _, _, outcome in ran.outcomes if kind == "enrollment")
    assert ["applied", "superseded"] == outcomes
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_two_reconciles_create_once(sandbox: Sandbox) -> None:
    """Of two runs that both decided to create an enrollment, one does and sends the event."""
    worlds.put_basics(sandbox, USER)
    worlds.seed(sandbox, USER)
    sandbox.control.add_fault("hold", operation="PutItem", times=2)
    first, second = _start(sandbox, "--since", "3d"), _start(sandbox, "--since", "3d")
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    assert [0, 0] == [_end(first).exit_code, _end(second).exit_code]
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_webhook_in_between_is_no_error(sandbox: Sandbox) -> None:
    """An enrollment that the webhook completed between read and write is superseded: exit 0, no second event."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    process = _held_at_its_write(sandbox)
    _set(sandbox, paymentStatus="completed", stripePaymentIntentId="pi_webhook")
    ran = _released(sandbox, process)
    assert 0 == ran.exit_code
    event = ("event", key(USER), "publish", "superseded")
    assert [("enrollment", key(USER), "complete", "superseded"), event] == ran.outcomes
    assert {"examined": 1, "superseded": 1} == ran.summary
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", session_id, "pi_webhook") == tuple(
        item[name] for name in ("paymentStatus", "stripeSessionId", "stripePaymentIntentId")
    )
    assert [] == worlds.read_events(sandbox)


def test_second_customer_of_a_student_is_superseded(sandbox: Sandbox) -> None:
    """Of two paid enrollments whose sessions name two customers, both are completed; the student has the first."""
    worlds.put_basics(sandbox, USER)
    enrolled_at = worlds.text_of(worlds.now(sandbox) - 3600 * worlds.HOURS_AGO)
    for course, customer in ((COURSE, "cus_1"), ("OTHER", "cus_2")):
        session_id = worlds.seed(sandbox, USER, course_id=course, customer=customer)
        item = enrollment_item(USER, course, enrolled_at, stripeSessionId=session_id)
        worlds.put_items(sandbox, [course_item(course, "99.99"), item])
    ran = worlds.reconcile(sandbox)
    assert (0, {"examined": 2, "complete": 2}) == (ran.exit_code, ran.summary)
    changes = {(change["outcome"], change["after"]["stripeCustomerId"]): change.get("error")
               for change in ran.report["changes"] if change["kind"] == "student"}  # fmt: skip
    student = worlds.read_item(sandbox, USER, "METADATA")
    assert student is not None
    kept = str(student["stripeCustomerId"])
    other = {"cus_1": "cus_2", "cus_2": "cus_1"}[kept]
    assert {
        ("applied", kept): None,
        ("superseded", other): f"student {USER} already has another Stripe customer",
    } == changes
    assert {f"{USER}/{COURSE}": "completed", f"{USER}/OTHER": "completed"} == worlds.read_statuses(sandbox)
    assert [COURSE, "OTHER"] == sorted(
        (event["courseId"] for event in worlds.read_events(sandbox)), key=[COURSE, "OTHER"].index
    )
    assert [] == worlds.reconcile(sandbox).outcomes


@pytest.mark.parametrize("edit", [{"stripeSessionId": "cs_test_new"}, {"enrolledAt": "2026-11-01T00:00:00.000Z"}])
def test_new_checkout_in_between_is_left(sandbox: Sandbox, edit: dict[str, str]) -> None:
    """A pending item that meanwhile belongs to another checkout is not completed by what was read before."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    process = _held_at_its_write(sandbox)
    _set(sandbox, **edit)
    ran = _released(sandbox, process)
    assert (0, 1) == (ran.exit_code, ran.summary["superseded"])
    assert {key(USER): "pending"} == worlds.read_statuses(sandbox)


def test_other_attributes_may_change_meanwhile(sandbox: Sandbox) -> None:
    """Progress made between read and write is kept, and hinders nothing."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    process = _held_at_its_write(sandbox)
    _set(sandbox, progress=Decimal(40), note="kept")
    assert 0 == _released(sandbox, process).exit_code
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", Decimal(40), "kept") == (item["paymentStatus"], item["progress"], item["note"])


def test_enrollment_removed_meanwhile_is_not_made_again(sandbox: Sandbox) -> None:
    """A pending item that is gone when it is to be completed stays gone."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    process = _held_at_its_write(sandbox)
    sandbox.dynamodb().delete_item(Key={"PK": f"USER#{USER}", "SK": f"COURSE#{COURSE}"})
    ran = _released(sandbox, process)
    assert (0, 1) == (ran.exit_code, ran.summary["superseded"])
    assert {} == worlds.read_statuses(sandbox)


def test_release_of_what_was_paid_meanwhile(sandbox: Sandbox) -> None:
    """A pending item that was completed before its release is kept."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, "expired")
    process = _held_at_its_write(sandbox, "DeleteItem", "--release-expired")
    _set(sandbox, paymentStatus="completed")
    ran = _released(sandbox, process)
    assert (0, [("enrollment", key(USER), "release", "superseded")]) == (ran.exit_code, ran.outcomes)
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)


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
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = _end(process)
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
    process = _start(sandbox, "--max-changes", "20")
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = _end(process)
    assert (130, "interrupted; 4 enrollments not applied") == (ran.exit_code, ran.report["error"]["message"])


def test_ctrl_c_while_reading(sandbox: Sandbox) -> None:
    """Ctrl-C between two requests for sessions ends the reading: exit 130, a report, nothing written."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    seq = last_entry(sandbox)
    sandbox.control.add_fault("hold", operation="GET /v1/checkout/sessions")
    process = _start(sandbox, "--since", "3d")
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    ran = _end(process)
    message = "interrupted; not every enrollment was examined"
    assert (130, message, []) == (ran.exit_code, ran.report["error"]["message"], ran.changes)
    assert [] == writes_since(sandbox, seq)


def test_price_of_the_course_is_noted(sandbox: Sandbox) -> None:
    """Whoever paid an older price is in; the report notes both amounts."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = worlds.reconcile(sandbox)
    assert "paid 99.99 usd, the course costs 149.99 usd" == ran.changes[0]["reason"]


def _start(sandbox: Sandbox, *args: str) -> Started:
    return sandbox.start(*worlds.RECONCILE, *args)


def _end(process: Started) -> Ran:
    stdout, stderr = process.communicate(timeout=100)
    return worlds.Ran.read(process.returncode, stdout, stderr)


def _held_at_its_write(sandbox: Sandbox, operation: str = UPDATE, *args: str) -> Started:
    sandbox.control.add_fault("hold", operation=operation)
    process = _start(sandbox, *args)
    sandbox.control.wait_held(timeout=60)
    return process


def _released(sandbox: Sandbox, process: Started) -> Ran:
    sandbox.control.release()
    return _end(process)


def _set(sandbox: Sandbox, **attributes: Any) -> None:
    """Set attributes of the enrollment, as a webhook or the site does."""
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    sandbox.dynamodb().put_item(Item={**item, **attributes})
