"""Refunds: create, whole or in part, and what becomes of one later [doc Refunds]."""

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

PENDING = ("pending", "requires_action")
# What a status may become; a refund that has succeeded may still fail, weeks later [doc Failed refunds].
NEXT: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(PENDING, ("succeeded", "failed", "canceled")),
    "succeeded": ("failed", "canceled"),
}
FAILURE_REASON = "expired_or_canceled_card"
_SHOWN = 10
_UNSUPPORTED = ("currency", "customer", "instructions_email", "origin", "refund_application_fee", "reverse_transfer")


def create(call: Call) -> Object:
    """Refund a charge, or the charge of a payment intent."""
    if unsupported := [name for name in _UNSUPPORTED if name in call.params]:
        raise invalid(f"The sandbox does not support `{unsupported[0]}` of a refund.", unsupported[0])
    charge = _charge(call)
    if call.params.get("amount", 1) < 1:
        raise invalid("Invalid positive integer", "amount", "parameter_invalid_integer")
    return refund_charge(call.data, charge, call.params, call.now, call.request)


def refund_charge(
    data: Data, charge: Object, params: Mapping[str, Any], now: int, request: Mapping[str, Any] | None = None
) -> Object:
    """Refund a charge by `amount`, or what is left of it, and return the refund; raises Stripe's refusals."""
    amount = params.get("amount") or _left(charge)
    _require_refundable(data, charge, amount)
    status = params.get("status", "succeeded")
    refund = replaced(
        built_refund(charge, amount, now),
        {"reason": params.get("reason"), "metadata": merge_metadata({}, params.get("metadata")), "status": status},
    )
    data["refund"].put(refund)
    shown = charge["refunds"]
    listed = {"data": [refund, *shown["data"]][:_SHOWN], "has_more": len(shown["data"]) == _SHOWN}
    charge = replaced(charge, {"refunds": {**shown, **listed}})
    data["charge"].put(charge)
    record_event(data, Happening("refund.created", refund, now, request))
    if status == "succeeded":
        _count(data, charge, amount, now, request)
    return refund


def change_refund(data: Data, refund: Object, status: str, now: int, *, charge_follows: bool = True) -> Object:
    """Give a refund another status and return it.

    One that fails, or is canceled, no longer counts in its charge. Stripe's documentation does not say so of the
    charge: without `charge_follows` it goes on saying what was refunded.
    """
    changes = {"status": status, **({"failure_reason": FAILURE_REASON} if status == "failed" else {})}
    changed = replaced(refund, changes)
    previous = {name: refund.get(name) for name in changes}
    data["refund"].put(changed)
    charge = named(data, "charge", refund["charge"], "charge")
    listed = [changed if known["id"] == changed["id"] else known for known in charge["refunds"]["data"]]
    charge = replaced(charge, {"refunds": {**charge["refunds"], "data": listed}})
    data["charge"].put(charge)
    if status == "succeeded":
        _count(data, charge, refund["amount"], now)
    elif refund["status"] == "succeeded" and charge_follows:
        data["charge"].put(replaced(charge, _refunded(charge, -refund["amount"])))
    types = ("charge.refund.updated", "refund.updated", *(("refund.failed",) if status == "failed" else ()))
    for name in types:
        record_event(data, Happening(name, changed, now, previous=previous))
    return changed


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


def _count(data: Data, charge: Object, amount: int, now: int, request: Mapping[str, Any] | None = None) -> None:
    """Add a refund that has succeeded to what its charge says, with the charge's event."""
    changed = replaced(charge, _refunded(charge, amount))
    data["charge"].put(changed)
    previous = {name: charge[name] for name in ("amount_refunded", "refunded") if charge[name] != changed[name]}
    record_event(data, Happening("charge.refunded", changed, now, request, previous))


def _refunded(charge: Object, amount: int) -> Object:
    refunded = charge["amount_refunded"] + amount
    return {"amount_refunded": refunded, "refunded": refunded == charge["amount"]}


def _left(charge: Object) -> int:
    """Return what can still be refunded; a pending refund takes its part, though the charge does not count it."""
    pending = (refund["amount"] for refund in charge["refunds"]["data"] if refund["status"] in PENDING)
    left: int = charge["amount_captured"] - charge["amount_refunded"] - sum(pending)
    return left


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
    left = _left(charge)
    if charge["refunded"] or left == 0:
        raise refused(f"Charge {charge_id} has already been refunded.", code="charge_already_refunded")
    disputes = (dispute for dispute in data["dispute"].values() if dispute["charge"] == charge_id)
    if any(not dispute["is_charge_refundable"] for dispute in disputes):
        raise refused(f"Charge {charge_id} has been charged back; cannot issue a refund.", code="charge_disputed")
    if amount > left:
        message = (
            f"Refund amount ({Money(amount, currency)}) is greater than "
            f"{'unrefunded amount on charge' if left < charge['amount_captured'] else 'charge amount'} "
            f"({Money(left, currency)})"
        )
        raise refused(message, "amount")
