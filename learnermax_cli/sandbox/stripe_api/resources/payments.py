"""Payment intents and charges: retrieve and list; they come into being when a buyer pays."""

from learnermax_cli.sandbox.stripe_api.errors import resource_missing
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object


def retrieve_intent(call: Call) -> Object:
    """Return a payment intent."""
    return _stored(call, "payment_intent", "intent")


def list_intents(call: Call) -> Object:
    """Return a page of payment intents."""
    return _page(call, "payment_intent", ("customer",))


def retrieve_charge(call: Call) -> Object:
    """Return a charge."""
    return _stored(call, "charge", "id")


def list_charges(call: Call) -> Object:
    """Return a page of charges."""
    return _page(call, "charge", ("customer", "payment_intent", "transfer_group"))


def _stored(call: Call, kind: str, param: str) -> Object:
    stored = call.data[kind].get(call.path_params["id"])
    if stored is None:
        raise resource_missing(kind, call.path_params["id"], param)
    return stored


def _page(call: Call, kind: str, names: tuple[str, ...]) -> Object:
    wanted = [(name, call.params[name]) for name in names if name in call.params]
    return list_page(
        call.data[kind], kind, call.params, call.path, lambda found: all(found[name] == value for name, value in wanted)
    )
