"""`checkout create`: everything that is refused, each with its reason and remedy, and without a write."""

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import pytest

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, SITE, USER
from tests.products.worlds import edit_course, put_course
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled

SYNC = f"lmx products sync --course {COURSE}"


def _paid_course(**attributes: object) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        worlds.on_sale(sandbox)
        edit_course(sandbox, COURSE, **attributes)

    return build


def _never_synced(sandbox: Sandbox) -> None:
    worlds.put_student(sandbox)
    put_course(sandbox, COURSE, "99.99")


def _product_archived(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    sandbox.stripe().v1.products.update(f"lmx_sandbox_{COURSE}", {"active": False})


def _made_by_hand(sandbox: Sandbox) -> None:
    worlds.put_student(sandbox)
    price = sandbox.stripe().v1.products.create(
        {"id": "prod_hand", "name": "By hand", "default_price_data": {"currency": "usd", "unit_amount": 9999}}
    )
    put_course(sandbox, COURSE, "99.99", stripeProductId="prod_hand", stripePriceId=str(price.default_price))


def _no_student(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox)


def _no_email(sandbox: Sandbox) -> None:
    worlds.synced_course(sandbox)
    worlds.put_student(sandbox, email=None)


def _enrolled(status: str) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        worlds.on_sale(sandbox)
        worlds.put_enrollment(sandbox, paymentStatus=status)

    return build


def _complete(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    sandbox.control.pay(worlds.created(sandbox)["session_id"])


def _missing_session(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    worlds.put_enrollment(sandbox, stripeSessionId="cs_test_gone")


REFUSALS: Mapping[str, tuple[Callable[[Sandbox], Any], str, str]] = {
    "unknown course": (worlds.put_student, "invalid.unknown_course", "lmx courses list"),
    "free": (_paid_course(pricingModel="free"), "invalid.free_course", "lmx enrollments create"),
    "coming soon": (_paid_course(comingSoon=True), "invalid.coming_soon", "on sale"),
    "never synced": (_never_synced, "invalid.not_synced", SYNC),
    "product gone": (_paid_course(stripeProductId="prod_gone"), "invalid.not_synced", SYNC),
    "product inactive": (_product_archived, "invalid.not_synced", SYNC),
    "made by hand": (_made_by_hand, "invalid.not_synced", SYNC),
    "price changed": (_paid_course(price=Decimal("149.99")), "invalid.price_drift", SYNC),
    "currency changed": (_paid_course(currency="eur"), "invalid.price_drift", SYNC),
    "other price named": (_paid_course(stripePriceId="price_other"), "invalid.price_drift", SYNC),
    "price unusable": (_paid_course(price="99.99"), "invalid.price", SYNC),
    "no student": (_no_student, "invalid.no_student", "--user"),
    "no email": (_no_email, "invalid.no_email", "email"),
    "completed": (_enrolled("completed"), "invalid.enrolled", "lmx enrollments list"),
    "free item": (_enrolled("free"), "invalid.enrolled", "lmx enrollments list"),
    "session complete": (_complete, "failed.complete", "lmx enrollments reconcile"),
    "session missing": (_missing_session, "failed.missing_session", "lmx enrollments release"),
}


@pytest.mark.parametrize("name", sampled(REFUSALS, 5))
def test_refusal_has_reason_and_remedy_and_writes_nothing(sandbox: Sandbox, name: str) -> None:
    """The run ends in 1, names what to do, and leaves Stripe and the table as they were."""
    build, code, remedy = REFUSALS[name]
    build(sandbox)
    before = last_entry(sandbox)
    ran = worlds.create(sandbox)
    assert (1, code) == (ran.exit_code, ran.error[0])
    assert remedy in ran.error[1]
    assert [] == writes_since(sandbox, before)


def test_complete_session_is_noticed_when_it_is_expired(sandbox: Sandbox) -> None:
    """A session that is paid between the reading and the expiring stops the run; the item still names it."""
    worlds.on_sale(sandbox)
    session_id = worlds.created(sandbox)["session_id"]
    sandbox.control.add_fault("hold", operation=worlds.EXPIRE_SESSION)
    process = sandbox.start("checkout", "create", COURSE, "--user", USER, "--ui", "embedded", env=worlds.ENV)
    sandbox.control.wait_held(timeout=60)
    sandbox.control.pay(session_id)
    sandbox.control.release()
    _, stderr = process.communicate(timeout=60)
    item = worlds.read_enrollment(sandbox)
    assert item is not None
    assert (1, session_id) == (process.returncode, item["stripeSessionId"])
    assert "lmx enrollments reconcile" in stderr


def test_refused_session_leaves_no_pending_item(sandbox: Sandbox) -> None:
    """When Stripe refuses to make a session, the item of this run is taken back: it would only lock the student out."""
    worlds.synced_course(sandbox)
    worlds.put_student(sandbox, stripeCustomerId="cus_gone")
    ran = worlds.create(sandbox)
    assert (1, "failed.refused") == (ran.exit_code, ran.error[0])
    assert "stripeCustomerId" in ran.error[1]
    assert worlds.read_enrollment(sandbox) is None


@pytest.mark.parametrize("hours", [1, 30], ids=["taken up", "begun anew"])
def test_refused_session_leaves_the_item_that_was_there(sandbox: Sandbox, hours: int) -> None:
    """An item that an earlier run or the site wrote is not taken back, though this run went on with it."""
    worlds.synced_course(sandbox)
    worlds.put_student(sandbox, stripeCustomerId="cus_gone")
    item = worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, hours))
    ran = worlds.create(sandbox)
    assert (1, "failed.refused") == (ran.exit_code, ran.error[0])
    assert item == {**(worlds.read_enrollment(sandbox) or {}), "enrolledAt": item["enrolledAt"]}


@pytest.mark.parametrize("there", [False, True], ids=["of this run", "there before"])
def test_session_whose_end_is_refused(sandbox: Sandbox, there: bool) -> None:
    """A request that is on its way for too long: the item of this run is taken back, one that was there stays."""
    worlds.on_sale(sandbox)
    if there:
        worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, 30))
    ended = _create_while_held(sandbox, lambda: sandbox.control.advance_clock(120), "--expires-in", "30m")
    assert (1, "failed.clock") == ended
    assert there == (worlds.read_enrollment(sandbox) is not None)


def test_key_revoked_meanwhile_leaves_no_pending_item(sandbox: Sandbox) -> None:
    """A key that may make no session makes none: the item of this run is taken back."""
    worlds.on_sale(sandbox)
    key = sandbox.info.secret_key
    ended = _create_while_held(sandbox, lambda: sandbox.control.set_key_status(key, "revoked"))
    assert 4 == ended[0]
    assert worlds.read_enrollment(sandbox) is None


def _create_while_held(sandbox: Sandbox, act: Callable[[], object], *args: str) -> tuple[int, str]:
    """Run `checkout create` and act while its session is about to be made; return exit code and error code."""
    sandbox.control.add_fault("hold", operation=worlds.CREATE_SESSION)
    process = sandbox.start("checkout", "create", COURSE, "--user", USER, "-o", "json", *args, env=worlds.ENV)
    sandbox.control.wait_held(timeout=60)
    act()
    sandbox.control.release()
    stdout, _ = process.communicate(timeout=60)
    return process.returncode, json.loads(stdout)["error"]["code"]


@pytest.mark.parametrize(
    "args",
    [
        ("--expires-in", "29m"),
        ("--expires-in", "25h"),
        ("--expires-in", "soon"),
        ("--success-url", "/thanks"),
        ("--return-url", f"{SITE}/back"),
        ("--ui", "embedded", "--success-url", f"{SITE}/thanks"),
        ("--ui", "embedded", "--cancel-url", f"{SITE}/thanks"),
        ("--ui", "other"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_in_2(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """Options that make no sense are refused before anything is asked."""
    ran = worlds.create(sandbox, *args)
    assert (2, "usage") == (ran.exit_code, ran.error[0])
    assert [] == sandbox.control.journal()


@pytest.mark.parametrize(
    ("environment", "url", "args"),
    [("preview", None, ()), ("sandbox", "learnermax.example", ("--success-url", f"{SITE}/thanks"))],
)
def test_site_must_be_configured(sandbox: Sandbox, environment: str, url: str | None, args: tuple[str, ...]) -> None:
    """Without a usable FRONTEND_URL there is no default page, which is a matter of configuration."""
    ran = worlds.create(sandbox, *args, env={"FRONTEND_URL": url, "LMX_ENVIRONMENT": environment})
    assert (3, "config.frontend_url") == (ran.exit_code, ran.error[0])


def test_own_pages_need_no_site(sandbox: Sandbox) -> None:
    """With --success-url no FRONTEND_URL is needed; the sandbox's stand-in gives the page to go back to."""
    worlds.on_sale(sandbox)
    assert 0 == worlds.create(sandbox, "--success-url", f"{SITE}/thanks", env={"FRONTEND_URL": None}).exit_code
    session = worlds.sessions(sandbox)[0]
    assert (f"{SITE}/thanks", f"{SITE}/courses/{worlds.COURSE}") == (session.success_url, session.cancel_url)


@pytest.mark.parametrize("ui", ["hosted", "embedded"])
def test_query_of_the_site_is_kept(sandbox: Sandbox, ui: str) -> None:
    """Pages are joined as URLs: a path, a query and a fragment of FRONTEND_URL stay."""
    worlds.on_sale(sandbox)
    site = {"FRONTEND_URL": "https://x.test/school/?ref=mail#top"}
    assert 0 == worlds.create(sandbox, "--ui", ui, env=site).exit_code
    session = worlds.sessions(sandbox)[0]
    paid = "https://x.test/school/enrollment/return?ref=mail&session_id={CHECKOUT_SESSION_ID}#top"
    back = f"https://x.test/school/courses/{worlds.COURSE}?ref=mail#top"
    expected = (paid, back, None) if ui == "hosted" else (None, None, paid)
    assert expected == tuple(getattr(session, name, None) for name in ("success_url", "cancel_url", "return_url"))


def test_other_account_is_refused(sandbox: Sandbox) -> None:
    """LMX_STRIPE_ACCOUNT guards checkouts as it guards syncs."""
    worlds.on_sale(sandbox)
    key = sandbox.info.secret_key
    env = {"LMX_STRIPE_ACCOUNT": "acct_other", "LMX_ENVIRONMENT": None, "STRIPE_SECRET_KEY": key}
    ran = worlds.create(sandbox, "-e", "preview", env=env)
    assert (5, "guard.account") == (ran.exit_code, ran.error[0])
