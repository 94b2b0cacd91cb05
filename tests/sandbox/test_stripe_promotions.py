"""Coupons and promotion codes of the local Stripe, through the real SDK, and what a buyer types."""

from typing import Any

import pytest
import requests
import stripe

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import AMOUNT, new_session, read_session
from tests.sandbox.stripe_server import StripeServer, error_of
from tests.sandbox.test_stripe_shapes import faults_of


def new_code(server: StripeServer, coupon: dict[str, Any], **params: Any) -> stripe.PromotionCode:
    """Make a promotion code of a new coupon."""
    client = server.client()
    made = client.v1.coupons.create(coupon)  # type: ignore[arg-type]
    all_params: Any = {"promotion": {"type": "coupon", "coupon": made.id}, **params}
    return client.v1.promotion_codes.create(all_params)


def test_codes_and_coupons_have_the_sdks_fields(stripe_server: StripeServer) -> None:
    """Made, read and listed."""
    code = new_code(stripe_server, {"percent_off": 20, "id": "c20"}, code="SUMMER", metadata={"a": "b"})
    assert ("SUMMER", "c20", True) == (code.code, code.promotion.coupon, code.active)
    client = stripe_server.client()
    assert ["c20"] == [coupon.id for coupon in client.v1.coupons.list().data]
    assert [code.id] == [found.id for found in client.v1.promotion_codes.list({"code": "summer", "active": True}).data]
    assert [] == client.v1.promotion_codes.list({"coupon": "other"}).data
    paths = {"coupons/c20": stripe.Coupon, f"promotion_codes/{code.id}": stripe.PromotionCode}
    for path, shape in paths.items():
        assert [] == faults_of(stripe_server.raw("GET", f"/v1/{path}").json(), shape)


def test_the_checkout_page_takes_a_code(stripe_server: StripeServer) -> None:
    """The session names it, and both count the use."""
    code = new_code(stripe_server, {"amount_off": 500, "currency": "usd"}, code="SUMMER")
    session = new_session(stripe_server, allow_promotion_codes=True)
    page = requests.post(str(session.url), {"method": "card", "promotion_code": " summer "}, timeout=10)
    assert "44.99 USD was paid." in page.text
    found = read_session(stripe_server, session.id).to_dict()
    assert (AMOUNT - 500, 500, [{"coupon": None, "promotion_code": code.id}]) == (
        found["amount_total"],
        found["total_details"]["amount_discount"],
        found["discounts"],
    )
    client = stripe_server.client()
    assert 1 == client.v1.promotion_codes.retrieve(code.id).times_redeemed
    assert 1 == client.v1.coupons.retrieve(str(code.promotion.coupon)).times_redeemed


def test_no_more_is_taken_off_than_there_is(stripe_server: StripeServer) -> None:
    """Then there is nothing to pay."""
    new_code(stripe_server, {"amount_off": AMOUNT + 1, "currency": "usd"}, code="GIFT")
    session = new_session(stripe_server, allow_promotion_codes=True)
    paid = stripe_server.control.pay_with_code(session.id, "GIFT")
    assert ("no_payment_required", 0, None) == (paid.payment_status, paid.amount_total, paid.payment_intent)


@pytest.mark.parametrize(
    ("coupon", "params"),
    [
        ({"amount_off": 500, "currency": "eur"}, {}),
        ({"percent_off": 5, "redeem_by": 1}, {}),
        ({"percent_off": 5, "max_redemptions": 0}, {}),
        ({"percent_off": 5}, {"active": False}),
        ({"percent_off": 5}, {"expires_at": 1}),
        ({"percent_off": 5}, {"max_redemptions": 0}),
    ],
)
def test_a_code_that_is_not_valid_is_refused(
    stripe_server: StripeServer, coupon: dict[str, Any], params: dict[str, Any]
) -> None:
    """Of another currency, over, used up, or inactive."""
    new_code(stripe_server, coupon, code="SUMMER", **params)
    session = new_session(stripe_server, allow_promotion_codes=True)
    with pytest.raises(SandboxError, match="This promotion code is not valid"):
        stripe_server.control.pay_with_code(session.id, "SUMMER")


def test_a_code_is_taken_as_often_as_it_says(stripe_server: StripeServer) -> None:
    """Once here; inactive it is free for another one."""
    code = new_code(stripe_server, {"percent_off": 50}, code="ONCE", max_redemptions=1)
    first, second = (new_session(stripe_server, allow_promotion_codes=True).id for _ in range(2))
    stripe_server.control.pay_with_code(first, "ONCE")
    with pytest.raises(SandboxError, match="not valid"):
        stripe_server.control.pay_with_code(second, "ONCE")
    codes = stripe_server.client().v1.promotion_codes
    assert not codes.update(code.id, {"active": False}).active
    assert "ONCE" == new_code(stripe_server, {"percent_off": 1}, code="ONCE").code


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({}, "percent_off"),
        ({"percent_off": 5, "amount_off": 5, "currency": "usd"}, "percent_off"),
        ({"percent_off": 101}, "percent_off"),
        ({"amount_off": 0, "currency": "usd"}, "amount_off"),
        ({"amount_off": 5}, "currency"),
        ({"percent_off": 5, "applies_to": {"products": ["p"]}}, "applies_to"),
        ({"percent_off": 5, "id": "taken"}, "id"),
    ],
)
def test_a_coupon_that_is_none_is_refused(stripe_server: StripeServer, params: Any, param: str) -> None:
    """The error names the parameter."""
    coupons = stripe_server.client().v1.coupons
    coupons.create({"percent_off": 5, "id": "taken"})
    assert param == error_of(lambda: coupons.create(params))["param"]


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"promotion": {"type": "coupon"}}, "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "none"}}, "promotion[coupon]"),
        ({"promotion": {"type": "coupon", "coupon": "known"}, "code": "a b"}, "code"),
        ({"promotion": {"type": "coupon", "coupon": "known"}, "code": "Taken"}, "code"),
        ({"promotion": {"type": "coupon", "coupon": "known"}, "restrictions": {"minimum_amount": 1}}, "restrictions"),
    ],
)
def test_a_code_that_is_none_is_refused(stripe_server: StripeServer, params: Any, param: str) -> None:
    """The error names the parameter."""
    new_code(stripe_server, {"percent_off": 5, "id": "known"}, code="TAKEN")
    assert param == error_of(lambda: stripe_server.client().v1.promotion_codes.create(params))["param"]


def test_a_code_that_was_made_counts_before_those_that_need_not_be(stripe_server: StripeServer) -> None:
    """FREE takes everything off as long as nobody has made it."""
    new_code(stripe_server, {"percent_off": 10}, code="FREE")
    session = new_session(stripe_server, allow_promotion_codes=True)
    page = requests.post(str(session.url), {"method": "card", "promotion_code": "FREE"}, timeout=10)
    assert "44.99 USD was paid." in page.text


def test_a_discount_that_leaves_less_than_the_smallest_charge_is_refused(stripe_server: StripeServer) -> None:
    """Stripe has no way to pay 0.20 usd; the code stays unused, and the session open."""
    code = new_code(stripe_server, {"amount_off": AMOUNT - 20, "currency": "usd"}, code="ALMOST")
    session = new_session(stripe_server, allow_promotion_codes=True)
    with pytest.raises(SandboxError, match=r"at least 0\.50 usd"):
        stripe_server.control.pay_with_code(session.id, "ALMOST")
    assert "open" == read_session(stripe_server, session.id).status
    assert 0 == stripe_server.client().v1.promotion_codes.retrieve(code.id).times_redeemed


def test_an_order_without_cost_has_a_customer(stripe_server: StripeServer) -> None:
    """Stripe takes no guests there [doc No-cost orders]."""
    session = new_session(stripe_server, allow_promotion_codes=True)
    free = stripe_server.control.pay(session.id, email="ada@b.example", discount_percent=100)
    assert "ada@b.example" == stripe_server.client().v1.customers.retrieve(str(free.customer)).email


def test_a_declined_card_does_not_use_up_a_code(stripe_server: StripeServer) -> None:
    """The attempt was of the lower amount; a code that is not valid is refused before any."""
    code = new_code(stripe_server, {"percent_off": 50}, code="ONCE", max_redemptions=1)
    session = new_session(stripe_server, allow_promotion_codes=True)
    url = str(session.url)
    assert "not valid" in requests.post(url, {"method": "declined", "promotion_code": "TWICE"}, timeout=10).text
    assert "declined" in requests.post(url, {"method": "declined", "promotion_code": "ONCE"}, timeout=10).text
    client = stripe_server.client()
    intent = client.v1.payment_intents.retrieve(str(read_session(stripe_server, session.id).payment_intent))
    assert (2499, 0) == (intent.amount, client.v1.promotion_codes.retrieve(code.id).times_redeemed)


def test_nothing_is_declined_where_nothing_is_paid(stripe_server: StripeServer) -> None:
    """The page asks for no card then."""
    session = new_session(stripe_server, allow_promotion_codes=True)
    page = requests.post(str(session.url), {"method": "declined", "promotion_code": "FREE"}, timeout=10)
    assert "No payment needed" in page.text


def test_a_promotion_in_a_currency_that_stripe_does_not_know_is_refused(stripe_server: StripeServer) -> None:
    """By the command too."""
    with pytest.raises(SandboxError, match="Invalid currency: zzz"):
        stripe_server.control.make_promotion("SUMMER", amount_off=500, currency="zzz")
