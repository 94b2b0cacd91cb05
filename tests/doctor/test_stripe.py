"""What doctor says of Stripe: key, permissions, webhook endpoint."""

import pytest
import stripe

from learnermax_cli.webhooks.model import EVENTS
from tests.doctor.worlds import URL, examine, keys_of, live_key, put_secret, restricted_key
from tests.running import Sandbox

SITE_URL = "https://api.learnermax.example/api/webhooks/stripe"
DEPENDENTS = ("Stripe permissions", "Webhook endpoint", "Catalog", "Clock against Stripe")
MARKED = {"managedBy": "lmx", "environment": "preview"}


def endpoint(sandbox: Sandbox, url: str = SITE_URL, **fields: object) -> str:
    """Register an endpoint as by hand, but for lmx's marker; return its id."""
    version = stripe.api_version
    params: dict[str, object] = {"url": url, "enabled_events": [*EVENTS], "api_version": version, "metadata": MARKED}
    made = sandbox.stripe().v1.webhook_endpoints.create({**params, **fields})  # type: ignore[typeddict-item]
    return made.id


@pytest.mark.parametrize(("status", "found"), [("revoked", "it may have been revoked"), ("expired", "it has expired")])
def test_key_that_does_not_work(sandbox: Sandbox, status: str, found: str) -> None:
    """What needs it is not checked, AWS is."""
    key = str(sandbox.control.add_key(kind="secret", mode="test")["value"])
    sandbox.control.set_key_status(key, status)
    examined = examine(sandbox, {"STRIPE_SECRET_KEY": key})
    said, remedy = examined.row("Stripe key")[1:3]
    assert ("failed", 4, 4) == (*examined.row("Stripe key")[::3], examined.exit_code)
    expected = f"Stripe rejected the key while reading the Stripe account: {found} (request "
    assert (True, True) == (said.startswith(expected), "lmx secrets push" in str(remedy))
    unchecked = ("not checked", "not checked, because “Stripe key” failed", None, 0)
    assert [unchecked] * 4 == [examined.row(check) for check in DEPENDENTS]
    assert "ok" == examined.row("Table")[0]


def test_no_key_at_all(sandbox: Sandbox) -> None:
    """Neither configured nor stored."""
    status, found, remedy, code = examine(sandbox, {"STRIPE_SECRET_KEY": None}).row("Stripe key")
    assert ("failed", 3, "Store it: lmx secrets push") == (status, code, remedy)
    assert found.startswith("no STRIPE_SECRET_KEY: ")


def test_text_that_is_no_key(sandbox: Sandbox) -> None:
    """The flaw is named, the text is not shown."""
    status, found, _, code = examine(sandbox, {"STRIPE_SECRET_KEY": "nonsense"}).row("Stripe key")
    assert ("failed", "STRIPE_SECRET_KEY is not a Stripe key", 3) == (status, found, code)


def test_stored_key_is_used_and_said_so(sandbox: Sandbox) -> None:
    """Without one configured here, the secret's."""
    put_secret(sandbox, keys_of(sandbox))
    found = f"a secret key from secret learnermax/stripe-keys, test mode, account {sandbox.info.stripe_account}"
    assert ("ok", found, None, 0) == examine(sandbox, {"STRIPE_SECRET_KEY": None}).row("Stripe key")


def test_live_key_in_preview(sandbox: Sandbox) -> None:
    """A guard; nothing is asked with it."""
    status, found, _, code = examine(sandbox, {"STRIPE_SECRET_KEY": live_key(sandbox)}).row("Stripe key")
    assert ("failed", "a live mode key does not fit environment preview", 5) == (status, found, code)


def test_other_account_than_it_should_be(sandbox: Sandbox) -> None:
    """LMX_STRIPE_ACCOUNT names the only one."""
    status, found, remedy, code = examine(sandbox, {"LMX_STRIPE_ACCOUNT": "acct_other"}).row("Stripe key")
    mine = sandbox.info.stripe_account
    assert ("failed", 5) == (status, code)
    assert f"the Stripe key belongs to account {mine}, but LMX_STRIPE_ACCOUNT is acct_other" == found
    assert "LMX_STRIPE_ACCOUNT" in str(remedy)


def test_stripe_that_does_not_answer(sandbox: Sandbox) -> None:
    """It hides nothing that can be seen without its answer, and is no fault of the credentials."""
    broken = {"status": 500, "headers": {"Stripe-Should-Retry": "false"}}
    sandbox.control.add_fault("error", service="stripe", operation="GET /v1/account", times=None, **broken)
    examined = examine(sandbox)
    assert ("failed", 1) == examined.row("Stripe key")[::3]
    seen = ("Table", "Pending enrollments", "FRONTEND_URL", "Stripe permissions", "Catalog")
    assert ["ok"] * len(seen) == [examined.row(check)[0] for check in seen]


def test_restricted_key_with_all_it_needs(sandbox: Sandbox) -> None:
    """Whether it may write can't be tried without writing, and doctor says so, once."""
    examined = examine(sandbox, {"STRIPE_SECRET_KEY": restricted_key(sandbox)})
    found = "it may read all that the commands need; whether it may write (Products, Prices, Checkout Sessions, "
    found += "Payment Links, Webhook Endpoints) cannot be checked"
    assert ("ok", found, None, 0) == examined.row("Stripe permissions")
    assert examined.row("Stripe key")[1].startswith("a restricted key configured here, test mode")


def test_each_permission_that_a_key_lacks_is_named(sandbox: Sandbox) -> None:
    """With the commands that need it and the line in the dashboard; what depends on it is not checked."""
    lacking = ("product", "checkout_session", "charge", "customer", "event", "webhook_endpoint")
    examined = examine(sandbox, {"STRIPE_SECRET_KEY": restricted_key(sandbox, *lacking)})
    rows = examined.rows("Stripe permissions")
    assert [
        "the key may not read Products (product_read), which these need: products sync|list, checkout create|link, "
        "enrollments create",
        "the key may not read Checkout Sessions (checkout_session_read), which these need: checkout "
        "create|show|expire, enrollments create|reconcile|release|keep, students show, webhooks create|serve|replay",
        "the key may not read Charges and Refunds (charge_read), which these need: checkout create, enrollments "
        "create|reconcile|release|keep, students show, webhooks create|serve|replay",
        "the key may not read Customers (customer_read), which these need: students show",
        "the key may not read Events (event_read), which these need: students show, webhooks create|replay",
        "the key may not read Webhook Endpoints (webhook_read), which these need: webhooks create|list|delete",
    ] == [found for _, found, _, _ in rows]
    assert "Give it “Products: Write” in Stripe's dashboard, Developers > API keys." == rows[0][2]
    assert [("failed", 4)] * 6 == [row[::3] for row in rows]
    assert ("not checked", "not checked") == (examined.row("Catalog")[0], examined.row("Webhook endpoint")[0])
    assert "ok" == examined.row("Clock against Stripe")[0]


def test_probe_that_fails_hides_no_other(sandbox: Sandbox) -> None:
    """Stripe's trouble with one list is said beside the permission that is missing for another."""
    broken = {"status": 500, "headers": {"Stripe-Should-Retry": "false"}}
    sandbox.control.add_fault("error", service="stripe", operation="GET /v1/products", times=None, **broken)
    rows = examine(sandbox, {"STRIPE_SECRET_KEY": restricted_key(sandbox, "event")}).rows("Stripe permissions")
    assert [("failed", 1), ("failed", 4)] == [row[::3] for row in rows]
    assert ("listing Products" in rows[0][1], "Events" in rows[1][1]) == (True, True)


def test_endpoint_whose_secret_can_not_be_compared(sandbox: Sandbox) -> None:
    """What was not looked at is not called right."""
    sandbox.run("webhooks", "create", "--url", URL)
    denied = {"status": 400, "code": "AccessDeniedException"}
    sandbox.control.add_fault("error", service="secretsmanager", operation="DescribeSecret", times=None, **denied)
    status, found, _, code = examine(sandbox, {"LMX_ENVIRONMENT": "sandbox"}).row("Webhook endpoint")
    assert ("warning", 0, True) == (status, code, "signing secrets were not compared" in found)


def test_no_endpoint_of_the_sandbox(sandbox: Sandbox) -> None:
    """Its remedy works as it stands: the URL is that of `webhooks serve`."""
    remedy = examine(sandbox, {"LMX_ENVIRONMENT": "sandbox"}).row("Webhook endpoint")[2]
    assert "lmx webhooks create --url http://127.0.0.1:8787/api/webhooks/stripe" == remedy
    assert 0 == sandbox.run(*str(remedy).split()[1:]).returncode


def test_no_endpoint(sandbox: Sandbox) -> None:
    """One of another environment does not count."""
    endpoint(sandbox, metadata={**MARKED, "environment": "prod"})
    status, found, remedy, code = examine(sandbox).row("Webhook endpoint")
    assert ("failed", 3, "no endpoint of environment preview is registered") == (status, code, found.partition(":")[0])
    assert "lmx webhooks create --url https://HOST/api/webhooks/stripe" == remedy


def test_endpoint_that_drifted(sandbox: Sandbox) -> None:
    """Disabled, with other events, in another version, its secret stored nowhere: one line, one remedy."""
    made = endpoint(sandbox, enabled_events=["checkout.session.completed", "charge.updated"])
    sandbox.stripe().v1.webhook_endpoints.update(made, {"disabled": True})
    status, found, remedy, code = examine(sandbox).row("Webhook endpoint")
    assert ("failed", 3, f"lmx webhooks create --url {SITE_URL}") == (status, code, remedy)
    for flaw in ("disabled", "events missing: checkout.session.async", "events not handled: charge.updated", "stored"):
        assert flaw in found


def test_endpoint_on_a_host_of_another_site(sandbox: Sandbox) -> None:
    """It can't be mended where it is."""
    url = "https://elsewhere.example/api/webhooks/stripe"
    endpoint(sandbox, url=url)
    status, found, remedy, _ = examine(sandbox).row("Webhook endpoint")
    assert ("failed", True) == (status, "the host is not environment preview's" in found)
    assert str(remedy).startswith(f"lmx webhooks delete --url {url}")


def test_second_endpoint_of_somebody_else(sandbox: Sandbox) -> None:
    """Every event would come twice: a warning beside what is said of ours."""
    sandbox.run("webhooks", "create", "--url", URL)
    endpoint(sandbox, url=URL, metadata={})
    examined = examine(sandbox, {"LMX_ENVIRONMENT": "sandbox"})
    assert ["ok", "warning"] == [row[0] for row in examined.rows("Webhook endpoint")]
    assert "delivers each event a second time" in examined.rows("Webhook endpoint")[1][1]


def test_stripe_that_cannot_be_reached(sandbox: Sandbox) -> None:
    """It is tried once: what needs it is not checked, and the rest is."""
    sandbox.control.add_fault("drop", service="stripe", times=None)
    examined = examine(sandbox)
    status, found, _, code = examined.row("Stripe key")
    assert ("failed", True, 1) == (status, found.startswith("no connection to Stripe while "), code)
    unchecked = ("not checked", "not checked, because “Stripe key” failed", None, 0)
    assert [unchecked] * 4 == [examined.row(check) for check in DEPENDENTS]
    assert "ok" == examined.row("Table")[0]
