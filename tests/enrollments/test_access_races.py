"""Access that is taken away, given back or decided on by hand while somebody else writes: never shown as applied."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.test_access_crash import BY_HAND, OTHER, OWN, REVOKE, REVOKED, USER, put
from tests.enrollments.worlds import COURSE, RECONCILE, Ran, key
from tests.running import Sandbox
from tests.webhooks.worlds import put_signing_secret, serving

KEEP, TAKE = ("enrollments", "keep", *BY_HAND), ("enrollments", "revoke", *BY_HAND)
KEPT = {"accessKeptAt": "2026-11-01T00:00:00.000Z", "accessKeptReason": "goodwill"}
COMPLETED = {"paymentStatus": "completed"}


def _put(sandbox: Sandbox, state: str, other: str | None = None, **attributes: Any) -> None:
    worlds.put_basics(sandbox)
    put(sandbox, state, **attributes)
    if other is not None:
        worlds.seed(sandbox, USER, other, id=OTHER)


def _item(sandbox: Sandbox) -> dict[str, Any]:
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    return item


def _run_while(sandbox: Sandbox, command: Sequence[str], edit: dict[str, Any]) -> Ran:
    """Run a command whose item changes between its read and its write."""
    fault = sandbox.control.add_fault("pause", operation="UpdateItem")
    process = sandbox.start(*command)
    sandbox.control.wait_held(timeout=60)
    sandbox.dynamodb().put_item(Item={**_item(sandbox), **edit})
    sandbox.control.release(fault)
    return worlds.end(process)


@pytest.mark.parametrize(
    ("world", "command", "edit", "exit_code"),
    [
        (("refunded", None, COMPLETED), REVOKE, KEPT, 0),
        (("refunded", None, COMPLETED), REVOKE, {"stripeSessionId": "cs_test_new"}, 0),
        (
            ("refunded", None, COMPLETED),
            REVOKE,
            {"paymentStatus": "pending", "accessRevokedAt": "2026-11-02T00:00:00.000Z"},
            0,
        ),
        (("paid", None, REVOKED), RECONCILE, {"accessRevokedAt": "2026-11-02T00:00:00.000Z"}, 0),
        (("paid", None, REVOKED), RECONCILE, KEPT, 0),
        (("refunded", "paid", COMPLETED), REVOKE, {"stripeSessionId": "cs_test_new"}, 0),
        (("refunded", None, REVOKED), KEEP, {"enrolledAt": "2026-11-02T00:00:00.000Z"}, 1),
        (("refunded", None, {}), KEEP, {"stripeSessionId": "cs_test_new"}, 1),
        (("paid", None, COMPLETED), TAKE, KEPT, 1),
    ],
    ids=[
        "kept",
        "other-session",
        "revoked",
        "revoked-again",
        "kept-again",
        "update",
        "keep",
        "keep-pending",
        "by-hand",
    ],
)
def test_item_that_changed_is_left(
    sandbox: Sandbox,
    world: tuple[str, str | None, dict[str, Any]],
    command: Sequence[str],
    edit: dict[str, Any],
    exit_code: int,
) -> None:
    """What is written in between stays as it is, and the change is superseded."""
    state, other, attributes = world
    _put(sandbox, state, other, **attributes)
    before = _item(sandbox)
    ran = _run_while(sandbox, command, edit)
    outcomes = {change["outcome"] for change in ran.report["changes"]}
    assert (exit_code, {"superseded"}, {**before, **edit}) == (ran.exit_code, outcomes, _item(sandbox))
    assert [] == worlds.read_events(sandbox)


@pytest.mark.parametrize(
    ("world", "action", "end"),
    [
        (("refunded", None, COMPLETED), "revoke", ("pending", OWN)),
        (("paid", None, REVOKED), "restore", ("completed", OWN)),
        (("refunded", "paid", COMPLETED), "update", ("completed", OTHER)),
    ],
    ids=["revoke", "restore", "update"],
)
def test_two_runs_side_by_side(
    sandbox: Sandbox, world: tuple[str, str | None, dict[str, Any]], action: str, end: tuple[str, str]
) -> None:
    """One of them does it, for the other it is superseded."""
    state, other, attributes = world
    _put(sandbox, state, other, **attributes)
    sandbox.control.add_fault("pause", operation="UpdateItem", times=2)
    processes = [sandbox.start(*REVOKE), sandbox.start(*REVOKE)]
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ended = [worlds.end(process) for process in processes]
    assert [0, 0] == [ran.exit_code for ran in ended]
    outcomes = sorted(outcome for ran in ended for outcome in ran.outcomes)
    assert [("enrollment", key(USER), action, "applied"), ("enrollment", key(USER), action, "superseded")] == outcomes
    item = _item(sandbox)
    assert (*end, 40, []) == (
        item["paymentStatus"],
        item["stripeSessionId"],
        item["progress"],
        worlds.read_events(sandbox),
    )


def test_new_purchase_that_a_receiver_completes_while_a_run_takes_access_away(sandbox: Sandbox) -> None:
    """The student stays in by the new payment."""
    _put(sandbox, "refunded", **COMPLETED)
    put_signing_secret(sandbox)
    with serving(sandbox) as receiver:
        fault = sandbox.control.add_fault("pause", operation="UpdateItem")
        process = sandbox.start(*REVOKE)
        sandbox.control.wait_held(timeout=60)
        worlds.seed(sandbox, USER, id=OTHER, offset=0)
        status, _ = receiver.deliver(OTHER)
        sandbox.control.release(fault)
        ran = worlds.end(process)
    item = _item(sandbox)
    assert (200, 0, "superseded") == (status, ran.exit_code, ran.outcomes[0][3])
    assert ("completed", OTHER, 40) == (item["paymentStatus"], item["stripeSessionId"], item["progress"])


def test_claim_of_an_item_that_changed_is_not_lost(sandbox: Sandbox) -> None:
    """The session is the student's from then on, and the next run completes the enrollment."""
    worlds.put_basics(sandbox)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    put(sandbox, "refunded", **REVOKED)
    ours = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
    worlds.seed(sandbox, None, id=OTHER, payment_link="plink_1", metadata=ours)
    claim = ("enrollments", "create", COURSE, "--user", USER, "--session", OTHER, "--yes", "-o", "json")
    ran = _run_while(sandbox, claim, {"accessRevokedAt": "2026-11-02T00:00:00.000Z"})
    assert ["applied", "superseded", "superseded"] == [change["outcome"] for change in ran.report["changes"]]
    assert ["complete", "publish"] == [c["action"] for c in worlds.reconcile(sandbox, "--since", "3d").changes]
    item = _item(sandbox)
    assert ("completed", OTHER, 40, 1) == (
        item["paymentStatus"],
        item["stripeSessionId"],
        item["progress"],
        len(worlds.read_events(sandbox)),
    )
