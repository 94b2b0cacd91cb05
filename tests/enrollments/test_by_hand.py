"""`enrollments keep` and `revoke`: an operator decides, with a reason on record."""

from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.items import student_item
from tests.products.worlds import Ran
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

USER = "user-7"
REVOKE = ("--since", "3d", "--revoke")


def _decide(sandbox: Sandbox, verb: str, *args: str, reason: str = "goodwill", yes: bool = True) -> Ran:
    words = ("enrollments", verb, COURSE, "--user", USER, "--reason", reason, *(("--yes",) if yes else ()), *args)
    done = sandbox.run(*words, "-o", "json")
    return Ran.read(done.returncode, done.stdout, done.stderr)


def _put(sandbox: Sandbox, state: str = "paid", *, age: int = 30 * 3600, **attributes: Any) -> str:
    """Put a student and an enrollment that names a session of a state, so many seconds old."""
    worlds.put_basics(sandbox)
    worlds.put_items(sandbox, [student_item(USER)])
    session_id = worlds.seed(sandbox, USER, state, offset=-age)
    worlds.put_pending(sandbox, USER, session_id, **attributes)
    return session_id


def _item(sandbox: Sandbox) -> dict[str, Any]:
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    return item


def test_revoke_takes_access_away_and_no_run_gives_it_back(sandbox: Sandbox) -> None:
    """Though the payment is valid; progress stays; done again there is nothing to do, whatever the reason."""
    _put(sandbox, paymentStatus="completed", progress=40)
    before = _item(sandbox)
    dry = _decide(sandbox, "revoke", "--dry-run", reason="never paid")
    assert (0, before) == (dry.exit_code, _item(sandbox))
    ran = _decide(sandbox, "revoke", reason="never paid")
    assert (0, dry.changes) == (ran.exit_code, ran.changes)
    item = _item(sandbox)
    taken = {"paymentStatus": "pending", "accessRevokedReason": "never paid", "accessRevokedBy": "operator"}
    assert {**before, **taken, "accessRevokedAt": item["accessRevokedAt"]} == item
    seq = last_entry(sandbox)
    assert (0, []) == ((again := _decide(sandbox, "revoke", reason="other")).exit_code, again.changes)
    run = worlds.reconcile(sandbox, "--since", "3d", "--audit", "--release-expired")
    assert ([], [], 1, []) == (run.changes, run.findings, run.summary["revoked"], writes_since(sandbox, seq))


def test_keep_gives_back_what_was_revoked(sandbox: Sandbox) -> None:
    """By a run or by hand; without an event, and no run takes it away again."""
    session_id = _put(sandbox, paymentStatus="completed", progress=40)
    before = _item(sandbox)
    sandbox.control.refund(session_id)
    worlds.reconcile(sandbox, *REVOKE)
    ran = _decide(sandbox, "keep")
    assert (0, ["keep"]) == (ran.exit_code, [change["action"] for change in ran.changes])
    item = _item(sandbox)
    assert {**before, "accessKeptAt": item["accessKeptAt"], "accessKeptReason": "goodwill"} == item
    run = worlds.reconcile(sandbox, *REVOKE)
    assert ([], [], 1) == (run.changes, run.findings, run.summary["kept"])
    assert ([], []) == (_decide(sandbox, "keep", reason="other").changes, worlds.read_events(sandbox))
    assert 0 == _decide(sandbox, "revoke").exit_code
    assert [] == [name for name in _item(sandbox) if name.startswith("accessKept")]


def test_free_enrollment_comes_back_free(sandbox: Sandbox) -> None:
    """It was never to be paid."""
    _put(sandbox, "expired", paymentStatus="free", enrollmentType="free")
    assert 0 == _decide(sandbox, "revoke").exit_code
    assert "pending" == _item(sandbox)["paymentStatus"]
    assert 0 == _decide(sandbox, "keep").exit_code
    assert "free" == _item(sandbox)["paymentStatus"]


def test_keep_lets_in_whose_payment_went_back_before_the_first_run(sandbox: Sandbox) -> None:
    """The first time with the mail."""
    _put(sandbox, "refunded")
    ran = _decide(sandbox, "keep")
    assert (0, ["keep", "publish"]) == (ran.exit_code, [change["action"] for change in ran.changes])
    item = _item(sandbox)
    assert ("completed", 1) == (item["paymentStatus"], len(worlds.read_events(sandbox)))
    assert "enrollmentEvent" not in item


@pytest.mark.parametrize(
    ("verb", "state", "message"),
    [
        ("keep", "expired", "is pending, and its session was never paid"),
        ("keep", "paid", "is paid: nothing has to be decided by hand"),
        ("revoke", "open", "is pending: the student was never in"),
    ],
)
def test_refused(sandbox: Sandbox, verb: str, state: str, message: str) -> None:
    """What was never paid is not kept, who never was in is not revoked; nothing is written."""
    _put(sandbox, state)
    seq, ran = last_entry(sandbox), _decide(sandbox, verb)
    assert (1, f"{key(USER)} {message}", []) == (
        ran.exit_code,
        ran.report["error"]["message"],
        writes_since(sandbox, seq),
    )


@pytest.mark.parametrize(
    ("state", "message", "remedy"),
    [
        ("open", "is pending, and its session is open", "Wait until it ends, or expire it"),
        ("processing", "is pending, and its session is processing", "Wait until the payment arrives or fails."),
        ("lost", "names a session that Stripe does not have", "--allow-missing-session"),
    ],
)
def test_keep_names_no_release_that_would_be_refused(sandbox: Sandbox, state: str, message: str, remedy: str) -> None:
    """A session that may still be paid has to end first; one that Stripe does not have takes an option."""
    _put(sandbox, "expired" if state == "lost" else state, age=60)
    if state == "lost":
        worlds.put_pending(sandbox, USER, "cs_test_lost")
    ran = _decide(sandbox, "keep")
    error = ran.report["error"]
    assert (1, True) == (ran.exit_code, error["message"].startswith(f"{key(USER)} {message}"))
    assert remedy in error["hint"]


@pytest.mark.parametrize("verb", ["keep", "revoke"])
def test_who_is_not_enrolled_and_who_does_not_answer(sandbox: Sandbox, verb: str) -> None:
    """No enrollment is 1, no reason is 2, and without a terminal --yes is needed."""
    worlds.put_basics(sandbox)
    ran = _decide(sandbox, verb)
    assert (1, f"{USER} has no enrollment in {COURSE}") == (ran.exit_code, ran.report["error"]["message"])
    assert 2 == _decide(sandbox, verb, reason=" ").exit_code
    _put(sandbox, paymentStatus="completed")
    before = _item(sandbox)
    asked = _decide(sandbox, verb, yes=False)
    assert (5, before) == (asked.exit_code, _item(sandbox))


def test_item_that_changed_is_left(sandbox: Sandbox) -> None:
    """An item changed between read and write is not overwritten."""
    _put(sandbox, paymentStatus="completed")
    fault = sandbox.control.add_fault("hold", operation="UpdateItem")
    process = sandbox.start("enrollments", "revoke", COURSE, "--user", USER, "--reason", "x", "--yes", "-o", "json")
    sandbox.control.wait_held()
    sandbox.dynamodb().put_item(Item={**_item(sandbox), "accessKeptAt": "2026-11-01T00:00:00.000Z"})
    sandbox.control.release(fault)
    stdout, stderr = process.communicate(timeout=60)
    ran = Ran.read(process.returncode, stdout, stderr)
    assert (1, "completed") == (ran.exit_code, _item(sandbox)["paymentStatus"])
