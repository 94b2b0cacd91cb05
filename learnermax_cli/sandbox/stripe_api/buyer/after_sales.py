"""What may happen to a payment later: a refund, a dispute, and its end."""

from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError
from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.resources import disputes
from learnermax_cli.sandbox.stripe_api.resources.refunds import refund_charge
from learnermax_cli.sandbox.stripe_api.store import Data, Object


def refund(data: Data, session: Object, amount: int | None, now: int) -> Object:
    """Refund a session's payment, all that is left of it unless an amount in minor units is named."""
    try:
        return refund_charge(data, _charge(data, session), {} if amount is None else {"amount": amount}, now)
    except StripeApiError as error:
        raise BuyerError(error.body.message) from error


def dispute(data: Data, session: Object, status: str, now: int) -> Object:
    """Dispute a session's payment; a status `warning_…` makes it an inquiry."""
    if status not in disputes.STATUSES:
        raise BuyerError(f"unknown status of a dispute: {status!r}; there are {', '.join(disputes.STATUSES)}")
    charge = _charge(data, session)
    if not charge["paid"]:
        raise BuyerError("only a charge that was paid can be disputed")
    return disputes.open_dispute(data, charge, status, now)


def close_dispute(data: Data, session: Object, status: str, now: int) -> Object:
    """End the newest open dispute of a session's payment."""
    if status not in disputes.CLOSED:
        raise BuyerError(f"a dispute ends as {', '.join(disputes.CLOSED)}, not as {status!r}")
    charge_id = _charge(data, session)["id"]
    found = [
        known
        for known in data["dispute"].values()
        if known["charge"] == charge_id and known["status"] not in disputes.CLOSED
    ]
    if not found:
        raise BuyerError("no dispute of this session's payment is open")
    return disputes.close_dispute(data, found[-1], status, now)


def _charge(data: Data, session: Object) -> Object:
    intent = data["payment_intent"].get(session["payment_intent"] or "")
    charge = None if intent is None else data["charge"].get(intent["latest_charge"] or "")
    if charge is None:
        raise BuyerError("this session has no payment")
    return charge
