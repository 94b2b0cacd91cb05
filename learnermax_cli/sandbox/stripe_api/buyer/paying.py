"""A buyer pays: a card that is accepted or declined, a bank debit that takes days, or a discount of 100 %."""

import re
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, get_args

from learnermax_cli.sandbox.stripe_api.buyer.links import count_completed
from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError
from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.resources import promotions
from learnermax_cli.sandbox.stripe_api.resources.customers import built_customer, is_email
from learnermax_cli.sandbox.stripe_api.resources.events import Happening, record_event
from learnermax_cli.sandbox.stripe_api.resources.line_items import discounted, require_chargeable
from learnermax_cli.sandbox.stripe_api.resources.payment_building import (
    Outcome,
    Payment,
    built_charge,
    built_intent,
)
from learnermax_cli.sandbox.stripe_api.resources.session_building import customer_details
from learnermax_cli.sandbox.stripe_api.resources.session_expiry import KIND
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

Method = Literal["card", "delayed", "declined"]
SECONDS_TO_SETTLE = int(timedelta(days=3).total_seconds())
DEFAULT_EMAIL = "buyer@example.com"
_CODE = re.compile(r"OFF(\d{1,3})", re.IGNORECASE)
_OUTCOMES: dict[Method, Outcome] = {"card": "succeeded", "delayed": "processing", "declined": "declined"}


@dataclass(frozen=True, slots=True)
class Order:
    """How a buyer pays, under which address, and with how many percent off, or with which promotion code."""

    method: Method = "card"
    email: str | None = None
    discount_percent: int = 0
    promotion_code: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the checkout page does not offer."""
        if self.method not in get_args(Method):
            raise BuyerError(f"unknown method: {self.method!r}; there are {', '.join(get_args(Method))}")
        if not 0 <= self.discount_percent <= 100:
            raise BuyerError(f"a discount is 0 to 100 percent, not {self.discount_percent}")
        if self.email is not None and not is_email(self.email):
            raise BuyerError(f"this is no email address: {self.email}")


def pay(data: Data, session: Object, order: Order, now: int) -> Object:
    """Pay an open session and return it as it is then; raises BuyerError when it cannot be paid."""
    if session["status"] != "open":
        raise BuyerError(f"this session is {session['status']}")
    if (order.discount_percent or order.promotion_code) and not session["allow_promotion_codes"]:
        raise BuyerError("this session does not allow promotion codes")
    email = _email(data, session, order)
    priced, used = _priced(data, session, order, now)
    if order.method == "declined" and priced["amount_total"]:
        return _declined(data, session, _payment(data, priced, "declined", email, now))
    if used is not None:
        promotions.redeem(data, *used)
    buyer = replaced(priced, {"customer": _customer(data, priced, email, now)})
    payment = None if priced["amount_total"] == 0 else _payment(data, buyer, _OUTCOMES[order.method], email, now)
    completed = _completed(buyer, payment, email)
    data[KIND].put(completed)
    count_completed(data, session["payment_link"])
    if payment is not None:
        _put_payment(data, payment)
    if completed["payment_status"] == "paid":
        _record_success(data, completed["payment_intent"], now)
    record_event(data, Happening("checkout.session.completed", completed, now))
    if completed["payment_status"] == "unpaid":
        data.schedule(now + SECONDS_TO_SETTLE, partial(_arrive, data, completed["id"]))
    return completed


def settle(data: Data, session: Object, succeed: bool, now: int) -> Object:
    """Settle the bank debit of a completed session, and return the session; raises BuyerError."""
    intent = data["payment_intent"].get(session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise BuyerError("no payment of this session is processing")
    payment = Payment(
        intent["id"], intent["latest_charge"], intent["amount"], intent["currency"], intent["created"],
        intent["livemode"], "succeeded" if succeed else "declined", delayed=True,
        email=(session["customer_details"] or {}).get("email"), customer=intent["customer"], intent_data=intent,
    )  # fmt: skip
    _put_payment(data, payment)
    settled = replaced(session, {"payment_status": "paid" if succeed else "unpaid"})
    data[KIND].put(settled)
    if succeed:
        _record_success(data, intent["id"], now)
    kind = "succeeded" if succeed else "failed"
    record_event(data, Happening(f"checkout.session.async_payment_{kind}", settled, now))
    return settled


def _arrive(data: Data, session_id: str, at: int) -> None:
    """Let a bank debit arrive that has not been settled otherwise."""
    session = data[KIND].get(session_id) or {}
    intent = data["payment_intent"].get(session.get("payment_intent") or "") or {}
    if intent.get("status") == "processing":
        settle(data, session, succeed=True, now=at)


def _completed(session: Object, payment: Payment | None, email: str) -> Object:
    status = "no_payment_required"
    if payment is not None:
        status = "paid" if payment.outcome == "succeeded" else "unpaid"
    return replaced(
        session,
        {
            "status": "complete",
            "payment_status": status,
            "payment_intent": None if payment is None else payment.intent_id,
            "url": None,
            "customer_details": {**(session["customer_details"] or customer_details(email)), "email": email},
        },
    )


def _declined(data: Data, session: Object, payment: Payment) -> Object:
    _put_payment(data, payment)
    tried = replaced(session, {"payment_intent": payment.intent_id})
    data[KIND].put(tried)
    return tried


def _payment(data: Data, session: Object, outcome: Outcome, email: str, now: int) -> Payment:
    return Payment(
        intent_id=session["payment_intent"] or new_id("pi"),
        charge_id=new_id("ch"),
        amount=session["amount_total"],
        currency=session["currency"],
        at=now,
        livemode=session["livemode"],
        outcome=outcome,
        delayed=outcome == "processing",
        email=email,
        customer=session["customer"],
        intent_data=data.payment_intent_data.get(session["id"], {}),
    )


def _put_payment(data: Data, payment: Payment) -> None:
    """Store charge and payment intent; a later attempt keeps the intent and its time."""
    before = data["payment_intent"].get(payment.intent_id)
    intent = built_intent(payment)
    data["payment_intent"].put(intent if before is None else replaced(intent, {"created": before["created"]}))
    charge = built_charge(payment)
    known = data["charge"].get(payment.charge_id)
    data["charge"].put(charge if known is None else replaced(charge, {"created": known["created"]}))


def _record_success(data: Data, intent_id: str, now: int) -> None:
    intent = data["payment_intent"].get(intent_id)
    if intent is not None:
        record_event(data, Happening("payment_intent.succeeded", intent, now))


def _customer(data: Data, session: Object, email: str, now: int) -> str | None:
    """Return the customer, made now if the session makes one, or has nothing to be paid [doc No-cost orders]."""
    makes_one = session["customer_creation"] == "always" or session["amount_total"] == 0
    if session["customer"] is not None or not makes_one:
        known: str | None = session["customer"]
        return known
    created = built_customer({"email": email}, now, session["livemode"])
    data["customer"].put(created)
    new: str = created["id"]
    return new


def _email(data: Data, session: Object, order: Order) -> str:
    """Return the buyer's address; that of a known customer cannot be edited on the page."""
    customer = data["customer"].get(session["customer"] or "") or {}
    prefilled = (session["customer_details"] or {}).get("email")
    email: str = customer.get("email") or order.email or prefilled or DEFAULT_EMAIL
    return email


def _priced(data: Data, session: Object, order: Order, now: int) -> tuple[Object, tuple[Object, Object] | None]:
    """Return a session with what is taken off, and the promotion code and coupon that do; raises BuyerError."""
    subtotal, text = session["amount_subtotal"], order.promotion_code
    used = promotions.redeemable(data, text, session["currency"], now) if text else None
    percent = _percent(text) if text else order.discount_percent
    if text and used is None and not percent:
        raise BuyerError("This promotion code is not valid.")
    discount = subtotal * percent // 100 if used is None else promotions.amount_off(used[1], subtotal)
    priced = _discounted(session, discount, new_id("promo") if used is None else used[0]["id"])
    try:
        require_chargeable(priced["amount_total"], priced["currency"])
    except StripeApiError as error:
        raise BuyerError(error.body.message) from error
    return priced, used


def _percent(code: str) -> int:
    """Return what the codes take off that need not be made: FREE, and OFF with a percentage; 0 for any other."""
    if code.upper() == "FREE":
        return 100
    matched = _CODE.fullmatch(code)
    percent = 0 if matched is None else int(matched[1])
    return percent if percent <= 100 else 0


def _discounted(session: Object, discount: int, code_id: str) -> Object:
    if not discount:
        return session
    items = {**session["line_items"], "data": discounted(session["line_items"]["data"], discount)}
    return replaced(
        session,
        {
            "amount_total": session["amount_subtotal"] - discount,
            "discounts": [{"coupon": None, "promotion_code": code_id}],
            "line_items": items,
            "total_details": {**session["total_details"], "amount_discount": discount},
        },
    )
