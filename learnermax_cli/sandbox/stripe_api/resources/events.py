"""Events: recorded when something happens, retrieve and list for 30 days [doc Events]."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from learnermax_cli.sandbox.stripe_api.auth import API_VERSION
from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, resource_missing
from learnermax_cli.sandbox.stripe_api.expand import rendered
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Data, Notice, Object

KEPT_SECONDS = 30 * 24 * 60 * 60
MAX_TYPES = 20
_NO_REQUEST: Mapping[str, object] = {"id": None, "idempotency_key": None}


@dataclass(frozen=True, slots=True)
class Happening:
    """What an event reports: its type, the object as it is now, the time, the API request that caused it, if any."""

    type: str
    stored: Object
    at: int
    request: Mapping[str, Any] | None = None
    previous: Object | None = None


def record_event(data: Data, happening: Happening) -> Object:
    """Store the event of a happening, with a snapshot of the object, and return it."""
    event = built_event(new_id("evt"), happening, data)
    data["event"].put(event)
    data.announce(Notice(event["id"], happening.type, happening.stored["id"], lambda: event))
    return with_pending(event, data)


def with_pending(event: Object, data: Data) -> Object:
    """Return an event with the number of endpoints that have not received it."""
    return {**event, "pending_webhooks": len(data.undelivered.get(event["id"], ()))}


def built_event(event_id: str, happening: Happening, data: Data) -> Object:
    """Return an event, not stored yet."""
    stored = happening.stored
    # A refund does not say its mode, its charge does.
    owner = stored if "livemode" in stored else data["charge"].get(stored["charge"]) or {}
    inner: Object = {"object": rendered(stored, stored["object"], (), data)}
    if happening.previous is not None:
        inner["previous_attributes"] = happening.previous
    return {
        "id": event_id,
        "object": "event",
        "api_version": API_VERSION,
        "created": happening.at,
        "data": inner,
        "livemode": owner["livemode"],
        "pending_webhooks": 0,
        "request": dict(happening.request or _NO_REQUEST),
        "type": happening.type,
    }


def retrieve(call: Call) -> Object:
    """Return an event of the last 30 days."""
    event = call.data["event"].get(call.path_params["id"])
    if event is None or event["created"] < call.now - KEPT_SECONDS:
        raise resource_missing("event", call.path_params["id"], "id")
    return with_pending(event, call.data)


def list_events(call: Call) -> Object:
    """Return a page of events; with `delivery_success=false` those that some endpoint has not received."""
    params = call.params
    if "type" in params and "types" in params:
        raise exclusive(["type", "types"])
    types = params.get("types", [])
    if len(types) > MAX_TYPES:
        raise invalid(f"You may only specify up to {MAX_TYPES} types.", "types")
    oldest = call.now - KEPT_SECONDS
    undelivered = call.data.undelivered

    def matches(event: Object) -> bool:
        if event["created"] < oldest or (types and event["type"] not in types):
            return False
        if "delivery_success" in params and params["delivery_success"] == (event["id"] in undelivered):
            return False
        return "type" not in params or fnmatchcase(event["type"], params["type"])

    page = list_page(call.data["event"], "event", params, call.path, matches)
    return {**page, "data": [with_pending(event, call.data) for event in page["data"]]}
