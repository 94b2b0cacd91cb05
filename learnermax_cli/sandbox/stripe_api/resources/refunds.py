"""Refunds: create, whole or in part [doc Refunds]."""

from collections.abc import Mapping
from typing import Any

from learnermax_cli.core.money import Money
from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, refused
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.events import Happening, record_event
from learnermax_cli.sandbox.stripe_api.resources.stored import named
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced


def create(call: Call) -> Object:
    """Refund a charge, or the charge of a payment intent."""
    charge = _charge(call)
    if call.params.get("amount", 1) < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    return refund_charge(call.data, charge, call.params, call.now, call.request)


def refund_charge(
    data: Data, charge: Object, params: Mapping[str, Any], now: int, request: Mapping[str, Any] | None = None
) -> Object:
    """Refund a charge by `amount`, or what is left of it, and return the refund; raises Stripe's refusals."""
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount = params.get("amount") or left
    _require_refundable(data, charge, amount)
    refund = built_refund(charge, amount, now)
    refund = replaced(refund, {"reason": params.get("reason"), "metadata": merge_metadata({}, params.get("metadata"))})
    refunded = charge["amount_refunded"] + amount
    changes = {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}
    refunds = {**charge["refunds"], "data": [refund, *charge["refunds"]["data"]]}
    changed = replaced(charge, {**changes, "refunds": refunds})
    data["refund"].put(refund)
    data["charge"].put(changed)
    previous = {name: charge[name] for name in changes if charge[name] != changed[name]}
    record_event(data, Happening("charge.refunded", changed, now, request, previous))
    return refund


def built_refund(charge: Object, amount: int, now: int) -> Object:
    """Return a refund, not stored yet."""
    return {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now,
        "currency": charge["currency"],
        "destination_details": {"type": charge["payment_method_details"]["type"]},
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }


def _charge(call: Call) -> Object:
    params = call.params
    if "charge" in params and "payment_intent" in params:
        raise exclusive(["charge", "payment_intent"])
    if "payment_intent" in params:
        intent = named(call.data, "payment_intent", params["payment_intent"], "payment_intent")
        charge_id = intent["latest_charge"]
    elif "charge" in params:
        charge_id = params["charge"]
    else:
        raise invalid("One of the following params should be provided for this request: payment_intent or charge.")
    return named(call.data, "charge", charge_id, "charge")


def _require_refundable(data: Data, charge: Object, amount: int) -> None:
    charge_id, currency = charge["id"], charge["currency"]
    if charge["status"] != "succeeded":
        raise refused(f"Charge {charge_id} cannot be refunded because it did not succeed.", "charge")
    if charge["refunded"]:
        raise refused(f"Charge {charge_id} has already been refunded.", code="charge_already_refunded")
    disputes = (dispute for dispute in data["dispute"].values() if dispute["charge"] == charge_id)
    if any(not dispute["is_charge_refundable"] for dispute in disputes):
        raise refused(f"Charge {charge_id} has been charged back; cannot issue a refund.", code="charge_disputed")
    left = charge["amount_captured"] - charge["amount_refunded"]
    if amount > left:
        message = (
            f"Refund amount ({Money(amount, currency)}) is greater than "
            f"{'unrefunded amount on charge' if charge['amount_refunded'] else 'charge amount'} "
            f"({Money(left, currency)})"
        )
        raise refused(message, "amount")
