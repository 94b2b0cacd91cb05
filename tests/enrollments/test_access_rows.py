"""What may happen to money, case by case: what a run that may take access away makes of it."""

from collections.abc import Sequence
from typing import Any

import pytest

from tests.checkout.worlds import Ran, create
from tests.enrollments import worlds
from tests.enrollments.test_access_crash import OTHER, OWN, USER
from tests.enrollments.worlds import AMOUNT, COURSE, key
from tests.items import student_item
from tests.running import Sandbox

RUN = ("--since", "3d", "--revoke")
DAY = 86_400
PAID = {"userId": USER, "courseId": COURSE}
BEFORE_180_DAYS = 200


def _put(sandbox: Sandbox, days: float = 2, *, own: dict[str, Any] | None = None, **attributes: Any) -> None:
    """Put a student who paid some days ago and is in."""
    worlds.put_basics(sandbox, USER)
    worlds.seed(sandbox, USER, id=OWN, offset=-days * DAY, **(own or {}))
    intent = sandbox.control.read_session(OWN).payment_intent
    item = {"paymentStatus": "completed", "stripePaymentIntentId": intent, "progress": 40, **attributes}
    worlds.put_pending(sandbox, USER, OWN, days * 24, **item)


def _item(sandbox: Sandbox) -> dict[str, Any]:
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    return item


def _actions(ran: worlds.Ran) -> list[str]:
    return [change["action"] for change in ran.changes]


@pytest.mark.parametrize("refunded", [OWN, OTHER])
def test_refund_of_one_of_two_payments(sandbox: Sandbox, refunded: str) -> None:
    """The other one holds: the item names it, and nobody has paid twice any more."""
    _put(sandbox)
    worlds.seed(sandbox, USER, id=OTHER)
    assert ["paid twice"] == [kind for kind, _ in worlds.reconcile(sandbox, *RUN).findings]
    sandbox.control.refund(refunded)
    ran = worlds.reconcile(sandbox, *RUN)
    assert (["update"] if refunded == OWN else [], []) == (_actions(ran), ran.findings)
    assert (OTHER if refunded == OWN else OWN) == _item(sandbox)["stripeSessionId"]


def test_payment_after_one_that_was_refunded_long_ago(sandbox: Sandbox) -> None:
    """It is the only one: nobody has paid twice, and the item names it."""
    _put(sandbox, 30)
    sandbox.control.refund(OWN)
    sandbox.control.advance_clock(10 * DAY)
    worlds.seed(sandbox, USER, id=OTHER, offset=-DAY)
    ran = worlds.reconcile(sandbox, *RUN)
    assert (["update"], [], OTHER) == (_actions(ran), ran.findings, _item(sandbox)["stripeSessionId"])


@pytest.mark.parametrize("days_between", [0, 10])
def test_refund_in_parts_that_add_up_to_the_whole(sandbox: Sandbox, days_between: int) -> None:
    """Also where only the last part was refunded in the window."""
    _put(sandbox)
    sandbox.control.refund(OWN, 4_000)
    assert [] == _actions(worlds.reconcile(sandbox, *RUN))
    sandbox.control.advance_clock(days_between * DAY)
    sandbox.control.refund(OWN, AMOUNT - 4_000)
    assert ["revoke"] == _actions(worlds.reconcile(sandbox, *RUN))


@pytest.mark.parametrize(("status", "follows"), [("failed", True), ("failed", False), ("canceled", False)])
def test_refund_that_fails_after_access_was_taken_away(sandbox: Sandbox, status: str, follows: bool) -> None:
    """Or is canceled, which has no event of its own: given back, whatever the charge says, however old the refund."""
    _put(sandbox)
    before = _item(sandbox)
    sandbox.control.refund(OWN)
    assert ["revoke"] == _actions(worlds.reconcile(sandbox, *RUN))
    sandbox.control.advance_clock(20 * DAY)
    sandbox.control.change_refund(OWN, status, charge_follows=follows)
    assert ["restore"] == _actions(worlds.reconcile(sandbox))
    assert (before, []) == (_item(sandbox), worlds.read_events(sandbox))


def test_dispute_that_is_won_and_then_lost(sandbox: Sandbox) -> None:
    """Access follows: taken away at the end only, though the dispute began long ago."""
    _put(sandbox)
    sandbox.control.dispute(OWN)
    sandbox.control.change_dispute(OWN, "won")
    assert [] == _actions(worlds.reconcile(sandbox, *RUN))
    sandbox.control.advance_clock(100 * DAY)
    sandbox.control.change_dispute(OWN, "lost")
    assert ["revoke"] == _actions(worlds.reconcile(sandbox, *RUN))
    assert "charged back" == _item(sandbox)["accessRevokedReason"]


@pytest.mark.parametrize(
    ("amount", "refunded", "actions", "findings"),
    [
        (5_000, 0, [], ["in, but partly charged back"]),
        (5_000, 3_000, [], ["in, but partly charged back"]),
        (5_000, 4_500, ["revoke"], []),
        (9_000, 0, ["revoke"], []),
    ],
)
def test_dispute_lost_over_a_part(
    sandbox: Sandbox, amount: int, refunded: int, actions: Sequence[str], findings: Sequence[str]
) -> None:
    """Nine tenths, with the refunds, count as all; less is a finding that `keep` ends."""
    _put(sandbox)
    if refunded:
        sandbox.control.refund(OWN, refunded)
    sandbox.control.dispute(OWN, amount=amount)
    sandbox.control.change_dispute(OWN, "lost")
    ran = worlds.reconcile(sandbox, *RUN)
    assert (actions, findings) == (_actions(ran), [kind for kind, _ in ran.findings])
    if findings:
        words = ("enrollments", "keep", COURSE, "--user", USER, "--reason", "partly charged back", "--yes")
        assert 0 == sandbox.run(*words).returncode
        assert [] == worlds.reconcile(sandbox, *RUN).findings


def test_other_payment_that_was_charged_back_in_part(sandbox: Sandbox) -> None:
    """It counts as paid, so that the item names it: by its session, though only its dispute is in the window."""
    _put(sandbox, 30)
    worlds.seed(sandbox, USER, id=OTHER, offset=-20 * DAY)
    sandbox.control.refund(OWN)
    sandbox.control.dispute(OTHER, amount=1_000)
    sandbox.control.change_dispute(OTHER, "lost")
    ran = worlds.reconcile(sandbox, *RUN)
    assert (["update"], OTHER) == (_actions(ran), _item(sandbox)["stripeSessionId"])


def test_dispute_on_a_payment_of_another_environment(sandbox: Sandbox) -> None:
    """It is not ours: no finding, and nothing is taken away."""
    _put(sandbox)
    other = {"managedBy": "lmx", "environment": "preview", **PAID}
    worlds.seed(sandbox, USER, "dispute_lost", id=OTHER, metadata=other)
    ran = worlds.reconcile(sandbox, *RUN)
    assert ([], []) == (_actions(ran), ran.findings)


@pytest.mark.parametrize(
    "own",
    [
        {"metadata": PAID},
        {"metadata": {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}, "payment_link": "plink_1",
         "client_reference_id": USER},
    ],
    ids=["site", "link"],
)  # fmt: skip
@pytest.mark.parametrize("names_intent", [True, False])
def test_refund_of_a_sale_that_lmx_did_not_begin(sandbox: Sandbox, own: dict[str, Any], names_intent: bool) -> None:
    """Through a link, or by the site without our marker: the session says whose it is."""
    _put(sandbox, 10, own=own)
    if not names_intent:
        item = {name: value for name, value in _item(sandbox).items() if name != "stripePaymentIntentId"}
        sandbox.dynamodb().put_item(Item=item)
    sandbox.control.refund(OWN)
    assert [("in, but refunded", key(USER))] == worlds.reconcile(sandbox, "--since", "3d").findings
    assert ["revoke"] == _actions(worlds.reconcile(sandbox, *RUN))


def test_kept_student_who_is_charged_back(sandbox: Sandbox) -> None:
    """Stays in, without a finding, and is counted."""
    _put(sandbox, accessKeptAt="2026-11-01T00:00:00.000Z", accessKeptReason="goodwill")
    sandbox.control.dispute(OWN)
    ran = worlds.reconcile(sandbox, *RUN)
    assert ([], [], 1) == (_actions(ran), ran.findings, ran.summary["kept"])
    sandbox.control.change_dispute(OWN, "lost")
    ran = worlds.reconcile(sandbox, *RUN)
    assert ([], [], 1) == (_actions(ran), ran.findings, ran.summary["kept"])


@pytest.mark.parametrize("state", ["refunded", "expired", "failed", None])
def test_no_run_removes_a_revoked_item(sandbox: Sandbox, state: str | None) -> None:
    """Whatever became of its session: its progress is worth something."""
    worlds.put_basics(sandbox, USER)
    session_id = None if state is None else worlds.seed(sandbox, USER, state)
    at = worlds.text_of(worlds.now(sandbox) - DAY)
    worlds.put_pending(sandbox, USER, session_id, 48, accessRevokedAt=at, accessRevokedReason="refunded")
    ran = worlds.reconcile(sandbox, *RUN, "--release-expired", "--audit")
    assert ([], 1) == (_actions(ran), ran.summary["revoked"])


@pytest.mark.parametrize(
    ("args", "actions"),
    [
        ((), []),
        (("--since", "3d"), []),
        (("--audit",), ["restore"]),
        (("--course", COURSE), ["restore"]),
        (("--user", USER), ["restore"]),
    ],
    ids=" ".join,
)
def test_revoked_long_ago_is_looked_at_when_asked_for(
    sandbox: Sandbox, args: Sequence[str], actions: list[str]
) -> None:
    """After 180 days the payment is left alone, unless the run is about the item, or about all."""
    at = worlds.text_of(worlds.now(sandbox) - BEFORE_180_DAYS * DAY)
    _put(sandbox, 210, paymentStatus="pending", accessRevokedAt=at, accessRevokedReason="refunded")
    assert actions == _actions(worlds.reconcile(sandbox, *args))


def _revoked_by_a_run(sandbox: Sandbox) -> None:
    _put(sandbox)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    sandbox.control.refund(OWN)
    assert ["revoke"] == _actions(worlds.reconcile(sandbox, *RUN))


@pytest.mark.parametrize("pays", [True, False])
def test_new_purchase_on_a_revoked_item(sandbox: Sandbox, pays: bool) -> None:
    """`--replace` keeps all until it completes; where the old payment is valid again, the new session is expired."""
    _revoked_by_a_run(sandbox)
    refused = create(sandbox)
    assert (1, "invalid.revoked", True) == (refused.exit_code, refused.error[0], "--replace" in refused.error[1])
    before = _item(sandbox)
    new = str(create(sandbox, "--replace").data["session_id"])
    item = _item(sandbox)
    begun = {**before, "stripeSessionId": new, "enrolledAt": item["enrolledAt"]}
    del begun["stripePaymentIntentId"]
    assert begun == item
    if pays:
        sandbox.control.pay(new)
    else:
        sandbox.control.change_refund(OWN)
    assert ["complete", "publish"] == _actions(worlds.reconcile(sandbox, "--since", "3d"))[-2:]
    item = _item(sandbox)
    assert ("completed", new if pays else OWN, 40) == (item["paymentStatus"], item["stripeSessionId"], item["progress"])
    assert ("complete" if pays else "expired") == sandbox.control.read_session(new).status
    assert [] == [name for name in item if name.startswith("accessRevoked")]


def _revoked_by_hand(sandbox: Sandbox) -> None:
    _put(sandbox)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    take = ("enrollments", "revoke", COURSE, "--user", USER, "--reason", "shared the account", "--yes")
    assert 0 == sandbox.run(*take).returncode


@pytest.mark.parametrize("command", [("checkout", "create"), ("enrollments", "release")], ids=" ".join)
def test_revoked_by_hand_though_paid(sandbox: Sandbox, command: tuple[str, str]) -> None:
    """Neither sold again nor released: what helps is to let the student in."""
    _revoked_by_hand(sandbox)
    before = _item(sandbox)
    done = sandbox.run(*command, COURSE, "--user", USER, *(("--yes",) if "release" in command else ()), "-o", "json",
                       env={"FRONTEND_URL": "https://learnermax.example"})  # fmt: skip
    ran = Ran.read(done.returncode, done.stdout, done.stderr)
    keep = f"lmx enrollments keep {COURSE} --user {USER} --reason 'let in again'"
    assert (1, True, before) == (ran.exit_code, keep in ran.error[1], _item(sandbox))


def test_release_of_a_revoked_item_says_what_is_lost(sandbox: Sandbox) -> None:
    """In the plan and in the question."""
    _revoked_by_a_run(sandbox)
    words = ("enrollments", "release", COURSE, "--user", USER)
    planned = sandbox.run(*words, "--dry-run")
    assert "Plan: 1 enrollment to release, and its progress is lost." in planned.stdout
    assert 5 == sandbox.run(*words).returncode
    assert 0 == sandbox.run(*words, "--yes").returncode
    assert {} == worlds.read_statuses(sandbox)
    assert student_item(USER) == worlds.read_item(sandbox, USER, "METADATA")
