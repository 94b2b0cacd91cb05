"""`--replace`: a checkout in place of a session that enrolls nobody any more, and of no other."""

import pytest

from tests.checkout import worlds
from tests.checkout.formers import OVER, PROGRESS, THEIRS, put_theirs
from tests.checkout.worlds import COURSE, CREATE_SESSION, UPDATE, USER
from tests.kills import only_writes
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

COMMANDS = [("checkout", "create"), ("enrollments", "create")]
RELEASE = f"lmx enrollments release {COURSE} --user {USER}"


def _create(sandbox: Sandbox, *args: str, command: tuple[str, str] = ("checkout", "create")) -> worlds.Ran:
    return worlds.run(sandbox, *command, COURSE, "--user", USER, *args)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("former", OVER)
def test_session_that_is_over_is_replaced(sandbox: Sandbox, former: str, command: tuple[str, str]) -> None:
    """Refused at first, with both ways out; then a new session, and the progress is as it was."""
    old = OVER[former](sandbox)
    before = last_entry(sandbox)
    refused = _create(sandbox, command=command)
    assert (1, "failed.complete") == (refused.exit_code, refused.error[0])
    assert (True, True) == ("--replace" in refused.error[1], RELEASE in refused.error[1])
    assert [] == writes_since(sandbox, before)
    with only_writes(sandbox, UPDATE, CREATE_SESSION, UPDATE):
        data = _create(sandbox, "--replace", command=command).data
    assert old != data["session_id"] == worlds.only_session(sandbox)
    item = worlds.read_enrollment(sandbox) or {}
    assert PROGRESS == {name: item[name] for name in PROGRESS}
    with only_writes(sandbox):
        assert {**data, "reused": True} == _create(sandbox, "--replace", command=command).data


@pytest.mark.parametrize("former", THEIRS)
def test_session_of_somebody_else_is_replaced_and_left_as_it_is(sandbox: Sandbox, former: str) -> None:
    """Whoever's it is may still pay it: it is never expired."""
    theirs = put_theirs(sandbox, former)
    refused = _create(sandbox)
    code = "failed.complete" if "paid" in former else "failed.foreign_session"
    assert (1, code, True) == (refused.exit_code, refused.error[0], RELEASE in refused.error[1])
    with only_writes(sandbox, UPDATE, CREATE_SESSION, UPDATE):
        data = _create(sandbox, "--replace").data
    item = worlds.read_enrollment(sandbox) or {}
    assert {**PROGRESS, "stripeSessionId": data["session_id"]} == {
        name: item[name] for name in (*PROGRESS, "stripeSessionId")
    }
    after = sandbox.stripe().v1.checkout.sessions.retrieve(theirs.id)
    assert ("complete" if "paid" in former else "open") == after.status


def test_dry_run_says_what_is_left_behind(sandbox: Sandbox) -> None:
    """It names the former session and why it is of no use, and writes nothing."""
    old = OVER["refunded"](sandbox)
    with only_writes(sandbox):
        would = _create(sandbox, "--replace", "--dry-run").data["would"]
    assert [
        f"Would start afresh: {old} was refunded in full.",
        f"Would write the pending enrollment {USER}/{COURSE}.",
    ] == would[:2]


def _paid(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    sandbox.control.pay(worlds.created(sandbox)["session_id"])


def _processing(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    sandbox.control.pay(worlds.created(sandbox)["session_id"], "delayed")


def _disputed(sandbox: Sandbox) -> None:
    _paid(sandbox)
    sandbox.control.dispute(worlds.sessions(sandbox)[0].id)


def _missing(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    worlds.put_enrollment(sandbox, stripeSessionId="cs_test_gone")


def _enrolled(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    worlds.put_enrollment(sandbox, paymentStatus="completed")


def _of_the_site(sandbox: Sandbox) -> None:
    session = worlds.make_session(sandbox, worlds.on_sale(sandbox), cancel_url=worlds.SITE)
    worlds.put_enrollment(sandbox, stripeSessionId=session.id)


REFUSED = {
    "paid": (_paid, "failed.complete", "lmx enrollments reconcile"),
    "processing": (_processing, "failed.complete", "Wait until the payment arrives or fails."),
    "disputed": (_disputed, "failed.complete", "Wait until the bank has decided."),
    "missing": (_missing, "failed.missing_session", "--allow-missing-session"),
    "enrolled": (_enrolled, "invalid.enrolled", "Nothing to do"),
    "open, of the site": (_of_the_site, "failed.foreign_session", "Let the student pay that one"),
}


@pytest.mark.parametrize("state", REFUSED)
def test_nothing_else_is_replaced(sandbox: Sandbox, state: str) -> None:
    """What is paid, or may still be, is refused with the reason, and stays."""
    build, code, remedy = REFUSED[state]
    build(sandbox)
    with only_writes(sandbox):
        ran = _create(sandbox, "--replace")
    assert (1, code, True) == (ran.exit_code, ran.error[0], remedy in ran.error[1]), ran.error


def test_free_course_has_no_session_to_replace(sandbox: Sandbox) -> None:
    """The option would do nothing there, so it is refused."""
    worlds.put_student(sandbox)
    worlds.put_course(sandbox, COURSE, None, pricingModel="free")
    with only_writes(sandbox):
        ran = _create(sandbox, "--replace", command=("enrollments", "create"))
    assert (1, "invalid.replace") == (ran.exit_code, ran.error[0])
