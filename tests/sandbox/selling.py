"""What the tests of checkout sell: a course with a price, and sessions and links for it."""

from typing import Any

import stripe

from tests.sandbox.stripe_server import StripeServer

SUCCESS_URL = "https://learnermax.example/enrollment/return?session_id={CHECKOUT_SESSION_ID}"
AMOUNT = 4999


def course_price(server: StripeServer, amount: int = AMOUNT, currency: str = "usd", name: str = "Course") -> str:
    """Make a product with a price, and return the price's id."""
    price = {"currency": currency, "unit_amount": amount}
    product = server.client().v1.products.create({"name": name, "default_price_data": price})  # type: ignore[typeddict-item]
    assert isinstance(product.default_price, str)
    return product.default_price


def session_params(price: str, **params: Any) -> Any:
    """Return the parameters of a hosted session; None takes one away."""
    all_params = {
        "mode": "payment",
        "line_items": [{"price": price, "quantity": 1}],
        "success_url": SUCCESS_URL,
        **params,
    }
    return {name: value for name, value in all_params.items() if value is not None}


def new_session(server: StripeServer, **params: Any) -> stripe.checkout.Session:
    """Make a hosted session for a new course."""
    price = params.pop("price", None) or course_price(server)
    return server.client().v1.checkout.sessions.create(session_params(price, **params))


def new_link(server: StripeServer, **params: Any) -> stripe.PaymentLink:
    """Make a payment link for a new course."""
    price = params.pop("price", None) or course_price(server)
    all_params: Any = {"line_items": [{"price": price, "quantity": 1}], **params}
    return server.client().v1.payment_links.create(all_params)


def read_session(server: StripeServer, session_id: str, *expand: str) -> stripe.checkout.Session:
    """Read a session again."""
    return server.client().v1.checkout.sessions.retrieve(session_id, {"expand": list(expand)} if expand else {})


def event_types(server: StripeServer) -> list[str]:
    """Return the types of all events, the oldest first."""
    return [event.type for event in reversed(server.client().v1.events.list({"limit": 100}).data)]


def paid_session(server: StripeServer, **params: Any) -> str:
    """Make a session that is paid, and return its id."""
    return server.control.pay(new_session(server, **params).id).id


def charge_of(server: StripeServer, session_id: str) -> dict[str, Any]:
    """Return the charge of a session."""
    found = read_session(server, session_id, "payment_intent.latest_charge").to_dict()
    charge: dict[str, Any] = found["payment_intent"]["latest_charge"]
    return charge
