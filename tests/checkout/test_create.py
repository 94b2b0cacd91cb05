"""`checkout create`: what it makes, what it prints, and when it returns the same session again."""

import math
from datetime import datetime

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, EMAIL, ENV, RETURN_PAGE, SITE, USER
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

METADATA = {**worlds.marker(COURSE), "userId": USER}


def test_hosted_prints_the_url_alone(sandbox: Sandbox) -> None:
    """Stdout is the URL and nothing else, however long, with -v too."""
    worlds.on_sale(sandbox)
    done = sandbox.run("checkout", "create", COURSE, "--user", USER, "-v", env=ENV)
    assert 0 == done.returncode
    assert f"{worlds.sessions(sandbox)[0].url}\n" == done.stdout


def test_embedded_prints_the_client_secret_alone_and_nowhere_else(sandbox: Sandbox) -> None:
    """Stdout is the client secret and nothing else; stderr, with -v too, does not have it."""
    worlds.on_sale(sandbox)
    done = sandbox.run("checkout", "create", COURSE, "--user", USER, "--ui", "embedded", "-v", env=ENV)
    session = worlds.sessions(sandbox)[0]
    secret = sandbox.stripe().v1.checkout.sessions.retrieve(session.id).client_secret
    assert f"{secret}\n" == done.stdout
    assert secret
    assert secret not in done.stderr


def test_client_secret_is_not_in_the_step_summary(sandbox: Sandbox) -> None:
    """In GitHub Actions the secret goes to stdout alone; the summary and the outputs are files that others read."""
    worlds.on_sale(sandbox)
    summary, outputs = sandbox.cwd / "summary", sandbox.cwd / "outputs"
    env = {
        **ENV,
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(summary),
        "GITHUB_OUTPUT": str(outputs),
    }
    done = sandbox.run("checkout", "create", COURSE, "--user", USER, "--ui", "embedded", env=env)
    assert 0 == done.returncode
    assert "lmx checkout create" in summary.read_text()
    assert done.stdout.strip() not in summary.read_text()
    assert done.stdout.strip() not in done.stderr


def test_session_carries_all_that_names_it(sandbox: Sandbox) -> None:
    """Metadata on session and payment intent, client_reference_id, price, email, customer_creation and both URLs."""
    price_id = worlds.on_sale(sandbox)
    data = worlds.created(sandbox)
    session = sandbox.stripe().v1.checkout.sessions.retrieve(data["session_id"], {"expand": ["line_items"]})
    assert session.line_items is not None
    assert session.metadata is not None
    prices = [(item.price.id if item.price else None, item.quantity) for item in session.line_items.data]
    assert [(price_id, 1)] == prices
    assert METADATA == session.metadata.to_dict()
    assert (USER, EMAIL, "always", None) == (
        session.client_reference_id,
        session.customer_email,
        session.customer_creation,
        session.customer,
    )
    assert (RETURN_PAGE, f"{SITE}/courses/{COURSE}") == (session.success_url, session.cancel_url)
    sandbox.control.pay(session.id)
    paid = sandbox.stripe().v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert METADATA == paid.to_dict()["payment_intent"]["metadata"]


def test_known_customer_is_used(sandbox: Sandbox) -> None:
    """A student's stripeCustomerId goes into the session in place of the email."""
    worlds.synced_course(sandbox)
    customer = sandbox.stripe().v1.customers.create({"email": EMAIL}).id
    worlds.put_student(sandbox, stripeCustomerId=customer)
    session = sandbox.stripe().v1.checkout.sessions.retrieve(worlds.created(sandbox)["session_id"])
    assert (customer, None) == (session.customer, session.customer_email)


def test_json_holds_the_session(sandbox: Sandbox) -> None:
    """`data` names session, student, course and enrollment status."""
    worlds.on_sale(sandbox)
    ran = worlds.create(sandbox)
    session = worlds.sessions(sandbox)[0]
    expires_at = datetime.fromisoformat(ran.data.pop("expires_at")).timestamp()
    assert session.expires_at == expires_at
    assert {
        "session_id": session.id,
        "url": session.url,
        "client_secret": None,
        "reused": False,
        "course_id": COURSE,
        "user_id": USER,
        "status": "pending",
    } == {name: value for name, value in ran.data.items() if name != "expires_at"}
    assert ("lmx/1", "checkout create", False) == tuple(ran.report[n] for n in ("schema", "command", "dry_run"))


def test_pending_item_is_written_as_the_site_does(sandbox: Sandbox) -> None:
    """Keys, index keys and attributes are the site's own, and the session's id."""
    worlds.on_sale(sandbox)
    data = worlds.created(sandbox)
    item = worlds.read_enrollment(sandbox)
    assert item is not None
    wanted = worlds.enrollment_item(enrolledAt=item["enrolledAt"], stripeSessionId=data["session_id"])
    assert wanted == item
    age = worlds.now(sandbox) - datetime.fromisoformat(item["enrolledAt"])
    assert 0 <= age.total_seconds() < 120


def test_embedded_session_returns_to_the_site(sandbox: Sandbox) -> None:
    """The embedded form has a return page and no other; JSON has the client secret and no URL."""
    worlds.on_sale(sandbox)
    data = worlds.created(sandbox, "--ui", "embedded")
    session = sandbox.stripe().v1.checkout.sessions.retrieve(data["session_id"])
    assert ("embedded_page", RETURN_PAGE) == (session.ui_mode, session.return_url)
    assert (None, session.client_secret) == (data["url"], data["client_secret"])


def test_second_run_returns_the_same_session(sandbox: Sandbox) -> None:
    """An open session for the same price and form is returned again, and nothing is written."""
    worlds.on_sale(sandbox)
    first = worlds.created(sandbox)
    before = last_entry(sandbox)
    assert {**first, "reused": True} == worlds.created(sandbox)
    assert [] == writes_since(sandbox, before)


def test_embedded_session_is_returned_again_with_its_secret(sandbox: Sandbox) -> None:
    """The client secret is there on the second run too."""
    worlds.on_sale(sandbox)
    first = worlds.created(sandbox, "--ui", "embedded")
    assert {**first, "reused": True} == worlds.created(sandbox, "--ui", "embedded")


def test_session_of_the_site_is_returned_again(sandbox: Sandbox) -> None:
    """A session that the site made, for the same price and form, is as good as one of ours."""
    session = worlds.make_session(sandbox, worlds.on_sale(sandbox))
    worlds.put_enrollment(sandbox, stripeSessionId=session.id)
    data = worlds.created(sandbox)
    assert (session.id, True) == (data["session_id"], data["reused"])


def test_open_session_of_the_site_in_another_form_is_left_alone(sandbox: Sandbox) -> None:
    """Lmx ends no session but its own: the run is refused and the session stays."""
    price_id = worlds.on_sale(sandbox)
    session = worlds.make_session(sandbox, price_id, allow_promotion_codes=True)
    item = worlds.put_enrollment(sandbox, stripeSessionId=session.id)
    before = last_entry(sandbox)
    ran = worlds.create(sandbox)
    assert (1, "failed.foreign_session") == (ran.exit_code, ran.error[0])
    assert [] == writes_since(sandbox, before)
    assert item == worlds.read_enrollment(sandbox)


def test_other_form_gets_another_session(sandbox: Sandbox) -> None:
    """Each thing of the form makes it another: the former session is expired first, and one stays to pay."""
    worlds.on_sale(sandbox)
    seen = [worlds.created(sandbox)["session_id"]]
    for options in (
        ["--ui", "embedded"],
        ["--allow-promotion-codes"],
        ["--success-url", f"{SITE}/thanks"],
        ["--cancel-url", f"{SITE}/back"],
        ["--ui", "embedded", "--return-url", f"{SITE}/back"],
    ):
        data = worlds.created(sandbox, *options)
        assert (False, data["session_id"]) == (data["reused"], worlds.only_session(sandbox))
        seen.append(data["session_id"])
    assert 6 == len(set(seen))


def test_other_price_gets_another_session(sandbox: Sandbox) -> None:
    """A session that still asks the former price is expired."""
    worlds.on_sale(sandbox)
    former = worlds.created(sandbox)["session_id"]
    sandbox.run("courses", "set-price", COURSE, "149.99")
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    data = worlds.created(sandbox)
    assert (False, True) == (data["reused"], former != data["session_id"])
    assert data["session_id"] == worlds.only_session(sandbox)


def test_session_that_soon_ends_is_replaced(sandbox: Sandbox) -> None:
    """A session that stays open for less than 30 minutes is not returned again."""
    worlds.on_sale(sandbox)
    former = worlds.created(sandbox, "--expires-in", "1h")["session_id"]
    sandbox.control.advance_clock(29 * 60)
    assert former == worlds.created(sandbox)["session_id"]
    sandbox.control.advance_clock(2 * 60)
    assert former != worlds.created(sandbox)["session_id"]
    worlds.only_session(sandbox)


def test_expired_session_is_replaced(sandbox: Sandbox) -> None:
    """After its end the student gets a new session, and the item a fresh enrolledAt."""
    worlds.on_sale(sandbox)
    former = worlds.created(sandbox)
    before = worlds.read_enrollment(sandbox)
    sandbox.control.advance_clock(25 * 3600)
    data = worlds.created(sandbox)
    after = worlds.read_enrollment(sandbox)
    assert former["session_id"] != worlds.only_session(sandbox)
    assert before is not None
    assert after is not None
    assert {**before, "stripeSessionId": data["session_id"], "enrolledAt": after["enrolledAt"]} == after
    assert before["enrolledAt"] < after["enrolledAt"]


def test_expires_in_is_counted_from_the_enrollment(sandbox: Sandbox) -> None:
    """The session expires when the option says, counted from enrolledAt, kept a little inside Stripe's bounds."""
    worlds.on_sale(sandbox)
    lasting = []
    for text in ("30m", "2h", "24h"):
        data = worlds.created(sandbox, "--expires-in", text, "--success-url", f"{SITE}/{text}")
        item = worlds.read_enrollment(sandbox)
        assert item is not None
        lasts = datetime.fromisoformat(data["expires_at"]) - datetime.fromisoformat(item["enrolledAt"])
        lasting.append(math.ceil(lasts.total_seconds()))  # Stripe takes whole seconds
    assert [31 * 60, 2 * 3600, 24 * 3600 - 10] == lasting


def test_dry_run_writes_nothing(sandbox: Sandbox) -> None:
    """A dry run says what it would do, in each of the cases."""
    worlds.on_sale(sandbox)
    before = last_entry(sandbox)
    done = sandbox.run("checkout", "create", COURSE, "--user", USER, "--dry-run", env=ENV)
    assert (
        f"Would write the pending enrollment {USER}/{COURSE}.\n"
        f"Would create a session for Course {COURSE}, 99.99 usd.\n" == done.stdout
    )
    assert [] == writes_since(sandbox, before)
    session_id = worlds.created(sandbox)["session_id"]
    before = last_entry(sandbox)
    again = worlds.create(sandbox, "--dry-run").data
    assert ("planned", True, session_id, None) == tuple(again[n] for n in ("status", "reused", "session_id", "url"))
    other = sandbox.run("checkout", "create", COURSE, "--user", USER, "-n", "--ui", "embedded", env=ENV)
    assert f"Would expire session {session_id}." == other.stdout.splitlines()[0]
    assert [] == writes_since(sandbox, before)


def test_markdown_is_the_url_too(sandbox: Sandbox) -> None:
    """Markdown output holds the session's URL."""
    worlds.on_sale(sandbox)
    done = sandbox.run("checkout", "create", COURSE, "--user", USER, "-o", "markdown", env=ENV)
    assert 0 == done.returncode
    assert worlds.open_sessions(sandbox)[0] in done.stdout


def test_report_says_what_it_cost(sandbox: Sandbox) -> None:
    """A first run takes two reads and one write at Stripe."""
    worlds.on_sale(sandbox)
    meter = worlds.create(sandbox).report["meter"]
    assert (2, 1, 0) == (meter["stripe_reads"], meter["stripe_writes"], meter["stripe_throttled"])
