"""Reconciles side by side, and what a webhook, the site or an operator writes in between."""

from decimal import Decimal
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, Ran, key
from tests.items import course_item, enrollment_item
from tests.running import Sandbox
from tests.started import Started

USER = "user-7"
UPDATE = "UpdateItem"


def test_two_reconciles_complete_once(sandbox: Sandbox) -> None:
    """Of two runs that both decided to complete, one does and sends the event; the other is superseded."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    sandbox.control.add_fault("hold", operation=UPDATE, times=2)
    first, second = worlds.start(sandbox), worlds.start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ended = [worlds.end(first), worlds.end(second)]
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
    first, second = worlds.start(sandbox, "--since", "3d"), worlds.start(sandbox, "--since", "3d")
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    assert [0, 0] == [worlds.end(first).exit_code, worlds.end(second).exit_code]
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


def _held_at_its_write(sandbox: Sandbox, operation: str = UPDATE, *args: str) -> Started:
    sandbox.control.add_fault("hold", operation=operation)
    process = worlds.start(sandbox, *args)
    sandbox.control.wait_held(timeout=60)
    return process


def _released(sandbox: Sandbox, process: Started) -> Ran:
    sandbox.control.release()
    return worlds.end(process)


def _set(sandbox: Sandbox, **attributes: Any) -> None:
    """Set attributes of the enrollment, as a webhook or the site does."""
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    sandbox.dynamodb().put_item(Item={**item, **attributes})
