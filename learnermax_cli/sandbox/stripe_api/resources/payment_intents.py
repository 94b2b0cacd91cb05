"""Payment intents: the little that can be changed of one that a checkout session made."""

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.resources.stored import change, stored
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

_CHANGEABLE = ("description", "receipt_email")


def update(call: Call) -> Object:
    """Change a payment intent's metadata, description or receipt's address; its charge keeps what it was made with."""
    intent = stored(call, "payment_intent")
    if unsupported := sorted(call.params.keys() - {"metadata", *_CHANGEABLE}):
        raise invalid(f"The sandbox does not support updating `{unsupported[0]}`.", unsupported[0])
    given = {name: call.params[name] or None for name in _CHANGEABLE if name in call.params}
    return change(call, intent, given)
