"""Ctrl-C while a write of `checkout link` or `checkout expire` is in flight: it is applied, and the report says so."""

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, CREATE_LINK, ENV, EXPIRE_SESSION, UPDATE_LINK
from tests.interrupting import APPLIED, interrupted
from tests.running import Sandbox


def _old_link(sandbox: Sandbox) -> str:
    """Put a course on sale whose link sells a former price; return the link's id."""
    worlds.on_sale(sandbox)
    link_id = worlds.run(sandbox, "checkout", "link", COURSE).data["link_id"]
    assert 0 == sandbox.run("courses", "set-price", COURSE, "149.99").returncode
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    return str(link_id)


def test_session_is_expired(sandbox: Sandbox) -> None:
    """Nobody can pay it any more."""
    worlds.on_sale(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    report = interrupted(sandbox, "checkout", "expire", session_id, operation=EXPIRE_SESSION)
    assert (APPLIED, ["applied"], []) == (
        report["error"],
        [change["outcome"] for change in report["changes"]],
        worlds.open_sessions(sandbox),
    )


def test_old_link_is_made_inactive(sandbox: Sandbox) -> None:
    """The new one alone is active."""
    old = _old_link(sandbox)
    report = interrupted(sandbox, "checkout", "link", COURSE, operation=UPDATE_LINK, env=ENV)
    assert (APPLIED, [old]) == (report["error"], report["data"]["replaced"])
    assert [report["data"]["link_id"]] == [link.id for link in worlds.active_links(sandbox)]


def test_old_link_is_left_to_the_next_run(sandbox: Sandbox) -> None:
    """After the new link was created nothing more begins; the next run makes the old one inactive."""
    old = _old_link(sandbox)
    report = interrupted(sandbox, "checkout", "link", COURSE, operation=CREATE_LINK, env=ENV)
    assert ("interrupted; 1 change not applied", []) == (report["error"]["message"], report["data"]["replaced"])
    assert {report["data"]["link_id"], old} == {link.id for link in worlds.active_links(sandbox)}
    again = worlds.run(sandbox, "checkout", "link", COURSE).data
    assert (report["data"]["link_id"], [old]) == (again["link_id"], again["replaced"])
