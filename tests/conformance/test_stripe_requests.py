"""stripe-mock, which knows Stripe's OpenAPI description, and the sandbox take and refuse the same requests."""

from typing import Any
from urllib.parse import urlencode

import pytest

from tests.conformance import stripe_requests, webhook_requests
from tests.conformance.mirror import Exchange, Mirror, error_of
from tests.conformance.stripe_requests import Case
from tests.conformance.webhook_requests import ENDPOINT_URL
from tests.running import Sandbox

FINE = (*stripe_requests.FINE, *webhook_requests.FINE)
REFUSED = (*stripe_requests.REFUSED, *webhook_requests.REFUSED)


@pytest.fixture
def known(sandbox: Sandbox) -> dict[str, str]:
    """Make prod_known with two prices, prod_bare without any, and an endpoint; return the ids that are not named."""
    client = sandbox.stripe()
    data: Any = {"currency": "usd", "unit_amount": 4_990}
    known = client.v1.products.create({"id": "prod_known", "name": "Course", "default_price_data": data})
    client.v1.products.create({"id": "prod_bare", "name": "Course"})
    other = client.v1.prices.create({"product": known.id, "currency": "usd", "unit_amount": 5_990})
    endpoint = client.v1.webhook_endpoints.create({"url": ENDPOINT_URL, "enabled_events": ["*"]})
    return {"price": str(known.default_price), "other": other.id, "endpoint": endpoint.id}


def sent(mirror: Mirror, key: str, case: Case, known: dict[str, str]) -> Exchange:
    """Send the request of a case to both sides."""
    path = case.path.format(**known)
    params = {
        name: value.format(**known) if value in ("{price}", "{other}") else value for name, value in case.params.items()
    }
    form = urlencode(params)
    headers = {"Authorization": f"Bearer {key}"}
    if case.method == "POST":
        return mirror.send("POST", path, form.encode(), headers)
    return mirror.send(case.method, f"{path}?{form}" if form else path, b"", headers)


@pytest.mark.parametrize("case", FINE, ids=lambda case: case.name)
def test_a_sound_request_is_taken_by_both(mirror: Mirror, sandbox: Sandbox, known: dict[str, str], case: Case) -> None:
    """By stripe-mock as the spec has it, by the sandbox as its objects allow."""
    exchange = sent(mirror, sandbox.info.secret_key, case, known)
    assert ((200, 200), []) == (exchange.statuses, mirror.refusals()), exchange.sandbox.text


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_a_bad_request_is_refused_by_both(mirror: Mirror, sandbox: Sandbox, known: dict[str, str], case: Case) -> None:
    """With one status and type; stripe-mock gives no code and no param, and where it is laxer the case says why."""
    assert case.refused is not None
    exchange = sent(mirror, sandbox.info.secret_key, case, known)
    ours, theirs = error_of(exchange.sandbox), error_of(exchange.mock)
    status, code, param = case.refused
    assert (status, code, param) == (exchange.sandbox.status_code, ours.get("code"), ours.get("param"))
    assert "invalid_request_error" == ours["type"]
    expected = (200, None) if case.mock_lax else (status, ours["type"])
    assert expected == (exchange.mock.status_code, theirs.get("type"))


def test_a_request_without_a_key_is_refused_by_both(mirror: Mirror, mock_url: str) -> None:
    """With 401."""
    exchange = mirror.send("GET", "/v1/account", b"", {})
    assert (401, "invalid_request_error") == (exchange.sandbox.status_code, error_of(exchange.sandbox)["type"])
