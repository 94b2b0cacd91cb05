"""Keys, permissions, accounts and versions of the local Stripe."""

import pytest
import requests
import stripe

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.stripe_server import StripeServer, error_of


def test_a_key_carries_its_accounts_id(stripe_server: StripeServer) -> None:
    """Prefix, mode, 5, the account's id without acct_, a random tail."""
    account = stripe_server.state.keys.account
    assert 21 == len(account)
    part = "5" + account.removeprefix("acct_")
    assert stripe_server.key().startswith("sk_test_" + part)
    assert stripe_server.key("live", "publishable").startswith("pk_" + "live_" + part)
    assert stripe_server.key("live", "restricted").startswith("rk_" + "live_" + part)


def test_the_account_of_a_secret_key_can_be_read(stripe_server: StripeServer) -> None:
    """By itself and by its id; another account is refused."""
    client = stripe_server.client()
    account = stripe_server.state.keys.account
    assert account == client.v1.accounts.retrieve_current().id
    assert account == client.v1.accounts.retrieve(account).id
    error = error_of(lambda: client.v1.accounts.retrieve("acct_1other"))
    assert (403, "account_invalid") == (error["status"], error["code"])


def test_no_key_is_a_401_with_a_challenge(stripe_server: StripeServer) -> None:
    """Neither a header nor a scheme that Stripe knows."""
    answer = requests.get(stripe_server.url + "/v1/account", timeout=10)
    assert (401, 'Bearer realm="Stripe"') == (answer.status_code, answer.headers["WWW-Authenticate"])
    assert answer.json()["error"]["message"].startswith("You did not provide an API key.")


def test_a_key_may_come_as_the_user_of_basic_authentication(stripe_server: StripeServer) -> None:
    """As curl -u sends it."""
    answer = requests.get(stripe_server.url + "/v1/account", auth=(stripe_server.key(), ""), timeout=10)
    assert stripe_server.state.keys.account == answer.json()["id"]


@pytest.mark.parametrize("status", ["unknown", "revoked"])
def test_an_unknown_or_revoked_key_is_a_401_that_does_not_show_it(stripe_server: StripeServer, status: str) -> None:
    """Stripe shows eight characters, stars, and the last four."""
    key = (
        stripe_server.control.add_key(kind="secret")["value"] if status == "revoked" else "sk_test_" + "a" * 20 + "wxyz"
    )
    if status == "revoked":
        stripe_server.control.set_key_status(key, "revoked")
    error = error_of(stripe_server.client(key).v1.products.list)
    stars = "*" * (len(key) - 12)
    assert (401, None, f"Invalid API Key provided: sk_test_{stars}{key[-4:]}") == (
        error["status"],
        error["code"],
        error["message"],
    )


def test_an_expired_key_says_so(stripe_server: StripeServer) -> None:
    """401 with a code of its own."""
    key = stripe_server.control.add_key(kind="secret", status="expired")["value"]
    error = error_of(stripe_server.client(key).v1.products.list)
    assert (401, "api_key_expired") == (error["status"], error["code"])


def test_a_publishable_key_may_not_read(stripe_server: StripeServer) -> None:
    """A secret key is required."""
    key = stripe_server.key("test", "publishable")
    error = error_of(stripe_server.client(key).v1.products.list)
    assert (403, "secret_key_required") == (error["status"], error["code"])


def test_a_restricted_key_does_what_it_is_permitted(stripe_server: StripeServer) -> None:
    """Write includes read, read is not write, nothing is nothing."""
    permissions = {"product": "write", "price": "read"}
    client = stripe_server.client(stripe_server.control.add_key(permissions=permissions)["value"])
    product = client.v1.products.create({"name": "Course"})
    assert [product.id] == [found.id for found in client.v1.products.list().data]
    assert [] == client.v1.prices.list().data
    with pytest.raises(stripe.PermissionError):
        client.v1.prices.create({"product": product.id, "currency": "usd", "unit_amount": 1})


def test_a_missing_permission_is_named_with_the_account(stripe_server: StripeServer) -> None:
    """The 403 is how a restricted key learns what it lacks, and whose it is."""
    key = stripe_server.control.add_key(permissions={"price": "none"})["value"]
    error = error_of(stripe_server.client(key).v1.prices.list)
    assert (403, "invalid_request_error") == (error["status"], error["type"])
    assert f"on account '{stripe_server.state.keys.account}'" in str(error["message"])
    assert "('plan_read')" in str(error["message"])
    assert key not in str(error["message"])


def test_no_restricted_key_may_read_the_account(stripe_server: StripeServer) -> None:
    """Not even with every permission, in either form of the call; the refusal names the account."""
    key = stripe_server.control.add_key(permissions={"account": "write", "product": "write"})["value"]
    client = stripe_server.client(key)
    account = stripe_server.state.keys.account
    for call in (client.v1.accounts.retrieve_current, lambda: client.v1.accounts.retrieve(account)):
        error = error_of(call)
        assert 403 == error["status"]
        assert account in str(error["message"])


def test_another_accounts_key_sees_other_data(stripe_server: StripeServer) -> None:
    """Keys of a new account open an empty account."""
    stripe_server.client().v1.products.create({"name": "Course"})
    other = stripe_server.control.add_key(kind="secret", account="new")
    client = stripe_server.client(other["value"])
    assert other["account"] == client.v1.accounts.retrieve_current().id != stripe_server.state.keys.account
    assert [] == client.v1.products.list().data


def test_a_request_for_another_account_is_refused(stripe_server: StripeServer) -> None:
    """Stripe-Account names the own account or one that is not there."""
    own = stripe_server.raw("GET", "/v1/products", Stripe_Account=stripe_server.state.keys.account)
    other = stripe_server.raw("GET", "/v1/products", Stripe_Account="acct_1other")
    assert (200, 403) == (own.status_code, other.status_code)
    assert "account_invalid" == other.json()["error"]["code"]


def test_own_api_version_needs_no_note(stripe_server: StripeServer) -> None:
    """Without a header it is the account's default, which is the one that the SDK pins."""
    for headers in ({}, {"Stripe_Version": stripe.api_version}):
        answer = stripe_server.raw("GET", "/v1/products", **headers)
        assert (200, stripe.api_version) == (answer.status_code, answer.headers["Stripe-Version"])
    assert [] == stripe_server.control.notes()


@pytest.mark.parametrize("version", ["2011-01-01", "2020-08-27", "2024-06-20", "2025-08-27.basil", "2026-09-30.endive"])
def test_older_api_version_is_answered_with_a_note(stripe_server: StripeServer, version: str) -> None:
    """The answer is the one of the SDK's version: the journal says so, and how often."""
    answers = [stripe_server.raw("GET", "/v1/products", Stripe_Version=version) for _ in range(2)]
    note = f"Stripe-Version {version} was treated as {stripe.api_version}"

    assert [(200, version)] * 2 == [(answer.status_code, answer.headers["Stripe-Version"]) for answer in answers]
    assert [note, note] == [entry["note"] for entry in stripe_server.control.journal()]
    assert [{"note": note, "requests": 2}] == stripe_server.control.notes()


@pytest.mark.parametrize(
    "version",
    [
        "2019-2-19", "2020-08-28", "2025-08-27", "2025-08-27.clover", "2026-10-29.endive", "2027-03-31.fir",
        "2025-03-31.preview", "2020-08-27, 2024-06-20", "2020-08-27; checkout_beta=v1", "", "latest",
    ],
)  # fmt: skip
def test_api_version_that_was_never_released_is_refused(stripe_server: StripeServer, version: str) -> None:
    """As Stripe refuses it; previews and betas are not known here."""
    answer = stripe_server.raw("GET", "/v1/products", Stripe_Version=version)
    assert (400, f"Invalid Stripe API version: {version}") == (answer.status_code, answer.json()["error"]["message"])
    assert [] == stripe_server.control.notes()


def test_keys_come_back_to_what_they_were_after_a_reset(stripe_server: StripeServer) -> None:
    """Added ones are gone, revoked default ones work again."""
    added = stripe_server.control.add_key(kind="secret")["value"]
    stripe_server.control.set_key_status(stripe_server.key(), "revoked")
    stripe_server.control.reset()
    assert added not in [key["value"] for key in stripe_server.control.list_keys()]
    assert [] == stripe_server.client().v1.products.list().data


def test_a_key_of_no_kind_is_refused(stripe_server: StripeServer) -> None:
    """A typo in a test is told."""
    with pytest.raises(SandboxError, match="unknown key"):
        stripe_server.control.add_key(kind="master")


def test_the_journal_holds_no_key(stripe_server: StripeServer) -> None:
    """Neither good nor bad ones."""
    bad = "sk_test_" + "b" * 24
    error_of(lambda: stripe_server.client(bad).v1.products.create({"name": "Course"}))
    stripe_server.client().v1.products.create({"name": "Course"})
    text = str(stripe_server.control.journal())
    assert bad not in text
    assert stripe_server.key() not in text
    assert [401, 200] == [entry["status"] for entry in stripe_server.control.journal()]
