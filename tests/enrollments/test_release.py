"""`enrollments release`: removes what is stuck, and never what is paid or may still be."""

import json
from collections.abc import Callable, Mapping

import pytest

from tests.checkout import worlds
from tests.checkout.formers import THEIRS, put_theirs
from tests.checkout.worlds import COURSE, DELETE, USER
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

Build = Callable[[Sandbox], object]


def _release(sandbox: Sandbox, *args: str) -> worlds.Ran:
    return worlds.run(sandbox, "enrollments", "release", COURSE, "--user", USER, *args)


def _created(sandbox: Sandbox) -> str:
    worlds.on_sale(sandbox)
    session_id: str = worlds.created(sandbox)["session_id"]
    return session_id


def _expired(sandbox: Sandbox) -> None:
    sandbox.control.expire(_created(sandbox))


def _failed(sandbox: Sandbox) -> None:
    session = sandbox.control.pay(_created(sandbox), "delayed")
    sandbox.control.settle(session.id, succeed=False)


def _refunded(sandbox: Sandbox) -> None:
    session = sandbox.control.pay(_created(sandbox))
    sandbox.control.refund(session.id)


def _lost_dispute(sandbox: Sandbox) -> None:
    session = sandbox.control.pay(_created(sandbox))
    sandbox.control.dispute(session.id)
    sandbox.control.change_dispute(session.id, "lost")


def _no_session(sandbox: Sandbox) -> None:
    worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, 30))


def _paid(sandbox: Sandbox) -> None:
    sandbox.control.pay(_created(sandbox))


def _processing(sandbox: Sandbox) -> None:
    sandbox.control.pay(_created(sandbox), "delayed")


def _disputed(sandbox: Sandbox) -> None:
    sandbox.control.dispute(sandbox.control.pay(_created(sandbox)).id)


def _paid_through_another(sandbox: Sandbox) -> None:
    price_id = worlds.on_sale(sandbox)
    named = worlds.make_session(sandbox, price_id)
    sandbox.control.expire(named.id)
    worlds.put_enrollment(sandbox, stripeSessionId=named.id, enrolledAt=worlds.ago(sandbox, 0.1))
    sandbox.control.pay(worlds.make_session(sandbox, price_id).id)


def _open_beside(sandbox: Sandbox) -> None:
    price_id = worlds.on_sale(sandbox)
    named = worlds.make_session(sandbox, price_id)
    sandbox.control.expire(named.id)
    worlds.put_enrollment(sandbox, stripeSessionId=named.id, enrolledAt=worlds.ago(sandbox, 0.1))
    worlds.make_session(sandbox, price_id)


STUCK: Mapping[str, Build] = {
    "expired": _expired,
    "failed": _failed,
    "refunded": _refunded,
    "disputed": _lost_dispute,
    "no session": _no_session,
}
KEPT: Mapping[str, tuple[Build, str, str]] = {
    "open": (_created, "failed.not_over", "lmx checkout expire"),
    "paid": (_paid, "failed.paid", "lmx enrollments reconcile"),
    "processing": (_processing, "failed.not_over", "Wait"),
    "disputed": (_disputed, "failed.not_over", "Wait"),
    "paid through another session": (
        _paid_through_another,
        "failed.paid",
        f"lmx enrollments reconcile --course {COURSE} --user {USER} --since ",
    ),
    "open beside": (_open_beside, "failed.not_over", "expire it in the Dashboard"),
}


@pytest.mark.parametrize("state", STUCK)
def test_stuck_enrollment_is_released(sandbox: Sandbox, state: str) -> None:
    """The item is gone and nothing else is written; a second run has nothing to do."""
    STUCK[state](sandbox)
    before = last_entry(sandbox)
    dry = _release(sandbox, "--dry-run")
    assert ["planned"] == [change["outcome"] for change in dry.report["changes"]]
    assert [] == writes_since(sandbox, before)
    ran = _release(sandbox, "--yes")
    assert [("enrollment", f"{USER}/{COURSE}", "release", state, "applied")] == [
        (c["kind"], c["key"], c["action"], c["reason"], c["outcome"]) for c in ran.report["changes"]
    ]
    assert worlds.read_enrollment(sandbox) is None
    assert [DELETE] == writes_since(sandbox, before)
    again = _release(sandbox, "--yes")
    assert (0, []) == (again.exit_code, again.report["changes"])


@pytest.mark.parametrize("former", THEIRS)
def test_session_of_somebody_else_holds_nothing_back(sandbox: Sandbox, former: str) -> None:
    """An item that names another student's, course's or environment's session is released; the session stays."""
    session = put_theirs(sandbox, former)
    before = last_entry(sandbox)
    ran = _release(sandbox, "--yes")
    assert (0, [True]) == (ran.exit_code, [session.id in c["reason"] for c in ran.report["changes"]]), ran.stderr
    assert [DELETE] == writes_since(sandbox, before)
    assert worlds.read_enrollment(sandbox) is None


def test_session_that_contradicts_itself_holds_its_item_while_it_is_open(sandbox: Sandbox) -> None:
    """Of two users that a session names one is this one: what they may pay is not let go of; once paid, it is."""
    session = worlds.make_session(sandbox, worlds.on_sale(sandbox), client_reference_id="user-8")
    worlds.put_enrollment(sandbox, stripeSessionId=session.id)
    assert (1, "failed.not_over") == ((ran := _release(sandbox, "--yes")).exit_code, ran.error[0])
    sandbox.control.pay(session.id)
    assert 0 == _release(sandbox, "--yes").exit_code


@pytest.mark.parametrize("state", KEPT)
def test_enrollment_that_may_be_paid_stays(sandbox: Sandbox, state: str) -> None:
    """The run is refused with the reason and what to do; the item stays."""
    build, code, remedy = KEPT[state]
    build(sandbox)
    before = last_entry(sandbox)
    ran = _release(sandbox, "--yes")
    assert (1, code) == (ran.exit_code, ran.error[0])
    assert remedy in ran.error[1]
    assert [] == writes_since(sandbox, before)


@pytest.mark.parametrize("status", ["completed", "free", "expired"])
def test_enrolled_student_stays(sandbox: Sandbox, status: str) -> None:
    """Nothing is taken away from somebody who is in."""
    item = worlds.put_enrollment(sandbox, paymentStatus=status)
    ran = _release(sandbox, "--yes")
    assert (1, "failed.not_pending") == (ran.exit_code, ran.error[0])
    assert item == worlds.read_enrollment(sandbox)


def test_session_of_another_account_needs_a_flag(sandbox: Sandbox) -> None:
    """A session that Stripe does not have for this key may be paid elsewhere: a guard stops, and names its flag."""
    worlds.put_enrollment(sandbox, stripeSessionId="cs_test_gone")
    ran = _release(sandbox, "--yes")
    assert (5, "guard.missing_session") == (ran.exit_code, ran.error[0])
    assert "--allow-missing-session" in ran.error[1]
    assert 0 == _release(sandbox, "--yes", "--allow-missing-session").exit_code
    assert worlds.read_enrollment(sandbox) is None


def test_release_asks(sandbox: Sandbox) -> None:
    """Without a terminal and without --yes it is refused, naming the flag, and the item stays."""
    worlds.put_enrollment(sandbox)
    ran = _release(sandbox)
    assert (5, True) == (ran.exit_code, "--yes" in ran.error[1])
    assert worlds.read_enrollment(sandbox) is not None


def test_completed_meanwhile_stays(sandbox: Sandbox) -> None:
    """The webhook completes the enrollment before the delete: the condition keeps it."""
    worlds.put_enrollment(sandbox)
    sandbox.control.add_fault("hold", operation=DELETE)
    process = sandbox.start("enrollments", "release", COURSE, "--user", USER, "--yes", "-o", "json")
    sandbox.control.wait_held(timeout=60)
    item = worlds.put_enrollment(sandbox, paymentStatus="completed")
    sandbox.control.release()
    stdout, _ = process.communicate(timeout=60)
    assert (0, "superseded") == (process.returncode, json.loads(stdout)["changes"][0]["outcome"])
    assert item == worlds.read_enrollment(sandbox)


@pytest.mark.parametrize(("code", "exit_code"), [("ValidationException", 1), ("AccessDeniedException", 4)])
def test_delete_that_fails_is_in_the_report(sandbox: Sandbox, code: str, exit_code: int) -> None:
    """The change is there with its error, nothing counts as released, and the item stays."""
    _expired(sandbox)
    sandbox.control.add_fault("error", operation=DELETE, status=400, code=code)
    ran = _release(sandbox, "--yes")
    (change,) = ran.report["changes"]
    assert (exit_code, "failed", {"release": 0}) == (ran.exit_code, change["outcome"], ran.report["summary"])
    assert "releasing enrollment" in change["error"]
    assert worlds.read_enrollment(sandbox) is not None
