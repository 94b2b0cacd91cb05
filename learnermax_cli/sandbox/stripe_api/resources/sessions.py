"""Checkout sessions: create, retrieve, list, update, expire, and their line items."""

from learnermax_cli.sandbox.stripe_api.errors import ErrorBody, StripeApiError, invalid, refused
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.line_items import built_line_items, page_of, require_chargeable
from learnermax_cli.sandbox.stripe_api.resources.session_building import (
    access_fields,
    built_session,
    customer_details,
    new_session_id,
)
from learnermax_cli.sandbox.stripe_api.resources.session_expiry import expire_session, schedule_expiry
from learnermax_cli.sandbox.stripe_api.resources.session_params import check_session_params, ui_mode_of
from learnermax_cli.sandbox.stripe_api.resources.stored import change, named
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Data, Object

KIND = "checkout.session"
_LIST_FIELDS = ("customer", "customer_account", "payment_intent", "payment_link", "status", "subscription")
# What an update may change, depending on the form of the session [SDK `SessionUpdateParams`].
_UPDATED_IN = {
    "collected_information": ("embedded_page", "elements"),
    "line_items": (),
    "payment_intent_data": ("elements",),
    "shipping_options": (),
}


def create(call: Call) -> Object:
    """Make a checkout session; its payment intent comes when the buyer pays [doc 2022-08-01, deferred creation]."""
    params = call.params
    check_session_params(params, call.now)
    intent_data = params.get("payment_intent_data", {})
    metadata = merge_metadata({}, params.get("metadata"))
    intent_metadata = merge_metadata({}, intent_data.get("metadata"))
    known = named(call.data, "customer", params["customer"], "customer") if "customer" in params else None
    items = built_line_items(call, params["line_items"])
    require_chargeable(sum(item["amount_total"] for item in items), items[0]["currency"])
    session_id = new_session_id(call.livemode)
    session = built_session(session_id, {**params, "metadata": metadata}, items, call.now)
    access = access_fields(session_id, ui_mode_of(params), call.origin)
    session.update({name: value for name, value in access.items() if session.get(name) is None})
    if known is not None:
        session["customer_details"] = customer_details(known["email"], known["name"])
    elif "customer_email" in params:
        session["customer_details"] = customer_details(params["customer_email"])
    put_session(call.data, session, {**intent_data, "metadata": intent_metadata})
    return session


def put_session(data: Data, session: Object, intent_data: Object) -> None:
    """Store a new session, what its payment intent will get, and the time of its end."""
    data.payment_intent_data[session["id"]] = intent_data
    data[KIND].put(session)
    schedule_expiry(data, session)


def retrieve(call: Call) -> Object:
    """Return a checkout session."""
    return _stored(call)


def list_sessions(call: Call) -> Object:
    """Return a page of checkout sessions."""
    params = call.params
    wanted = {name: params[name] for name in _LIST_FIELDS if name in params}
    email = params.get("customer_details", {}).get("email")

    def matches(session: Object) -> bool:
        if email is not None and (session["customer_details"] or {}).get("email") != email:
            return False
        return all(session[name] == value for name, value in wanted.items())

    among = call.data[KIND].narrowed({**wanted, **({} if email is None else {"email": email})})
    return list_page(among, KIND, params, call.path, matches)


def update(call: Call) -> Object:
    """Change a session's metadata; Stripe lets little else be changed, and the sandbox nothing."""
    session = _stored(call)
    for name, modes in _UPDATED_IN.items():
        if name not in call.params:
            continue
        if session["ui_mode"] not in modes:
            message = f"`{name}` cannot be updated on Checkout Sessions with `ui_mode: {session['ui_mode']}`."
            raise invalid(message, name)
        raise invalid(f"The sandbox does not support updating `{name}`.", name)
    return change(call, session, {})


def expire(call: Call) -> Object:
    """Expire an open session; any other is refused [Sylius/PayumStripePlugin issue 70 quotes the message]."""
    session = _stored(call)
    if session["status"] != "open":
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`."
        )
        raise refused(message)
    return expire_session(call.data, session, call.now, call.request)


def list_line_items(call: Call) -> Object:
    """Return a page of a session's line items."""
    return page_of(call, _stored(call)["line_items"]["data"])


def _stored(call: Call) -> Object:
    session_id = call.path_params["id"]
    session = call.data[KIND].get(session_id)
    if session is None:
        message = f"No such checkout.session: {session_id}"
        raise StripeApiError(ErrorBody(404, message, code="resource_missing", param="session", stored=True))
    return session
