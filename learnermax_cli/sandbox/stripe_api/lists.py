"""Stripe's lists: newest first, cursors, filters by creation time [doc Pagination]."""

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, resource_missing
from learnermax_cli.sandbox.stripe_api.store import Collection, Object

DEFAULT_LIMIT = 10
MAX_LIMIT = 100


def list_page(
    collection: Collection, kind: str, params: Mapping[str, Any], url: str, matches: Callable[[Object], bool]
) -> Object:
    """Return one page of the collection's objects that match."""
    limit = limit_of(params)
    low, high = _created_bounds(collection, params.get("created"))
    backwards = "ending_before" in params
    if backwards and "starting_after" in params:
        raise exclusive(["ending_before", "starting_after"])
    if backwards:
        low = max(low, collection.index_after(_cursor(collection, kind, params, "ending_before")))
    if "starting_after" in params:
        high = min(high, collection.index(_cursor(collection, kind, params, "starting_after")))
    found = (stored for stored in collection.between(low, high, newest_first=not backwards) if matches(stored))
    page = list(islice(found, limit + 1))
    data = page[:limit]
    if backwards:
        data.reverse()
    return {"object": "list", "data": data, "has_more": len(page) > limit, "url": url}


def limit_of(params: Mapping[str, Any]) -> int:
    """Return how many objects a page has at most; raises Stripe's error for a limit out of bounds."""
    limit: int = params.get("limit", DEFAULT_LIMIT)
    if limit < 1:
        raise invalid("This value must be greater than or equal to 1.", "limit", "parameter_invalid_integer")
    if limit > MAX_LIMIT:
        message = f"This value must be less than or equal to {MAX_LIMIT} (it currently is '{limit}')."
        raise invalid(message, "limit", "parameter_invalid_integer")
    return limit


def _created_bounds(collection: Collection, created: object) -> tuple[int, int]:
    low, high = 0, len(collection)
    if isinstance(created, int):
        created = {"gte": created, "lte": created}
    if isinstance(created, dict):
        for name, at in created.items():
            place = collection.first_created_from(at + 1 if name in ("gt", "lte") else at)
            if name in ("gt", "gte"):
                low = max(low, place)
            else:
                high = min(high, place)
    return low, high


def _cursor(collection: Collection, kind: str, params: Mapping[str, Any], name: str) -> str:
    cursor: str = params[name]
    if collection.get(cursor) is None:
        raise resource_missing(kind, cursor, name, status=400)
    return cursor
