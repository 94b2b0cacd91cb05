"""The sandbox's objects and limits, and our own limits, against the OpenAPI description that stripe-mock carries."""

import json
from typing import Any

import pytest
import requests

from learnermax_cli.courses import price
from tests.conformance.emulators import read_spec
from tests.conformance.spec import faults_of, lengths_of
from tests.running import Sandbox
from tests.webhooks.recording import recording

SPEC = read_spec()
SCHEMAS = SPEC["components"]["schemas"]
# What the version that the SDK pins has, and the spec of stripe-mock, a version older, does not.
NEWER = {".type: unknown", ".tax_details: unknown"}
SESSION = {
    "mode": "payment",
    "success_url": "https://learnermax.example/",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "4990",
    "line_items[0][price_data][product_data][name]": "Course",
}


def answered(sandbox: Sandbox, method: str, path: str, params: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what the sandbox answers, or its error."""
    headers = {"Authorization": f"Bearer {sandbox.info.secret_key}"}
    answer = requests.request(method, sandbox.info.stripe_url + path, data=params, headers=headers, timeout=10)
    body: dict[str, Any] = answer.json()
    return body


def required(path: str) -> dict[str, str]:
    """Return the parameters without which a POST is refused."""
    if path == "/v1/products":
        return {"name": "Course"}
    if path == "/v1/webhook_endpoints":
        return {"url": "https://api.learnermax.example/", "enabled_events[]": "*"}
    return {"currency": "usd", "unit_amount": "1", "product_data[name]": "Course"} if path == "/v1/prices" else {}


def test_the_check_finds_what_is_missing_unknown_null_and_of_another_type() -> None:
    """It is not blind."""
    answer = {name: "x" for name in SCHEMAS["product"]["required"] if name != "name"}
    faults = faults_of(SPEC, {**answer, "foo": 1, "id": None, "active": True}, SCHEMAS["product"])
    assert {".name: missing", ".foo: unknown", ".id: null", ".created: 'x' is no integer"} <= set(faults)


def test_a_product_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """Plain, and with everything that we set."""
    full = {"name": "Course", "description": "d", "images[0]": "https://example.com/a.png", "metadata[a]": "b"}
    for params in (
        full,
        {"name": "Course", "default_price_data[currency]": "usd", "default_price_data[unit_amount]": "1"},
    ):
        product = answered(sandbox, "POST", "/v1/products", params)
        assert set() == set(faults_of(SPEC, product, SCHEMAS["product"])) - NEWER


def test_a_price_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """With its product by the id, and expanded."""
    price = answered(sandbox, "POST", "/v1/prices", required("/v1/prices"))
    assert [] == faults_of(SPEC, price, SCHEMAS["price"])
    expanded = answered(sandbox, "GET", f"/v1/prices/{price['id']}?expand[]=product&expand[]=currency_options")
    assert set() == set(faults_of(SPEC, expanded["product"], SCHEMAS["product"])) - NEWER
    assert [] == faults_of(SPEC, {**expanded, "product": "prod_1"}, SCHEMAS["price"])


def test_an_account_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """As far as the sandbox fills it."""
    assert [] == faults_of(SPEC, answered(sandbox, "GET", "/v1/account"), SCHEMAS["account"])


def test_an_endpoint_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """New, with its signing secret; read and changed, without it; deleted, three fields."""
    new = answered(sandbox, "POST", "/v1/webhook_endpoints", required("/v1/webhook_endpoints"))
    path = f"/v1/webhook_endpoints/{new['id']}"
    read, changed = answered(sandbox, "GET", path), answered(sandbox, "POST", path, {"disabled": "true"})
    assert [[], [], []] == [faults_of(SPEC, endpoint, SCHEMAS["webhook_endpoint"]) for endpoint in (new, read, changed)]
    assert [True, False, False] == ["secret" in endpoint for endpoint in (new, read, changed)]
    assert [] == faults_of(SPEC, answered(sandbox, "DELETE", path), SCHEMAS["deleted_webhook_endpoint"])


def test_an_event_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """With the session in it; as it is read, and as it is delivered, which is the same but for what is outstanding."""
    with recording() as recorder:
        params = {"url": recorder.url, "enabled_events[]": "checkout.session.completed"}
        answered(sandbox, "POST", "/v1/webhook_endpoints", params)
        session = answered(sandbox, "POST", "/v1/checkout/sessions", SESSION)
        sandbox.control.pay(session["id"])
        (delivered, _), *_ = recorder.wait_for(1)
    event = json.loads(delivered)
    read = answered(sandbox, "GET", f"/v1/events/{event['id']}")
    assert [] == faults_of(SPEC, event, SCHEMAS["event"])
    assert [".allowed_payment_method_types: unknown"] == faults_of(
        SPEC, event["data"]["object"], SCHEMAS["checkout.session"]
    )
    assert {**event, "pending_webhooks": 0} == {**read, "pending_webhooks": 0}


@pytest.mark.parametrize("path", ["/v1/products", "/v1/prices", "/v1/webhook_endpoints"])
def test_a_list_is_as_the_spec_has_it(sandbox: Sandbox, path: str) -> None:
    """Object, URL, has_more and data."""
    schema = SPEC["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    answered(sandbox, "POST", path, required(path))
    faults = faults_of(SPEC, answered(sandbox, "GET", path), schema)
    assert [] == [fault for fault in faults if fault[len(".data[]") :] not in NEWER]


def test_a_deleted_product_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """Three fields."""
    product = answered(sandbox, "POST", "/v1/products", {"name": "Course"})
    deleted = answered(sandbox, "DELETE", f"/v1/products/{product['id']}")
    assert [] == faults_of(SPEC, deleted, SCHEMAS["deleted_product"])


def test_an_error_is_as_the_spec_has_it(sandbox: Sandbox) -> None:
    """Type, code, param and the links."""
    assert [] == faults_of(SPEC, answered(sandbox, "GET", "/v1/products/prod_none"), SCHEMAS["error"])


LENGTHS = [
    (path, name, longest)
    for path in ("/v1/products", "/v1/prices", "/v1/webhook_endpoints", "/v1/customers")
    for name, longest in lengths_of(SPEC, path).items()
    # Texts with rules of their own, which one of letters alone breaks before it is too long.
    if name not in ("url", "product", "product_data[tax_code]", "recurring[meter]", "email")
    and not name.startswith("shipping[")
]


@pytest.mark.parametrize(("path", "name", "longest"), LENGTHS)
def test_the_sandbox_takes_texts_as_long_as_the_spec_says(sandbox: Sandbox, path: str, name: str, longest: int) -> None:
    """And refuses one letter more, naming the parameter."""
    refused = answered(sandbox, "POST", path, {**required(path), name: "x" * (longest + 1)})
    assert name == refused.get("error", {}).get("param")
    assert "error" not in answered(sandbox, "POST", path, {**required(path), name: "x" * longest})


def test_our_own_limits_are_the_specs() -> None:
    """Metadata has none in the spec: that of 500 is from Stripe's documentation alone."""
    lengths = lengths_of(SPEC, "/v1/products")
    assert (lengths["name"], lengths["description"]) == (price.MAX_NAME, price.MAX_DESCRIPTION)
    assert SCHEMAS["product"]["properties"]["url"]["maxLength"] == price.MAX_URL
    assert SCHEMAS["product"]["properties"]["images"]["items"]["maxLength"] >= price.MAX_URL
    assert "metadata" not in lengths
