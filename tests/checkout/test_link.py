"""`checkout link`: one active link per course, found again, replaced when the price changed, crash-safe."""

from urllib.parse import parse_qs, urlsplit

import pytest

from learnermax_cli.core.ownership import decode_reference
from tests.checkout import worlds
from tests.checkout.worlds import COURSE, CREATE_LINK, EMAIL, ENV, RETURN_PAGE, UPDATE_LINK, USER
from tests.ran import last_entry, writes_since
from tests.running import Sandbox


def _link(sandbox: Sandbox, *args: str) -> worlds.Ran:
    return worlds.run(sandbox, "checkout", "link", COURSE, *args)


def _new_price(sandbox: Sandbox, price: str = "149.99") -> None:
    assert 0 == sandbox.run("courses", "set-price", COURSE, price).returncode
    assert 0 == sandbox.run("products", "sync", "--yes").returncode


def test_query_of_the_site_is_kept(sandbox: Sandbox) -> None:
    """The page that buyers are sent to is joined as a URL."""
    worlds.on_sale(sandbox)
    ran = worlds.run(
        sandbox, "checkout", "link", worlds.COURSE, env={"FRONTEND_URL": "https://x.test/school/?ref=mail"}
    )
    assert 0 == ran.exit_code, ran.stderr
    (link,) = sandbox.stripe().v1.payment_links.list().data
    page = "https://x.test/school/enrollment/return?ref=mail&session_id={CHECKOUT_SESSION_ID}"
    assert link.after_completion.redirect is not None
    assert page == link.after_completion.redirect.url


def test_link_is_made_once(sandbox: Sandbox) -> None:
    """The first run makes the link, the second finds it and writes nothing; stdout is the URL alone."""
    worlds.on_sale(sandbox)
    first = _link(sandbox).data
    before = last_entry(sandbox)
    again = sandbox.run("checkout", "link", COURSE, env=ENV)
    assert [] == writes_since(sandbox, before)
    assert f"{first['url']}\n" == again.stdout
    assert [first["link_id"]] == [link.id for link in worlds.active_links(sandbox)]


def test_student_who_could_pay_twice_is_an_annotation(sandbox: Sandbox) -> None:
    """The session of a pending enrollment may be paid, too: the report warns of it, and GitHub shows it at the run."""
    worlds.on_sale(sandbox)
    worlds.put_student(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    done = sandbox.run("checkout", "link", COURSE, "--user", USER, "-q", env={**ENV, "GITHUB_ACTIONS": "true"})
    warning = f"{USER}/{COURSE} is pending with {session_id}: the student could pay twice"
    assert [f"Warning: {warning}", f"::warning title=lmx checkout link::{warning}"] == done.stderr.splitlines()


def test_link_sells_the_course(sandbox: Sandbox) -> None:
    """Price, marker on link and payment intent, and the site's return page."""
    price_id = worlds.on_sale(sandbox)
    link_id = _link(sandbox).data["link_id"]
    link = sandbox.stripe().v1.payment_links.retrieve(link_id, {"expand": ["line_items"]}).to_dict()
    assert [(price_id, 1)] == [(item["price"]["id"], item["quantity"]) for item in link["line_items"]["data"]]
    assert (worlds.marker(COURSE), worlds.marker(COURSE)) == (
        link["metadata"],
        link["payment_intent_data"]["metadata"],
    )
    assert RETURN_PAGE == link["after_completion"]["redirect"]["url"]


@pytest.mark.parametrize("user", [USER, "user+7@example.com", "Jürgen 7"])
def test_student_goes_with_the_url(sandbox: Sandbox, user: str) -> None:
    """The URL carries a reference that Stripe does not drop and that stands for the student, and the email."""
    worlds.synced_course(sandbox)
    worlds.put_student(sandbox, user)
    url = _link(sandbox, "--user", user).data["url"]
    query = parse_qs(urlsplit(url).query)
    assert [EMAIL] == query["prefilled_email"]
    assert user == decode_reference(query["client_reference_id"][0])
    paid = sandbox.control.pay(url)
    session = sandbox.stripe().v1.checkout.sessions.retrieve(paid.id)
    assert user == decode_reference(session.client_reference_id or "")


def test_link_is_replaced_when_the_price_changes(sandbox: Sandbox) -> None:
    """A new link sells the new price; the old one is made inactive, with a message on stderr."""
    worlds.on_sale(sandbox)
    old = _link(sandbox).data["link_id"]
    _new_price(sandbox)
    ran = _link(sandbox)
    assert (False, [old]) == (ran.data["reused"], ran.data["replaced"])
    assert [ran.data["link_id"]] == [link.id for link in worlds.active_links(sandbox)]
    assert old in ran.stderr


def test_price_that_comes_back_gets_a_link_of_its_own(sandbox: Sandbox) -> None:
    """With prices A, B, A in a day the last link is active, although Stripe remembers the first one's key."""
    worlds.on_sale(sandbox)
    seen = [_link(sandbox).data["link_id"]]
    for price in ("149.99", "99.99"):
        _new_price(sandbox, price)
        seen.append(_link(sandbox).data["link_id"])
    assert seen[-1:] == [link.id for link in worlds.active_links(sandbox)]
    assert 3 == len(set(seen))


def test_link_made_inactive_by_hand_is_made_anew(sandbox: Sandbox) -> None:
    """The replayed answer of the first create is not believed."""
    worlds.on_sale(sandbox)
    old = _link(sandbox).data["link_id"]
    sandbox.stripe().v1.payment_links.update(old, {"active": False})
    new = _link(sandbox).data["link_id"]
    assert (True, [new]) == (new != old, [link.id for link in worlds.active_links(sandbox)])


def test_foreign_links_are_left_alone(sandbox: Sandbox) -> None:
    """A link without our marker, or of another environment, stays active and is not returned."""
    price_id = worlds.on_sale(sandbox)
    foreign = [
        sandbox.stripe()
        .v1.payment_links.create({"line_items": [{"price": price_id, "quantity": 1}], "metadata": metadata})
        .id
        for metadata in ({"courseId": COURSE}, worlds.marker(COURSE, "preview"))
    ]
    ours = _link(sandbox).data["link_id"]
    assert {ours, *foreign} == {link.id for link in worlds.active_links(sandbox)}


POINTS = [(index, when) for index in range(2) for when in ("before", "after")]


@pytest.mark.parametrize(("index", "when"), POINTS)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, index: int, when: str) -> None:
    """A run killed at either of its writes leaves, once run again, one active link with the new price."""
    worlds.on_sale(sandbox)
    _link(sandbox)
    _new_price(sandbox)
    before = last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start("checkout", "link", COURSE, env=ENV)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    process.wait()
    sandbox.control.release()
    link_id = _link(sandbox).data["link_id"]
    assert [link_id] == [link.id for link in worlds.active_links(sandbox)]
    assert {CREATE_LINK, UPDATE_LINK} >= set(writes_since(sandbox, before))


@pytest.mark.slow
def test_stored_failures_are_overcome_by_the_next_run(sandbox: Sandbox) -> None:
    """After a run that gave up on stored failures, the next one makes the link under a key that holds none."""
    worlds.on_sale(sandbox)
    sandbox.control.add_fault("error", operation=CREATE_LINK, times=None, when="before", stored=True)
    failed = _link(sandbox)
    assert (1, "failed.stripe") == (failed.exit_code, failed.error[0])
    sandbox.control.clear_faults()
    link_id = _link(sandbox).data["link_id"]
    assert [link_id] == [link.id for link in worlds.active_links(sandbox)]


def test_dry_run_writes_nothing(sandbox: Sandbox) -> None:
    """A dry run says what would be made and what would become inactive."""
    worlds.on_sale(sandbox)
    old = _link(sandbox).data["link_id"]
    _new_price(sandbox)
    before = last_entry(sandbox)
    done = sandbox.run("checkout", "link", COURSE, "--dry-run", env=ENV)
    assert (
        f"Would create a payment link for Course {COURSE}, 149.99 usd.\nWould make link {old} inactive.\n"
        == done.stdout
    )
    assert [] == writes_since(sandbox, before)


def test_enrolled_student_gets_no_link(sandbox: Sandbox) -> None:
    """A student who is in would pay for nothing."""
    worlds.on_sale(sandbox)
    worlds.put_enrollment(sandbox, paymentStatus="completed")
    ran = _link(sandbox, "--user", USER)
    assert (1, "invalid.enrolled") == (ran.exit_code, ran.error[0])


def test_sync_reports_links_of_an_old_price(sandbox: Sandbox) -> None:
    """A sync that changes the price names the link that still sells the old one, and so does the next; then no more."""
    worlds.on_sale(sandbox)
    link_id = _link(sandbox).data["link_id"]
    assert 0 == sandbox.run("courses", "set-price", COURSE, "149.99").returncode
    for exit_code in (0, 8):
        args = ("--exit-code",) if exit_code else ()
        ran = worlds.run(sandbox, "products", "sync", "--yes", *args)
        assert exit_code == ran.exit_code
        stale = [(f["kind"], f["key"], link_id in f["detail"]) for f in ran.report["findings"]]
        assert [("stale link", COURSE, True)] == stale
    _link(sandbox)
    assert [] == worlds.run(sandbox, "products", "sync", "--yes", "--exit-code").report["findings"]


def test_sync_goes_on_without_permission_for_links(sandbox: Sandbox) -> None:
    """A restricted key that may not read links syncs all the same, and says what it did not check."""
    key = sandbox.control.add_key(kind="restricted", permissions={"product": "write", "price": "write"})["value"]
    ran = worlds.run(sandbox, "products", "sync", "-e", "preview", env={"STRIPE_SECRET_KEY": key})
    assert (0, []) == (ran.exit_code, ran.report["changes"])
    assert "payment links were not checked" in ran.report["warnings"][0]
