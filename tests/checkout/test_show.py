"""`checkout show` and `checkout expire`."""

import pytest

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, USER
from tests.ran import last_entry, writes_since
from tests.running import Sandbox


def _expire(sandbox: Sandbox, session_id: str, *args: str) -> worlds.Ran:
    return worlds.run(sandbox, "checkout", "expire", session_id, *args)


def test_show_says_what_stripe_says(sandbox: Sandbox) -> None:
    """Status, course, student and amount of a session, and never its client secret."""
    worlds.on_sale(sandbox)
    data = worlds.created(sandbox, "--ui", "embedded")
    shown = worlds.run(sandbox, "checkout", "show", data["session_id"]).data
    wanted = {
        "session_id": data["session_id"],
        "status": "open",
        "payment_status": "unpaid",
        "course_id": COURSE,
        "user_id": USER,
        "environment": "sandbox",
        "managed": True,
        "amount": {"amount": 9999, "currency": "usd"},
        "ui": "embedded",
        "url": None,
        "expires_at": data["expires_at"],
    }
    assert wanted == {name: shown[name] for name in wanted}
    text = sandbox.run("checkout", "show", data["session_id"]).stdout
    assert data["client_secret"] not in text
    assert "status: open" in text


def test_show_has_the_payment(sandbox: Sandbox) -> None:
    """A paid session names its payment intent and customer."""
    worlds.on_sale(sandbox)
    paid = sandbox.control.pay(worlds.created(sandbox)["session_id"])
    shown = worlds.run(sandbox, "checkout", "show", paid.id).data
    assert ("complete", "paid", paid.payment_intent, paid.customer) == tuple(
        shown[name] for name in ("status", "payment_status", "payment_intent", "customer")
    )


def test_unknown_session_is_said_to_be_unknown(sandbox: Sandbox) -> None:
    """By both commands."""
    for command in ("show", "expire"):
        ran = worlds.run(sandbox, "checkout", command, "cs_test_gone")
        assert (1, "invalid.unknown_session") == (ran.exit_code, ran.error[0])


@pytest.mark.parametrize("command", ["show", "expire"])
@pytest.mark.parametrize("session_id", ["../products", "..", "%2e%2e/account", "cs_test_1?", "#", "nonsense", "pi_1"])
def test_what_cannot_be_the_id_of_a_session_is_wrong_usage(sandbox: Sandbox, command: str, session_id: str) -> None:
    """Nothing is asked."""
    seq = last_entry(sandbox)
    ran = worlds.run(sandbox, "checkout", command, session_id)
    assert (2, "usage", []) == (ran.exit_code, ran.error[0], sandbox.control.journal(seq))


def test_expire_ends_an_open_session(sandbox: Sandbox) -> None:
    """The session cannot be paid any more; a second run has nothing to do and writes nothing."""
    worlds.on_sale(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    dry = _expire(sandbox, session_id, "--dry-run")
    assert (["planned"], [session_id]) == ([c["outcome"] for c in dry.report["changes"]], worlds.open_sessions(sandbox))
    ran = _expire(sandbox, session_id)
    assert [("session", session_id, "expire", "applied")] == [
        (c["kind"], c["key"], c["action"], c["outcome"]) for c in ran.report["changes"]
    ]
    assert [] == worlds.open_sessions(sandbox)
    before = last_entry(sandbox)
    assert (0, []) == ((again := _expire(sandbox, session_id)).exit_code, again.report["changes"])
    assert [] == writes_since(sandbox, before)


def test_complete_session_cannot_be_expired(sandbox: Sandbox) -> None:
    """What is paid stays paid."""
    worlds.on_sale(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    sandbox.control.pay(session_id)
    ran = _expire(sandbox, session_id)
    assert (1, "failed.complete") == (ran.exit_code, ran.error[0])


def test_session_of_another_maker_is_not_expired(sandbox: Sandbox) -> None:
    """A session of the site, or of another environment, is shown and not ended."""
    price_id = worlds.on_sale(sandbox)
    metadata = {**worlds.marker(COURSE, "preview"), "userId": USER}
    sessions = [worlds.make_session(sandbox, price_id), worlds.make_session(sandbox, price_id, metadata=metadata)]
    for session in sessions:
        ran = _expire(sandbox, session.id)
        assert (5, "guard.foreign_session") == (ran.exit_code, ran.error[0])
        assert 0 == worlds.run(sandbox, "checkout", "show", session.id).exit_code
    assert {session.id for session in sessions} == set(worlds.open_sessions(sandbox))


def test_lost_answer_of_expire_is_made_good(sandbox: Sandbox) -> None:
    """After a stored failure the session is read again: it has expired, and the run reports that."""
    worlds.on_sale(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    sandbox.control.add_fault("error", operation=worlds.EXPIRE_SESSION, when="after", stored=True)
    assert 0 == _expire(sandbox, session_id).exit_code
    assert [] == worlds.open_sessions(sandbox)
