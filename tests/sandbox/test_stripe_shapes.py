"""Every object of the local Stripe has exactly the fields that the SDK's classes have."""

from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import stripe

from tests.sandbox.selling import new_link, new_session, paid_session
from tests.sandbox.stripe_server import StripeServer

# Never in an answer unless it is asked for, or unless the object is gone.
_OPTIONAL = {"deleted", "currency_options", "tiers"}
# What is in these depends on currency or payment method, and is not looked at.
_OPAQUE = {"currency_options", "payment_method_options"}


def faults_of(answer: dict[str, Any], shape: type, path: str = "") -> list[str]:
    """Return how an answer differs from one of the SDK's classes, its nested objects included."""
    hints = {name: hint for name, hint in shape.__annotations__.items() if name.islower()}
    required = {name for name, hint in hints.items() if not is_optional(hint)}
    unknown = [f"{path}{name}: unknown" for name in answer if name not in hints]
    missing = [f"{path}{name}: missing" for name in required - answer.keys() if name not in _OPTIONAL]
    null = [f"{path}{name}: null" for name in required if name in answer and answer[name] is None]
    inner_types: dict[str, Any] = getattr(shape, "_inner_class_types", {})
    nested = []
    for name, inner in inner_types.items():
        values = answer.get(name) if isinstance(answer.get(name), list) else [answer.get(name)]
        for value in values or []:
            if isinstance(value, dict) and name not in _OPAQUE:
                nested += faults_of(value, inner, f"{path}{name}.")
    return unknown + missing + null + nested


def is_optional(hint: Any) -> bool:
    """Say whether an annotation admits None."""
    return get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint)


def test_a_missing_and_an_unknown_field_are_found() -> None:
    """The check itself is not blind."""
    assert ["foo: unknown"] == [fault for fault in faults_of({"foo": 1}, stripe.Product) if "unknown" in fault]
    assert "name: missing" in faults_of({}, stripe.Product)
    assert "name: null" in faults_of({"name": None}, stripe.Product)
    assert ["custom_unit_amount.enabled: unknown"] == [
        fault for fault in faults_of({"custom_unit_amount": {"enabled": True}}, stripe.Price) if "unknown" in fault
    ]


def test_a_product_with_everything_has_the_sdks_fields(stripe_server: StripeServer) -> None:
    """Nested objects too."""
    stripe_server.client().v1.products.create(
        {
            "id": "c1",
            "name": "Course",
            "marketing_features": [{"name": "feature"}],
            "package_dimensions": {"height": 1, "length": 2, "weight": 3, "width": 4},
            "tax_details": {"tax_code": "txcd_1"},
            "default_price_data": {"currency": "usd", "unit_amount": 1},
        }
    )
    answer = stripe_server.raw("GET", "/v1/products/c1").json()
    assert [] == faults_of(answer, stripe.Product)
    assert {"tax_code": "txcd_1", "performance_location": None} == answer["tax_details"]


@pytest.mark.parametrize(
    "form",
    [
        {"unit_amount": 1},
        {"custom_unit_amount": {"enabled": True}},
        {"unit_amount": 1, "recurring": {"interval": "month"}, "transform_quantity": {"divide_by": 2, "round": "up"}},
        {
            "billing_scheme": "tiered",
            "tiers_mode": "volume",
            "recurring": {"interval": "month"},
            "tiers": [{"up_to": "inf", "unit_amount": 5}],
            "expand": ["tiers"],
        },
    ],
)
def test_a_price_of_any_form_has_the_sdks_fields(stripe_server: StripeServer, form: dict[str, Any]) -> None:
    """One-time, custom, recurring and tiered."""
    client = stripe_server.client()
    product = client.v1.products.create({"name": "Course"}).id
    created = client.v1.prices.create({"product": product, "currency": "usd", **form})  # type: ignore[typeddict-item]
    query = "?expand[]=tiers" if "expand" in form else ""
    answer = stripe_server.raw("GET", f"/v1/prices/{created.id}{query}").json()
    assert [] == faults_of(answer, stripe.Price)
    assert [(None, 5, "5")] * len(answer.get("tiers", [])) == [
        (tier["up_to"], tier["unit_amount"], tier["unit_amount_decimal"]) for tier in answer.get("tiers", [])
    ]


def test_an_account_has_the_sdks_fields(stripe_server: StripeServer) -> None:
    """None that the SDK does not know."""
    assert [] == faults_of(stripe_server.raw("GET", "/v1/account").json(), stripe.Account)


def test_an_error_has_the_sdks_fields(stripe_server: StripeServer) -> None:
    """None that the SDK does not know."""
    error = stripe_server.raw("GET", "/v1/products/prod_none").json()["error"]
    assert set() == error.keys() - stripe.ErrorObject.__annotations__.keys()


STATES = ["open", "expired", "free", "paid", "processing", "failed", "refunded", "disputed"]
_PARTS = ["line_items", "payment_intent.latest_charge.refunds"]


@pytest.mark.parametrize("state", STATES)
def test_a_seeded_session_has_the_sdks_fields(stripe_server: StripeServer, state: str) -> None:
    """With its line items, payment intent, charge and refunds."""
    (session_id,) = stripe_server.control.seed_sessions([{"course_id": "c1", "user_id": "u1", "state": state}])
    session_has_the_sdks_fields(stripe_server, session_id)


@pytest.mark.parametrize("method", ["card", "delayed", "declined"])
def test_a_session_that_a_buyer_paid_has_the_sdks_fields(stripe_server: StripeServer, method: Any) -> None:
    """One of a payment link, and its events."""
    link = new_link(stripe_server, restrictions={"completed_sessions": {"limit": 9}}, payment_intent_data={})
    paid = stripe_server.control.pay(link.url, method)
    session_has_the_sdks_fields(stripe_server, paid.id)
    answer = stripe_server.raw("GET", f"/v1/payment_links/{link.id}?expand[]=line_items").json()
    assert [] == faults_of(answer, stripe.PaymentLink)
    for event in stripe_server.raw("GET", "/v1/events").json()["data"]:
        assert [] == faults_of(event, stripe.Event)


@pytest.mark.parametrize("ui_mode", ["hosted_page", "embedded_page"])
def test_a_new_session_has_the_sdks_fields(stripe_server: StripeServer, ui_mode: str) -> None:
    """In either form."""
    urls = {} if ui_mode == "hosted_page" else {"success_url": None, "return_url": "https://a.example/"}
    session = new_session(stripe_server, ui_mode=ui_mode, allow_promotion_codes=True, **urls)
    session_has_the_sdks_fields(stripe_server, session.id)


def test_customers_refunds_and_disputes_have_the_sdks_fields(stripe_server: StripeServer) -> None:
    """None that the SDK does not know, and none missing."""
    client = stripe_server.client()
    client.v1.customers.create({"email": "a@b.example"})
    stripe_server.control.seed_sessions([{"course_id": "c", "user_id": "u", "state": s} for s in STATES[-2:]])
    for path, shape in (("customers", stripe.Customer), ("refunds", stripe.Refund), ("disputes", stripe.Dispute)):
        (answer,) = stripe_server.raw("GET", f"/v1/{path}").json()["data"]
        assert [] == faults_of(answer, shape)


def test_what_comes_after_a_sale_has_the_sdks_fields(stripe_server: StripeServer) -> None:
    """A refund that failed, a dispute that ended, their charge and events, and a search."""
    paid = paid_session(stripe_server, customer_creation="always")
    refund = stripe_server.control.refund(paid, 1000)
    stripe_server.control.change_refund(paid)
    dispute = stripe_server.control.dispute(paid, amount=500)
    stripe_server.control.change_dispute(paid, "lost")
    shapes = {
        f"refunds/{refund.id}": stripe.Refund,
        f"disputes/{dispute.id}": stripe.Dispute,
        f"charges/{refund.charge}?expand[]=refunds": stripe.Charge,
    }
    assert {path: [] for path in shapes} == {
        path: faults_of(stripe_server.raw("GET", f"/v1/{path}").json(), shape) for path, shape in shapes.items()
    }
    types = get_args(stripe.Event.__annotations__["type"])
    for event in stripe_server.raw("GET", "/v1/events?limit=100").json()["data"]:
        assert [] == faults_of(event, stripe.Event)
        assert event["type"] in types
    found = stripe_server.raw("GET", "/v1/customers/search?query=created%3E0").json()
    assert {"object", "data", "has_more", "next_page", "url"} == found.keys()
    assert [[]] == [faults_of(customer, stripe.Customer) for customer in found["data"]]


def session_has_the_sdks_fields(server: StripeServer, session_id: str) -> None:
    """Check a session and everything that can be expanded in it."""
    query = "&".join(f"expand[]={part}" for part in _PARTS)
    session = server.raw("GET", f"/v1/checkout/sessions/{session_id}?{query}").json()
    assert [] == faults_of(session, stripe.checkout.Session)
    for item in session["line_items"]["data"]:
        assert [] == faults_of(item, stripe.LineItem) + faults_of(item["price"], stripe.Price)
    intent = session["payment_intent"]
    if intent is not None:
        assert [] == faults_of(intent, stripe.PaymentIntent) + faults_of(intent["latest_charge"], stripe.Charge)
        for refund in intent["latest_charge"]["refunds"]["data"]:
            assert [] == faults_of(refund, stripe.Refund)
