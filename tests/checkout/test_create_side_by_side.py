"""Two checkouts at once, and enrollments that change between a checkout's reading and its writing."""

import json
from typing import Any

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, CREATE_SESSION, ENV, UPDATE, USER
from tests.running import Sandbox
from tests.started import Started


def test_two_first_checkouts_make_one_session(sandbox: Sandbox) -> None:
    """Both runs saw no enrollment; one writes it, the other takes it up, and both print the same session."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, times=2)
    first, second = _start(sandbox), _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ids = [_end(process)["data"]["session_id"] for process in (first, second)]
    assert [worlds.only_session(sandbox)] * 2 == ids


def test_checkout_beside_one_that_is_making_its_session(sandbox: Sandbox) -> None:
    """A second run while the first waits for Stripe takes the same attempt up, under the same key."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", operation=CREATE_SESSION, when="after")
    first = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    second = worlds.created(sandbox)
    sandbox.control.release()
    ids = [second["session_id"], _end(first)["data"]["session_id"]]
    assert [worlds.only_session(sandbox)] * 2 == ids


def test_checkouts_in_different_forms_leave_one_session(sandbox: Sandbox) -> None:
    """Whichever run is last wins, and only its session can be paid."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, times=2)
    first, second = _start(sandbox), _start(sandbox, "--ui", "embedded")
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ids = [_end(process)["data"]["session_id"] for process in (first, second)]
    assert 2 == len(ids)
    assert worlds.only_session(sandbox) in ids


def test_completed_meanwhile_is_not_sold_again(sandbox: Sandbox) -> None:
    """The webhook completes the enrollment while a session is made: that session is ended and the run refused."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", operation=CREATE_SESSION, when="before")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    worlds.put_enrollment(sandbox, paymentStatus="completed", stripeSessionId="cs_test_paid")
    sandbox.control.release()
    assert "invalid.enrolled" == _end(process, 1)["error"]["code"]
    assert [] == worlds.open_sessions(sandbox)


def test_released_meanwhile_begins_anew(sandbox: Sandbox) -> None:
    """The item is released before its session is written: one session is left to pay, and the item names it."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", operation=UPDATE, when="before")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    sandbox.dynamodb().delete_item(Key={"PK": f"USER#{USER}", "SK": f"COURSE#{COURSE}"})
    sandbox.control.release()
    data = _end(process)["data"]
    assert data["session_id"] == worlds.only_session(sandbox)


def test_reply_of_the_past_is_not_believed(sandbox: Sandbox) -> None:
    """An attempt whose session was expired meanwhile starts afresh, although Stripe would replay the expired one."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", operation=UPDATE, when="before")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    process.wait()
    sandbox.control.clear_faults()
    sandbox.control.release()
    dead = worlds.open_sessions(sandbox)
    sandbox.stripe().v1.checkout.sessions.expire(dead[0])
    data = worlds.created(sandbox)
    assert (True, data["session_id"]) == (data["session_id"] not in dead, worlds.only_session(sandbox))


def test_session_that_was_expired_before_its_answer_came_is_not_handed_out(sandbox: Sandbox) -> None:
    """Stripe replays the answer of an open session; it cannot be paid any more: the attempt starts afresh."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("hold", operation=CREATE_SESSION, when="after")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    [former] = worlds.open_sessions(sandbox)
    sandbox.stripe().v1.checkout.sessions.expire(former)
    sandbox.control.release()
    session_id = _end(process)["data"]["session_id"]
    assert [session_id, True] == [worlds.only_session(sandbox), session_id != former]


def test_open_sessions_of_others_and_of_links_are_left_alone(sandbox: Sandbox) -> None:
    """An attempt is resumed beside another student's session, and beside this student's through a payment link."""
    worlds.on_sale(sandbox)
    worlds.put_student(sandbox, "user-8", "eight@example.com")
    link = worlds.run(sandbox, "checkout", "link", COURSE).data["url"]
    others = {
        worlds.created(sandbox, user="user-8")["session_id"],
        sandbox.control.open_link(link, client_reference_id=USER).id,
    }
    worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, 1))
    session_id = worlds.created(sandbox)["session_id"]
    assert others | {session_id} == set(worlds.open_sessions(sandbox))


def test_session_that_soon_ends_is_not_handed_out(sandbox: Sandbox) -> None:
    """An attempt is resumed, and its session stays open for less than half an hour: it starts afresh."""
    worlds.on_sale(sandbox)
    worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, 29.5 / 60))
    sandbox.control.add_fault("hold", operation=CREATE_SESSION, when="after")
    process = _start(sandbox, "--expires-in", "1h")
    sandbox.control.wait_held(timeout=60)
    former = worlds.open_sessions(sandbox)
    sandbox.control.advance_clock(120)
    sandbox.control.release()
    session_id = _end(process)["data"]["session_id"]
    assert (1, session_id) == (len(former), worlds.only_session(sandbox))
    assert [session_id] != former


def _start(sandbox: Sandbox, *args: str) -> Started:
    return sandbox.start("checkout", "create", COURSE, "--user", USER, "-o", "json", *args, env=ENV)


def _end(process: Started, exit_code: int = 0) -> dict[str, Any]:
    stdout, stderr = process.communicate(timeout=100)
    assert exit_code == process.returncode, stderr
    report: dict[str, Any] = json.loads(stdout)
    return report
