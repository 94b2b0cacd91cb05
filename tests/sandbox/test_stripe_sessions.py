"""New checkout sessions of the local Stripe, through the real SDK."""

from typing import Any

import pytest

from tests.sandbox.selling import AMOUNT, SUCCESS_URL, course_price, new_session, read_session, session_params
from tests.sandbox.stripe_server import StripeServer, error_of

HOUR = 3600


def refusal(server: StripeServer, **params: Any) -> tuple[object, object, object]:
    """Return code, param and message of the 400 in which a session ends."""
    price = params.pop("price", None) or course_price(server)
    error = error_of(lambda: server.client().v1.checkout.sessions.create(session_params(price, **params)))
    assert 400 == error["status"]
    return error["code"], error["param"], error["message"]


def clock_of(server: StripeServer) -> int:
    """Return the sandbox's time."""
    return int(server.control.health()["now"])


def test_a_new_hosted_session(stripe_server: StripeServer) -> None:
    """It is open and unpaid, has a URL, and no payment intent before anyone pays."""
    session = new_session(stripe_server, metadata={"courseId": "c1"}, client_reference_id="user-7")
    assert session.id.startswith("cs_test_")
    assert {
        "amount_subtotal": AMOUNT,
        "amount_total": AMOUNT,
        "client_reference_id": "user-7",
        "client_secret": None,
        "currency": "usd",
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "livemode": False,
        "metadata": {"courseId": "c1"},
        "mode": "payment",
        "payment_intent": None,
        "payment_link": None,
        "payment_status": "unpaid",
        "status": "open",
        "success_url": SUCCESS_URL,
        "ui_mode": "hosted_page",
        "url": f"{stripe_server.url}/c/pay/{session.id}",
    } == {name: value for name, value in session.to_dict().items() if name in _SHOWN}
    assert 24 * HOUR == session.expires_at - session.created


_SHOWN = {
    "amount_subtotal", "amount_total", "client_reference_id", "client_secret", "currency", "customer",
    "customer_creation", "customer_details", "livemode", "metadata", "mode", "payment_intent", "payment_link",
    "payment_status", "status", "success_url", "ui_mode", "url",
}  # fmt: skip


def test_a_live_session_tells_so_in_its_id(stripe_server: StripeServer) -> None:
    """Ids of sessions carry the mode."""
    client = stripe_server.client(stripe_server.key("live"))
    product = client.v1.products.create(
        {"name": "Course", "default_price_data": {"currency": "usd", "unit_amount": 100}}
    )
    session = client.v1.checkout.sessions.create(session_params(str(product.default_price)))
    assert (True, True) == (session.livemode, session.id.startswith("cs_live_"))


def test_line_items_are_there_when_asked_for(stripe_server: StripeServer) -> None:
    """With price and product inside, as deep as four levels go."""
    assert "line_items" not in new_session(stripe_server).to_dict()
    session = new_session(
        stripe_server,
        line_items=[{"price": course_price(stripe_server, name="Go"), "quantity": 2}],
        expand=["line_items"],
    )
    assert session.line_items is not None
    item = session.line_items.data[0]
    assert ("Go", 2, 2 * AMOUNT) == (item.description, item.quantity, item.amount_total)
    assert item.price is not None
    assert ("one_time", False) == (item.price.type, "currency_options" in item.price.to_dict())
    again = read_session(stripe_server, session.id, "line_items.data.price.product").line_items
    assert again is not None
    assert "Go" == again.data[0].price.product.name  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["hosted", "embedded", "custom", "page"])
def test_an_old_or_unknown_ui_mode_is_refused(stripe_server: StripeServer, mode: str) -> None:
    """The values were renamed in 2026-03-25.dahlia [doc changelog]."""
    code, param, message = refusal(stripe_server, ui_mode=mode)
    assert (None, "ui_mode") == (code, param)
    assert "Invalid ui_mode: must be one of elements, embedded_page, form, or hosted_page" == message


@pytest.mark.parametrize("mode", ["embedded_page", "elements", "form"])
def test_an_embedded_session_has_a_secret_and_no_url(stripe_server: StripeServer, mode: str) -> None:
    """It comes back to its return_url."""
    session = new_session(stripe_server, ui_mode=mode, success_url=None, return_url=SUCCESS_URL)
    assert (None, SUCCESS_URL) == (session.url, session.return_url)
    assert str(session.client_secret).startswith(f"{session.id}_secret_")


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"success_url": None}, "success_url"),
        ({"ui_mode": "embedded_page", "success_url": None}, "return_url"),
        ({"return_url": SUCCESS_URL}, "return_url"),
        ({"redirect_on_completion": "never"}, "redirect_on_completion"),
        ({"ui_mode": "embedded_page", "return_url": SUCCESS_URL}, "success_url"),
        ({"ui_mode": "embedded_page", "return_url": SUCCESS_URL, "success_url": None, "cancel_url": SUCCESS_URL},
         "cancel_url"),
        ({"ui_mode": "embedded_page", "redirect_on_completion": "never", "success_url": None,
          "return_url": SUCCESS_URL}, "return_url"),
        ({"success_url": "/return"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
    ],
)  # fmt: skip
def test_urls_belong_to_their_ui_mode(stripe_server: StripeServer, params: dict[str, Any], param: str) -> None:
    """success_url and cancel_url to the hosted page, return_url to the others."""
    assert param == refusal(stripe_server, **params)[1]


def test_an_embedded_session_may_never_redirect(stripe_server: StripeServer) -> None:
    """Then it needs no return_url."""
    session = new_session(stripe_server, ui_mode="embedded_page", success_url=None, redirect_on_completion="never")
    assert ("never", False) == (session.redirect_on_completion, "return_url" in session.to_dict())


@pytest.mark.parametrize(("seconds", "fits"), [(1799, False), (1830, True), (24 * HOUR - 30, True), (25 * HOUR, False)])
def test_a_session_lives_30_minutes_to_24_hours(stripe_server: StripeServer, seconds: int, fits: bool) -> None:
    """Anything else is refused, without the parameter's name, as newer API versions do."""
    at = clock_of(stripe_server) + seconds
    if fits:
        assert at == new_session(stripe_server, expires_at=at).expires_at
    else:
        code, param, message = refusal(stripe_server, expires_at=at)
        assert (None, None, True) == (code, param, "`expires_at`" in str(message))


def test_only_an_active_price_of_an_active_product_can_be_sold(stripe_server: StripeServer) -> None:
    """Unknown, inactive, recurring and orphaned prices are refused."""
    client = stripe_server.client()
    product = client.v1.products.create({"name": "Course"}).id
    sold = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 100})
    monthly = client.v1.prices.create(
        {"product": product, "currency": "usd", "unit_amount": 100, "recurring": {"interval": "month"}}
    )
    assert ("resource_missing", "line_items[0][price]") == refusal(stripe_server, price="price_none")[:2]
    assert "You specified `payment` mode but passed a recurring price." in str(
        refusal(stripe_server, price=monthly.id)[2]
    )
    client.v1.products.update(product, {"active": False})
    assert (
        f"The price `{sold.id}` is not available to be purchased because its product is not active."
        == refusal(stripe_server, price=sold.id)[2]
    )
    client.v1.products.update(product, {"active": True})
    client.v1.prices.update(sold.id, {"active": False})
    assert (
        "The price specified is inactive. This field only accepts active prices."
        == refusal(stripe_server, price=sold.id)[2]
    )


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"mode": "subscription"}, "mode"),
        ({"mode": "setup"}, "line_items"),
        ({"mode": "donation"}, "mode"),
        ({"line_items": None}, "line_items"),
        ({"line_items": [{"quantity": 1}]}, "line_items[0]"),
        ({"client_reference_id": "u" * 201}, "client_reference_id"),
        ({"customer": "cus_none"}, "customer"),
        ({"customer_email": "nobody"}, "customer_email"),
        ({"customer": "cus_none", "customer_email": "a@b.example"}, "customer"),
        ({"customer": "cus_none", "customer_creation": "always"}, "customer"),
        ({"metadata": {"k" * 41: "v"}}, "metadata"),
        ({"payment_intent_data": {"metadata": {"k": "v" * 501}}}, "payment_intent_data[metadata]"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),
    ],
)
def test_other_parameters_are_checked(stripe_server: StripeServer, params: dict[str, Any], param: str) -> None:
    """Each refusal names its parameter; `payment_method_types` is no parameter of this API version."""
    assert param == refusal(stripe_server, **params)[1]


def test_a_quantity_is_wanted(stripe_server: StripeServer) -> None:
    """Stripe assumes none."""
    items = [{"price": course_price(stripe_server)}]
    assert "line_items[0][quantity]" == refusal(stripe_server, line_items=items)[1]


def test_a_total_below_the_minimum_is_refused(stripe_server: StripeServer) -> None:
    """Half a dollar; nothing at all is fine."""
    assert "amount_too_small" == refusal(stripe_server, price=course_price(stripe_server, 49))[0]
    assert 50 == new_session(stripe_server, price=course_price(stripe_server, 50)).amount_total
    assert 0 == new_session(stripe_server, price=course_price(stripe_server, 0)).amount_total


def test_a_known_customer_brings_the_address(stripe_server: StripeServer) -> None:
    """And no customer is made."""
    customer = stripe_server.client().v1.customers.create({"email": "a@b.example", "name": "Ada"})
    session = new_session(stripe_server, customer=customer.id)
    assert session.customer_details is not None
    assert (customer.id, None, "a@b.example", "Ada") == (
        session.customer,
        session.customer_creation,
        session.customer_details.email,
        session.customer_details.name,
    )


def test_an_inline_price_makes_an_inactive_product(stripe_server: StripeServer) -> None:
    """As Stripe does for `price_data`."""
    data = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Once"}}
    session = new_session(stripe_server, line_items=[{"price_data": data, "quantity": 1}], expand=["line_items"])
    assert session.line_items is not None
    price = session.line_items.data[0].price
    assert price is not None
    assert (700, False) == (session.amount_total, price.active)
    assert not stripe_server.client().v1.products.retrieve(str(price.product)).active
