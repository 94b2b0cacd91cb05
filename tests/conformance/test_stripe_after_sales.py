"""What may happen after a sale, as it is read and written, against the OpenAPI description that stripe-mock carries."""

from typing import Any
from urllib.parse import urlencode

import pytest
import requests

from tests.conformance.emulators import read_spec
from tests.conformance.mirror import Mirror, error_of
from tests.conformance.spec import faults_of
from tests.conformance.test_stripe_spec import SESSION
from tests.running import Sandbox

SPEC = read_spec()
SCHEMAS = SPEC["components"]["schemas"]
# What the version that the SDK pins has, and the spec of stripe-mock, a version older, does not.
NEWER = (".network_reason_code: unknown", ".evidence_details.submission_method: unknown")

LISTS: tuple[tuple[str, dict[str, str]], ...] = (
    ("/v1/refunds", {"charge": "{charge}", "limit": "100", "expand[0]": "data.charge.refunds"}),
    ("/v1/refunds", {"expand[0]": "data.payment_intent", "expand[1]": "data.charge"}),
    ("/v1/refunds", {"payment_intent": "{intent}", "created[gte]": "1", "created[lt]": "2000000000"}),
    ("/v1/refunds", {"starting_after": "{refund}"}),
    ("/v1/refunds/{refund}", {"expand[]": "charge.payment_intent"}),
    ("/v1/disputes", {"charge": "{charge}", "payment_intent": "{intent}", "expand[]": "data.payment_intent"}),
    ("/v1/disputes", {"created[gt]": "1", "created[lte]": "2000000000", "ending_before": "{dispute}"}),
    ("/v1/disputes/{dispute}", {"expand[]": "charge"}),
    ("/v1/charges", {"customer": "{customer}", "payment_intent": "{intent}", "expand[]": "data.refunds"}),
    ("/v1/charges/{charge}", {"expand[0]": "customer", "expand[1]": "payment_intent", "expand[2]": "refunds"}),
    ("/v1/customers", {"email": "ada+c@b.example", "limit": "3"}),
    ("/v1/customers/search", {"query": 'email:"ada+c@b.example"', "limit": "3"}),
    ("/v1/customers/{customer}", {}),
    ("/v1/payment_intents", {"customer": "{customer}", "created[gte]": "1", "expand[]": "data.latest_charge"}),
    ("/v1/payment_intents/{intent}", {"expand[]": "latest_charge.refunds"}),
    ("/v1/checkout/sessions", {"payment_intent": "{intent}", "expand[]": "data.line_items"}),
    ("/v1/checkout/sessions", {"customer": "{customer}", "customer_details[email]": "ada+c@b.example"}),
    ("/v1/checkout/sessions/{session}/line_items", {"expand[]": "data.price.product"}),
    ("/v1/checkout/sessions/{session}", {"expand[]": "line_items.data.price.product"}),
)  # fmt: skip
WRITES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("POST", "/v1/refunds", {"payment_intent": "{intent}", "amount": "10", "reason": "requested_by_customer"}),
    ("POST", "/v1/payment_intents/{intent}", {"metadata[userId]": "u", "metadata[courseId]": "c"}),
    ("POST", "/v1/checkout/sessions/{session}", {"metadata[userId]": "u", "metadata[courseId]": "c"}),
    ("DELETE", "/v1/customers/{customer}", {}),
)
UNKNOWN = (
    ("GET", "/v1/refunds"),
    ("GET", "/v1/disputes"),
    ("GET", "/v1/charges"),
    ("GET", "/v1/customers/search"),
    ("GET", "/v1/payment_intents"),
    ("POST", "/v1/refunds"),
    ("POST", "/v1/payment_intents/{intent}"),
    ("POST", "/v1/checkout/sessions/{session}"),
)


@pytest.fixture
def sale(sandbox: Sandbox) -> dict[str, str]:
    """Make a sale with a customer, a refund that failed, one that did not, and a dispute that was won; their ids."""
    params: Any = {**SESSION, "customer_creation": "always"}
    session = answered(sandbox, "POST", "/v1/checkout/sessions", params)["id"]
    paid = sandbox.control.pay(session, email="ada+c@b.example")
    sandbox.control.refund(session, 10)
    sandbox.control.change_refund(session)
    refund = sandbox.control.refund(session, 20)
    dispute = sandbox.control.dispute(session, "warning_needs_response", 30)
    sandbox.control.change_dispute(session, "warning_closed")
    return {
        "session": session,
        "intent": str(paid.payment_intent),
        "customer": str(paid.customer),
        "charge": refund.charge,
        "refund": refund.id,
        "dispute": dispute.id,
    }


def answered(sandbox: Sandbox, method: str, path: str, params: dict[str, str] | None = None) -> dict[str, Any]:
    """Return what the sandbox answers, or its error."""
    headers = {"Authorization": f"Bearer {sandbox.info.secret_key}"}
    answer = requests.request(method, sandbox.info.stripe_url + path, data=params, headers=headers, timeout=10)
    body: dict[str, Any] = answer.json()
    return body


def faults(answer: dict[str, Any], schema: str) -> list[str]:
    """Return how an answer differs from a schema, but for what is newer."""
    return [fault for fault in faults_of(SPEC, answer, SCHEMAS[schema]) if fault not in NEWER]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("/v1/refunds/{refund}", "refund"),
        ("/v1/disputes/{dispute}", "dispute"),
        ("/v1/charges/{charge}?expand[]=refunds", "charge"),
        ("/v1/customers/{customer}", "customer"),
        ("/v1/payment_intents/{intent}", "payment_intent"),
    ],
)
def test_an_object_is_as_the_spec_has_it(sandbox: Sandbox, sale: dict[str, str], path: str, schema: str) -> None:
    """The refunds in the charge, too."""
    assert [] == faults(answered(sandbox, "GET", path.format(**sale)), schema)


def test_every_event_has_an_object_as_the_spec_has_it(sandbox: Sandbox, sale: dict[str, str]) -> None:
    """Those of refunds and disputes."""
    assert sale
    for event in answered(sandbox, "GET", "/v1/events?limit=100")["data"]:
        inner = event["data"]["object"]
        if inner["object"] in ("charge", "dispute", "refund"):
            assert [] == faults(event, "event") + faults(inner, inner["object"])


def test_a_search_is_as_the_spec_has_it(sandbox: Sandbox, sale: dict[str, str]) -> None:
    """One page, and the customer in it; deleted, it is gone."""
    path = "/v1/customers/search"
    schema = SPEC["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    found = answered(sandbox, "GET", path + "?query=email:'ADA%2Bc@b.example'")
    assert ([], [sale["customer"]]) == (faults_of(SPEC, found, schema), [customer["id"] for customer in found["data"]])
    deleted = answered(sandbox, "DELETE", f"/v1/customers/{sale['customer']}")
    assert [] == faults(deleted, "deleted_customer")


@pytest.mark.parametrize(("path", "params"), LISTS)
def test_a_sound_read_is_taken_by_both(
    mirror: Mirror, sandbox: Sandbox, sale: dict[str, str], path: str, params: dict[str, str]
) -> None:
    """Filters, cursors and expansions."""
    query = urlencode({name: value.format(**sale) for name, value in params.items()})
    headers = {"Authorization": f"Bearer {sandbox.info.secret_key}"}
    exchange = mirror.send("GET", f"{path.format(**sale)}?{query}", b"", headers)
    assert ((200, 200), []) == (exchange.statuses, mirror.refusals()), exchange.sandbox.text


@pytest.mark.parametrize(("method", "path", "params"), WRITES)
def test_a_sound_write_is_taken_by_both(
    mirror: Mirror, sandbox: Sandbox, sale: dict[str, str], method: str, path: str, params: dict[str, str]
) -> None:
    """A refund, and changes of metadata."""
    form = urlencode({name: value.format(**sale) for name, value in params.items()})
    headers = {"Authorization": f"Bearer {sandbox.info.secret_key}"}
    exchange = mirror.send(method, path.format(**sale), form.encode(), headers)
    assert ((200, 200), []) == (exchange.statuses, mirror.refusals()), exchange.sandbox.text


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_an_unknown_parameter_is_refused_by_both(
    mirror: Mirror, sandbox: Sandbox, sale: dict[str, str], method: str, path: str
) -> None:
    """The sandbox names it."""
    headers = {"Authorization": f"Bearer {sandbox.info.secret_key}"}
    params = {"client_reference_id": "u", **({"query": "created>0"} if path.endswith("/search") else {})}
    url, form = path.format(**sale), urlencode(params)
    if method == "GET":
        exchange = mirror.send("GET", f"{url}?{form}", b"", headers)
    else:
        exchange = mirror.send(method, url, form.encode(), headers)
    assert (400, 400) == exchange.statuses
    assert ("parameter_unknown", "client_reference_id") == tuple(
        error_of(exchange.sandbox)[name] for name in ("code", "param")
    )
