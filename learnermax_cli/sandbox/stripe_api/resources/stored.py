"""What all resources share: finding what a path or a parameter names, changing it, listing by equal fields."""

from learnermax_cli.sandbox.stripe_api.errors import resource_missing
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

# What Stripe's error calls the parameter, where it is not the kind.
_PARAMS = {"charge": "id", "customer": "id", "payment_intent": "intent", "product": "id"}
_LABELS = {"webhook_endpoint": "webhook endpoint"}


def stored(call: Call, kind: str, *, deleted: bool = False) -> Object:
    """Return the object that the path names, one that is deleted only if that is asked for; raises Stripe's 404."""
    object_id = call.path_params["id"]
    found = call.data[kind].get(object_id)
    if found is None or ("deleted" in found and not deleted):
        raise resource_missing(_LABELS.get(kind, kind), object_id, _PARAMS.get(kind, kind))
    return found


def named(data: Data, kind: str, object_id: str, param: str) -> Object:
    """Return the object that a parameter names; raises Stripe's 400."""
    found = data[kind].get(object_id)
    if found is None or "deleted" in found:
        raise resource_missing(kind, object_id, param, status=400)
    return found


def change(call: Call, before: Object, changes: Object) -> Object:
    """Store an object with changes and with the metadata of the request merged in, and return it."""
    metadata = merge_metadata(before["metadata"], call.params.get("metadata"))
    changed = replaced(before, {**changes, "metadata": metadata})
    call.data[before["object"]].put(changed)
    return changed


def list_equal(call: Call, kind: str, names: tuple[str, ...]) -> Object:
    """Return a page of the objects whose fields are those of the request, as far as it has any of these names."""
    wanted = {name: call.params[name] for name in names if name in call.params}
    among = call.data[kind].narrowed(wanted)
    return list_page(among, kind, call.params, call.path, lambda found: all(found[n] == v for n, v in wanted.items()))
