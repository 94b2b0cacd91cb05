"""Webhook endpoints of the local Stripe, through the real SDK."""

from typing import Any

import pytest
import stripe

from learnermax_cli.sandbox.stripe_api.keys import LEAST_PERMISSIONS
from tests.sandbox.stripe_server import StripeServer, error_of
from tests.sandbox.test_stripe_shapes import faults_of

URL = "https://api.learnermax.example/api/webhooks/stripe"
COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"


def new_endpoint(server: StripeServer, key: str | None = None, **params: Any) -> stripe.WebhookEndpoint:
    """Make an endpoint for the completed sessions."""
    all_params: Any = {"url": URL, "enabled_events": [COMPLETED], **params}
    return server.client(key).v1.webhook_endpoints.create(all_params)


def test_an_endpoint_has_the_sdks_fields(stripe_server: StripeServer) -> None:
    """Created, read, listed and changed; only the created one tells the secret."""
    created = stripe_server.raw("POST", "/v1/webhook_endpoints", {"url": URL, "enabled_events[]": "*"}).json()
    path = f"/v1/webhook_endpoints/{created['id']}"
    others = [
        stripe_server.raw("GET", path).json(),
        stripe_server.raw("POST", path, {"description": "a"}).json(),
        *stripe_server.raw("GET", "/v1/webhook_endpoints").json()["data"],
    ]

    assert [True, False, False, False] == ["secret" in answer for answer in (created, *others)]
    assert created.pop("secret").startswith("whsec_")
    assert [[], [], [], []] == [faults_of(answer, stripe.WebhookEndpoint) for answer in (created, *others)]


def test_a_new_endpoint_is_as_it_was_asked_for(stripe_server: StripeServer) -> None:
    """Enabled from the start."""
    endpoint = new_endpoint(
        stripe_server, api_version=stripe.api_version, description="lmx", metadata={"managedBy": "lmx"}
    )

    values = endpoint.to_dict()
    created, endpoint_id = values.pop("created"), values.pop("id")
    assert values.pop("secret") != new_endpoint(stripe_server).secret
    assert (True, True) == (created > 0, endpoint_id.startswith("we_"))
    assert {
        "object": "webhook_endpoint",
        "api_version": stripe.api_version,
        "application": None,
        "description": "lmx",
        "enabled_events": [COMPLETED],
        "livemode": False,
        "metadata": {"managedBy": "lmx"},
        "status": "enabled",
        "url": URL,
    } == values


def test_the_replay_of_a_creation_tells_the_secret_again(stripe_server: StripeServer) -> None:
    """Under the same idempotency key, and makes no second endpoint."""
    create = stripe_server.client().v1.webhook_endpoints.create
    params: Any = {"url": URL, "enabled_events": ["*"]}
    first = create(params, {"idempotency_key": "k1"})

    assert first.secret == create(params, {"idempotency_key": "k1"}).secret
    assert 1 == len(stripe_server.client().v1.webhook_endpoints.list().data)


def test_an_endpoint_is_changed(stripe_server: StripeServer) -> None:
    """URL, events, description, metadata, disabled and enabled again; the rest stays."""
    endpoint = new_endpoint(stripe_server, metadata={"a": "1", "b": "2"}, description="old")
    update = stripe_server.client().v1.webhook_endpoints.update
    url = "https://other.example/"

    changed = update(
        endpoint.id,
        {"url": url, "enabled_events": ["*"], "description": "", "metadata": {"a": ""}, "disabled": True},
    ).to_dict()
    enabled = update(endpoint.id, {"disabled": False}).to_dict()

    before = {name: value for name, value in endpoint.to_dict().items() if name != "secret"}
    after = {"url": url, "enabled_events": ["*"], "description": None, "metadata": {"b": "2"}}
    assert {**before, **after, "status": "disabled"} == changed
    assert {**before, **after, "status": "enabled"} == enabled


def test_the_api_version_cannot_be_changed(stripe_server: StripeServer) -> None:
    """It is no parameter of an update."""
    endpoint = new_endpoint(stripe_server)
    params: Any = {"api_version": stripe.api_version}

    error = error_of(lambda: stripe_server.client().v1.webhook_endpoints.update(endpoint.id, params))

    assert (400, "parameter_unknown", "api_version") == (error["status"], error["code"], error["param"])


def test_a_deleted_endpoint_is_gone(stripe_server: StripeServer) -> None:
    """Reading, changing and deleting it again find nothing."""
    endpoint = new_endpoint(stripe_server)
    endpoints = stripe_server.client().v1.webhook_endpoints

    deleted = endpoints.delete(endpoint.id).to_dict()

    assert {"id": endpoint.id, "object": "webhook_endpoint", "deleted": True} == deleted
    for call in (endpoints.retrieve, endpoints.update, endpoints.delete):
        error = error_of(lambda call=call: call(endpoint.id))  # type: ignore[misc]
        assert (404, "resource_missing") == (error["status"], error["code"])
    assert [] == endpoints.list().data


def test_endpoints_are_listed_page_by_page(stripe_server: StripeServer) -> None:
    """The newest first, those of the key's mode only."""
    made = [new_endpoint(stripe_server).id for _ in range(3)]
    live = new_endpoint(stripe_server, key=stripe_server.key("live")).id

    listed = stripe_server.client().v1.webhook_endpoints.list({"limit": 2})

    assert (made[:0:-1], True) == ([endpoint.id for endpoint in listed.data], listed.has_more)
    assert made[::-1] == [endpoint.id for endpoint in listed.auto_paging_iter()]
    live_client = stripe_server.client(stripe_server.key("live"))
    assert [live] == [endpoint.id for endpoint in live_client.v1.webhook_endpoints.list().data]


def test_an_account_has_sixteen_endpoints_in_each_mode(stripe_server: StripeServer) -> None:
    """The seventeenth is refused, until one is deleted."""
    made = [new_endpoint(stripe_server).id for _ in range(16)]

    error = error_of(lambda: new_endpoint(stripe_server))

    assert (400, None) == (error["status"], error["code"])
    assert "You have reached the maximum of 16 test webhook endpoints." == error["message"]
    new_endpoint(stripe_server, key=stripe_server.key("live"))
    stripe_server.client().v1.webhook_endpoints.delete(made[0])
    new_endpoint(stripe_server)


@pytest.mark.parametrize("mode", ["test", "live"])
@pytest.mark.parametrize(
    "url",
    [
        "api.learnermax.example/hook",
        "/hook",
        "ftp://learnermax.example/",
        "https://",
        "https://a b.example/",
        "https://a.example:99999/",
        "http://learnermax.example/",
        "http://10.0.0.1/",
        "http://127.0.0.1.nip.example/",
    ],
)
def test_a_url_that_cannot_be_delivered_to_is_refused(stripe_server: StripeServer, url: str, mode: Any) -> None:
    """Not absolute, of another scheme, or http beyond this machine; in an update too."""
    key = stripe_server.key(mode)
    endpoint = new_endpoint(stripe_server, key=key)
    update = stripe_server.client(key).v1.webhook_endpoints.update

    for call in (lambda: new_endpoint(stripe_server, key=key, url=url), lambda: update(endpoint.id, {"url": url})):
        error = error_of(call)
        assert (400, "url_invalid", "url") == (error["status"], error["code"], error["param"])


@pytest.mark.parametrize("url", ["http://127.0.0.1:8787/a", "http://localhost/a", "http://[::1]:80/a"])
def test_a_url_of_this_machine_is_taken_in_test_mode_only(stripe_server: StripeServer, url: str) -> None:
    """It is where the sandbox delivers to; live mode needs https."""
    assert url == new_endpoint(stripe_server, url=url).url
    live = error_of(lambda: new_endpoint(stripe_server, key=stripe_server.key("live"), url=url))
    assert f'Invalid URL: {url}. URLs in livemode must begin with "https://"' == live["message"]


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"url": None}, "parameter_missing", "url"),
        ({"enabled_events": None}, "parameter_missing", "enabled_events"),
        ({"enabled_events": ["checkout.session.done"]}, None, "enabled_events[0]"),
        ({"enabled_events": ["checkout.*"]}, None, "enabled_events[0]"),
        ({"api_version": "2026-10-29.endive"}, None, "api_version"),
        ({"secret": "whsec"}, "parameter_unknown", "secret"),
        ({"status": "disabled"}, "parameter_unknown", "status"),
        ({"disabled": True}, "parameter_unknown", "disabled"),
        ({"connect": True}, None, "connect"),
        ({"metadata": {"k" * 41: "v"}}, None, "metadata"),
        ({"metadata": {f"k{n}": "v" for n in range(51)}}, None, "metadata"),
    ],
)
def test_wrong_parameters_are_refused(
    stripe_server: StripeServer, params: dict[str, Any], code: str | None, param: str
) -> None:
    """Missing, unknown, or not among the values that the SDK knows."""
    given = {"url": URL, "enabled_events": [COMPLETED], **params}
    wrong: Any = {name: value for name, value in given.items() if value is not None}

    error = error_of(lambda: stripe_server.client().v1.webhook_endpoints.create(wrong))

    assert (400, code, param) == (error["status"], error["code"], error["param"])
    assert [] == stripe_server.client().v1.webhook_endpoints.list().data


def test_an_older_api_version_is_taken(stripe_server: StripeServer) -> None:
    """Stripe still knows it, though the sandbox renders its events in the SDK's version."""
    assert "2026-03-25.dahlia" == new_endpoint(stripe_server, api_version="2026-03-25.dahlia").api_version


def test_a_restricted_key_needs_the_permission(stripe_server: StripeServer) -> None:
    """The one that `lmx` asks for suffices; without it the refusal names it."""
    least = stripe_server.key("test", "restricted")
    assert new_endpoint(stripe_server, key=least).secret
    without = {name: level for name, level in LEAST_PERMISSIONS.items() if name != "webhook_endpoint"}
    poor = stripe_server.control.add_key(permissions=without)["value"]

    error = error_of(lambda: new_endpoint(stripe_server, key=poor))

    assert 403 == error["status"]
    assert "Webhook Endpoints, Event Destinations Write" in str(error["message"])


def test_the_journal_has_no_secret(stripe_server: StripeServer) -> None:
    """The creation is in it, its answer is not."""
    endpoint = new_endpoint(stripe_server)

    journal = stripe_server.control.journal()

    assert ["POST /v1/webhook_endpoints"] == [entry["operation"] for entry in journal]
    assert str(endpoint.secret) not in str(journal)
