"""Access follows the money, through the real SDKs: found, taken away, given back, and settled."""

from typing import Any

import pytest

from tests.doctor.worlds import PREVIEW, restricted_key
from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled

USER = "user-7"
SINCE, REVOKE = ("--since", "3d"), ("--since", "3d", "--revoke")
HOUR = 3600


def _enrolled(sandbox: Sandbox, **attributes: Any) -> str:
    """Put a student who paid thirty hours ago and is in; return the session."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    worlds.reconcile(sandbox)
    worlds.read_events(sandbox)
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    sandbox.dynamodb().put_item(Item={**item, "progress": 40, **attributes})
    return session_id


def _item(sandbox: Sandbox) -> dict[str, Any]:
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    return item


def _events(sandbox: Sandbox) -> int:
    return len(worlds.read_events(sandbox))


def test_refund_is_found_and_nothing_is_taken_away(sandbox: Sandbox) -> None:
    """By default, with the command that takes access away."""
    session_id = _enrolled(sandbox)
    sandbox.control.refund(session_id)
    before, seq = _item(sandbox), last_entry(sandbox)
    ran = worlds.reconcile(sandbox, *SINCE, "--exit-code")
    detail = f"{session_id} was refunded in full; other payments were not looked for (--revoke looks first); "
    detail += f"to let the student stay: lmx enrollments keep {worlds.COURSE} --user {USER} --reason goodwill"
    remedy = f"lmx enrollments reconcile --course {worlds.COURSE} --user {USER} --revoke"
    found = {"kind": "in, but refunded", "key": key(USER), "detail": detail, "remedy": remedy, "url": None}
    assert [found] == ran.report["findings"]
    assert (8, before, []) == (ran.exit_code, _item(sandbox), writes_since(sandbox, seq))


def test_access_is_taken_away_once_and_given_back_when_the_refund_fails(sandbox: Sandbox) -> None:
    """Everything but the status stays; what stays void is settled; a refund that fails restores, without a mail."""
    session_id = _enrolled(sandbox)
    before = _item(sandbox)
    sandbox.control.refund(session_id)
    dry = worlds.reconcile(sandbox, *REVOKE, "--dry-run")
    assert before == _item(sandbox)
    ran = worlds.reconcile(sandbox, *REVOKE)
    assert [("enrollment", key(USER), "revoke", "applied")] == ran.outcomes
    assert dry.changes == ran.changes
    revoked = _item(sandbox)
    at = revoked["accessRevokedAt"]
    taken = {"paymentStatus": "pending", "accessRevokedAt": at, "accessRevokedReason": "refunded"}
    assert {**before, **taken} == revoked
    again = worlds.reconcile(sandbox, *REVOKE, "--exit-code")
    assert (0, [], [], 1) == (again.exit_code, again.changes, again.findings, again.summary["revoked"])
    sandbox.control.change_refund(session_id, "failed")
    ran = worlds.reconcile(sandbox, *SINCE)
    assert [("enrollment", key(USER), "restore", "applied")] == ran.outcomes
    assert (before, 0) == (_item(sandbox), _events(sandbox))
    assert [] == worlds.reconcile(sandbox, *REVOKE).changes


@pytest.mark.parametrize(
    ("variable", "flags", "taken"),
    [
        ("1", (), True),
        ("1", ("--no-revoke",), False),
        ("0", (), False),
        ("0", ("--revoke",), True),
        ("", (), False),
    ],
)
def test_variable_sets_it_everywhere_and_the_flag_wins(
    sandbox: Sandbox, variable: str, flags: tuple[str, ...], *, taken: bool
) -> None:
    """LMX_REVOKE is 1 or 0; a run may say otherwise."""
    sandbox.control.refund(_enrolled(sandbox))
    ran = worlds.reconcile(sandbox, *SINCE, *flags, env={"LMX_REVOKE": variable})
    assert (["revoke"] if taken else []) == [change["action"] for change in ran.changes]


def test_variable_that_makes_no_sense_is_refused(sandbox: Sandbox) -> None:
    """Nobody loses access by a guess."""
    done = sandbox.run("enrollments", "reconcile", env={"LMX_REVOKE": "true"})
    said = ["Error: LMX_REVOKE is 'true', not 1 or 0", "  Set LMX_REVOKE to 1 or 0."]
    assert (3, said) == (done.returncode, done.stderr.splitlines())


@pytest.mark.parametrize(
    ("status", "changes"), [("lost", ["revoke"]), ("needs_response", []), ("won", []), ("warning_closed", [])]
)
def test_dispute(sandbox: Sandbox, status: str, changes: list[str]) -> None:
    """Only one that was lost takes access away; an open one is a finding, however old its payment."""
    session_id = _enrolled(sandbox)
    sandbox.control.dispute(session_id)
    if status != "needs_response":
        sandbox.control.change_dispute(session_id, status)
    ran = worlds.reconcile(sandbox, *REVOKE)
    assert changes == [change["action"] for change in ran.changes]
    assert ([("in, but disputed", key(USER))] if status == "needs_response" else []) == ran.findings


def test_dispute_of_an_earlier_window_is_counted(sandbox: Sandbox) -> None:
    """It was reported when it began."""
    sandbox.control.dispute(_enrolled(sandbox))
    sandbox.control.advance_clock(4 * 86_400)
    ran = worlds.reconcile(sandbox, *SINCE)
    assert ([], 1) == (ran.findings, ran.summary["disputed"])


def test_who_paid_again_stays_in(sandbox: Sandbox) -> None:
    """The item is pointed at the payment that holds: found in the window, by the customer, or by the address."""
    first = _enrolled(sandbox)
    second = worlds.seed(sandbox, USER, id="cs_test_second", offset=-60 * 86_400)
    email = student_item(USER)["email"]
    sandbox.control.refund(first)
    assert email
    ran = worlds.reconcile(sandbox, *REVOKE)
    assert [("enrollment", key(USER), "update", "applied")] == ran.outcomes
    item = _item(sandbox)
    assert ("completed", second, 40) == (item["paymentStatus"], item["stripeSessionId"], item["progress"])
    again = worlds.reconcile(sandbox, *REVOKE)
    assert ([], []) == (again.changes, again.findings)


def test_whom_an_operator_keeps_stays_in(sandbox: Sandbox) -> None:
    """No finding and no change, but counted."""
    sandbox.control.refund(_enrolled(sandbox, accessKeptAt="2026-11-01T00:00:00.000Z", accessKeptReason="goodwill"))
    ran = worlds.reconcile(sandbox, *REVOKE)
    assert ([], [], 1) == (ran.changes, ran.findings, ran.summary["kept"])


def test_revoked_student_buys_again(sandbox: Sandbox) -> None:
    """A new purchase: completed with its mail, progress as it was, and nothing says revoked any more."""
    sandbox.control.refund(_enrolled(sandbox))
    worlds.reconcile(sandbox, *REVOKE)
    new = worlds.seed(sandbox, USER, id="cs_test_new", offset=0)
    ran = worlds.reconcile(sandbox, *SINCE)
    assert ["complete", "publish"] == [change["action"] for change in ran.changes]
    item = _item(sandbox)
    assert ("completed", new, 40, 1) == (
        item["paymentStatus"],
        item["stripeSessionId"],
        item["progress"],
        _events(sandbox),
    )
    assert [] == [name for name in item if name.startswith("accessRevoked")]


def test_sale_through_a_link_is_found(sandbox: Sandbox) -> None:
    """Its payment intent names nobody: the session does."""
    worlds.put_basics(sandbox)
    session_id = worlds.seed(
        sandbox,
        USER,
        id="cs_test_link",
        payment_link="plink_1",
        client_reference_id=USER,
        metadata={"managedBy": "lmx", "environment": "sandbox", "courseId": worlds.COURSE},
    )
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.put_pending(sandbox, USER, session_id, paymentStatus="completed")
    sandbox.control.refund(session_id)
    ran = worlds.reconcile(sandbox, "--since", "1h")
    assert [("in, but refunded", key(USER))] == ran.findings


def test_open_session_is_expired_before_another_payment_completes(sandbox: Sandbox) -> None:
    """Nobody pays twice: first the session that the item names ends, then the item completes."""
    worlds.put_basics(sandbox, USER)
    opened = worlds.seed(sandbox, USER, "open", id="cs_test_open", offset=-HOUR)
    worlds.put_pending(sandbox, USER, opened, hours=1)
    worlds.seed(sandbox, USER, id="cs_test_paid", offset=-2 * HOUR)
    ran = worlds.reconcile(sandbox, *SINCE)
    assert [
        ("session", opened, "expire", "applied"),
        ("enrollment", key(USER), "complete", "applied"),
        ("event", key(USER), "publish", "applied"),
    ] == ran.outcomes
    assert ("expired", 1) == (sandbox.control.read_session(opened).status, ran.summary["expire"])
    assert "cs_test_paid" == _item(sandbox)["stripeSessionId"]


def test_key_without_a_permission_does_the_rest(sandbox: Sandbox) -> None:
    """What was not looked at is named; what was paid is decided on all the same."""
    marker = {"managedBy": "lmx", "environment": "preview", "userId": USER, "courseId": worlds.COURSE}
    worlds.seed(sandbox, USER, metadata=marker)
    env = {**PREVIEW, "STRIPE_SECRET_KEY": restricted_key(sandbox, "dispute")}
    ran = worlds.reconcile(sandbox, *SINCE, env=env)
    assert (0, [("paid, not enrolled", key(USER))]) == (ran.exit_code, ran.findings)
    assert [warning for warning in ran.report["warnings"] if warning.startswith("disputes were not looked at")]


@pytest.mark.parametrize("args", sampled([SINCE, REVOKE, (), ("--strategy", "retrieve")], 4))
def test_disputed_payment_that_cannot_be_read_keeps_nobody_else_out(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """Without the permission for disputes it counts as open, a finding; who paid is let in; one warning."""
    users = ("disputed", "paid", "again")
    worlds.put_basics(sandbox)
    for user in users:
        marker = {"managedBy": "lmx", "environment": "preview", "userId": user, "courseId": worlds.COURSE}
        session_id = worlds.put_bought(sandbox, user, metadata=marker)
        if user != "paid":
            sandbox.control.dispute(session_id)
    env = {"LMX_ENVIRONMENT": "preview", "STRIPE_SECRET_KEY": restricted_key(sandbox, "dispute")}
    ran = worlds.reconcile(sandbox, *args, env=env)
    assert (0, [("enrollment", key("paid"), "complete", "applied"), ("event", key("paid"), "publish", "applied")]) == (
        ran.exit_code,
        ran.outcomes,
    )
    assert [("disputed", key("again")), ("disputed", key("disputed"))] == sorted(ran.findings)
    said = [warning for warning in ran.report["warnings"] if "not looked at" in warning]
    assert (1, True) == (len(said), "lacks dispute_read" in said[0])
