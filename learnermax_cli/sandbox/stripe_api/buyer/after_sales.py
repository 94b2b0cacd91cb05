"""What may happen to a payment later: refunds that succeed and fail, disputes, and how they end."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError
from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.resources import disputes, refunds
from learnermax_cli.sandbox.stripe_api.store import Data, Object

SECONDS_TO_FAILURE = int(timedelta(days=3).total_seconds())


def refund(data: Data, session: Object, body: Mapping[str, Any], now: int) -> Object:
    """Refund a session's payment, all that is left of it unless an `amount` in minor units is named.

    `status` is that of the new refund; with `fails_later` it fails three days later, by the sandbox's clock.
    """
    status = body.get("status", "succeeded")
    if status not in refunds.NEXT:
        raise BuyerError(f"a new refund is {', '.join(refunds.NEXT)}, not {status!r}")
    amount = body.get("amount")
    if amount is not None and amount < 1:
        raise BuyerError("an amount is positive")
    try:
        made = refunds.refund_charge(data, _charge(data, session), {"amount": amount, "status": status}, now)
    except StripeApiError as error:
        raise BuyerError(error.body.message) from error
    if body.get("fails_later"):
        data.schedule(now + SECONDS_TO_FAILURE, partial(_fail, data, made["id"]))
    return made


def change_refund(data: Data, session: Object, body: Mapping[str, Any], now: int) -> Object:
    """Give a refund of a session's payment, the one named or the newest, another `status`."""
    listed = _charge(data, session)["refunds"]["data"]
    found = [known for known in listed if body.get("refund_id") in (None, known["id"])]
    if not found:
        raise BuyerError("this session has no such refund")
    status = body.get("status", "failed")
    if status not in refunds.NEXT.get(found[0]["status"], ()):
        raise BuyerError(f"a refund that is {found[0]['status']} cannot become {status!r}")
    return refunds.change_refund(data, found[0], status, now, charge_follows=body.get("charge_follows", True))


def dispute(data: Data, session: Object, body: Mapping[str, Any], now: int) -> Object:
    """Dispute a session's payment, or an `amount` of it; a status `warning_…` makes it an inquiry."""
    charge = _charge(data, session)
    if not charge["paid"]:
        raise BuyerError("only a charge that was paid can be disputed")
    amount = charge["amount"] if body.get("amount") is None else body["amount"]
    if not 1 <= amount <= charge["amount"]:
        raise BuyerError(f"the amount of a dispute is 1 to {charge['amount']}, not {amount}")
    return disputes.open_dispute(data, charge, _known_status(body["status"]), amount, now)


def change_dispute(data: Data, session: Object, body: Mapping[str, Any], now: int) -> Object:
    """Give the newest dispute of a session's payment another status; one that was won may be lost after all."""
    charge_id = _charge(data, session)["id"]
    found = [known for known in data["dispute"].values() if known["charge"] == charge_id]
    if not found:
        raise BuyerError("no dispute of this session's payment is open")
    status = _known_status(body["status"])
    if status == found[-1]["status"]:
        raise BuyerError(f"the dispute is already {status}")
    return disputes.change_dispute(data, found[-1], status, now)


def bring_dispute(data: Data, session: Object, body: Mapping[str, Any], now: int) -> Object:
    """Bring a session's payment to where its dispute is open, won or lost, through the newest one unless it needs one.

    An end that is asked for without a dispute opens it first.
    """
    charge_id, wanted = _charge(data, session)["id"], body["status"]
    newest = [known for known in data["dispute"].values() if known["charge"] == charge_id][-1:]
    if wanted == "open":
        if newest and newest[0]["status"] not in disputes.CLOSED:
            raise BuyerError("this session's payment is disputed already")
        return dispute(data, session, {**body, "status": "needs_response"}, now)
    if wanted not in ("won", "lost"):
        raise BuyerError(f"a dispute is open, won or lost, not {wanted!r}")
    if newest and body.get("amount") is not None:
        raise BuyerError("the amount of a dispute cannot be changed")
    if not newest:
        dispute(data, session, {**body, "status": "needs_response"}, now)
    return change_dispute(data, session, body, now)


def _fail(data: Data, refund_id: str, at: int) -> None:
    found = data["refund"].get(refund_id)
    if found is not None and "failed" in refunds.NEXT.get(found["status"], ()):
        refunds.change_refund(data, found, "failed", at)


def _known_status(status: str) -> str:
    if status not in disputes.STATUSES:
        raise BuyerError(f"unknown status of a dispute: {status!r}; there are {', '.join(disputes.STATUSES)}")
    return status


def _charge(data: Data, session: Object) -> Object:
    intent = data["payment_intent"].get(session["payment_intent"] or "")
    charge = None if intent is None else data["charge"].get(intent["latest_charge"] or "")
    if charge is None:
        raise BuyerError("this session has no payment")
    return charge
