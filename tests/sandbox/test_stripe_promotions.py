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
