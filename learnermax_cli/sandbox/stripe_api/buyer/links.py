"""A buyer opens a payment link: a session is created [doc Payment Links]."""

from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError, Target
from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.resources.line_items import line_item, require_sellable
from learnermax_cli.sandbox.stripe_api.resources.payment_links import usable_reference
from learnermax_cli.sandbox.stripe_api.resources.session_building import (
    access_fields,
    built_session,
    customer_details,
    new_session_id,
)
from learnermax_cli.sandbox.stripe_api.resources.session_params import HOSTED
from learnermax_cli.sandbox.stripe_api.resources.sessions import put_session
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

_INACTIVE = "this payment link is not active any more"


def open_link(target: Target, origin: str, now: int) -> Object:
    """Make the session of a link and return it; raises BuyerError when the link or its price is inactive."""
    data, link = target.data, target.found
    if not link["active"]:
        raise BuyerError(link["inactive_message"] or _INACTIVE)
    items = [_fresh_item(data, item) for item in link["line_items"]["data"]]
    params = {
        "metadata": dict(link["metadata"]),
        "allow_promotion_codes": link["allow_promotion_codes"],
        "billing_address_collection": link["billing_address_collection"],
        "client_reference_id": usable_reference(target.reference),
        "customer_creation": link["customer_creation"],
        "submit_type": link["submit_type"],
        "success_url": link["after_completion"].get("redirect", {}).get("url"),
    }
    session = built_session(new_session_id(link["livemode"]), params, items, now)
    details = customer_details(target.email) if target.email else None
    access = access_fields(session["id"], HOSTED, origin)
    session = replaced(session, {**access, "payment_link": link["id"], "customer_details": details})
    put_session(data, session, link["payment_intent_data"] or {})
    return session


def count_completed(data: Data, link_id: str | None) -> None:
    """Count a completed session of a link; the one that reaches the limit makes the link inactive."""
    link = data["payment_link"].get(link_id or "")
    if link is None or link["restrictions"] is None:
        return
    completed = link["restrictions"]["completed_sessions"]
    counted = {**completed, "count": completed["count"] + 1}
    active = link["active"] and counted["count"] < counted["limit"]
    data["payment_link"].put(replaced(link, {"restrictions": {"completed_sessions": counted}, "active": active}))


def _fresh_item(data: Data, item: Object) -> Object:
    price_id = item["price"]["id"]
    try:
        # A price made by `price_data` is inactive from the start and sold nevertheless.
        price = require_sellable(data, price_id, "price") if item["price"]["active"] else item["price"]
    except StripeApiError as error:
        raise BuyerError(_INACTIVE) from error
    return line_item(data, price, item["quantity"])
