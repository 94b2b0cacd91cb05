"""Reads from Stripe as raw answers: the SDK's typed objects take thirty times as long to build for a full page."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, cast

import stripe

from learnermax_cli.adapters.stripe.answers import Raw
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.ownership import is_stripe_id
from learnermax_cli.enrollments.model import PAGE_SIZE


class CursorGoneError(FailedError):
    """The object after which a list continues is no longer at Stripe."""


def read_raw(client: stripe.StripeClient, path: str, **params: Any) -> Raw:
    """Return the raw answer of a GET; raises the SDK's errors."""
    return cast("Raw", cast("Any", client.raw_request("get", path, **params)).data)


def path_id(object_id: str) -> str:
    """Return an id as it may stand in a path; raises FailedError for one that would lead elsewhere."""
    if not is_stripe_id(object_id):
        hint = "Fix it where it was read from: the table, or the object at Stripe."
        raise FailedError(f"{object_id!r} can't be an id of Stripe", hint=hint, code="failed.stripe_id")
    return object_id


def read_or_none(client: stripe.StripeClient, collection: str, object_id: str, **params: Any) -> Raw | None:
    """Return an object of a collection, None where this key has no such object; raises the SDK's errors."""
    if not is_stripe_id(object_id):
        return None
    try:
        return read_raw(client, f"{collection}/{object_id}", **params)
    except stripe.InvalidRequestError as error:
        if not is_missing(error):
            raise
        return None


def is_missing(error: stripe.InvalidRequestError) -> bool:
    """Return whether Stripe rejected a request because there is no such object."""
    return error.code == "resource_missing"


def list_raw(
    client: stripe.StripeClient,
    path: str,
    direction: Literal["starting_after", "ending_before"] = "starting_after",
    cursor: str | None = None,
    **params: Any,
) -> Iterator[Sequence[Raw]]:
    """Read a list, a page of a hundred at a time, each newest first; raises LmxError.

    It begins at the newest, or after the cursor; with `ending_before`, each page is younger than the one before.
    """
    doing = f"listing {path.rpartition('/')[2].replace('_', ' ')}"
    seen: set[str] = set()
    while True:
        with stripe_errors(doing):
            page = _read_page(client, path, {**params, **({} if cursor is None else {direction: cursor})})
        if page["data"]:
            cursor = str(page["data"][-1 if direction == "starting_after" else 0]["id"])
            if cursor in seen:
                raise FailedError(
                    f"Stripe sent the same page again while {doing}",
                    hint="Run the command again.",
                    code="failed.stripe",
                )
            seen.add(cursor)
        yield page["data"]
        if not page["has_more"] or not page["data"]:
            return


def _read_page(client: stripe.StripeClient, path: str, params: Mapping[str, Any]) -> Raw:
    try:
        return read_raw(client, path, limit=PAGE_SIZE, **params)
    except stripe.InvalidRequestError as error:
        if not (is_missing(error) and {"starting_after", "ending_before"} & set(params)):
            raise
        hint = "Run the command again."
        raise CursorGoneError("the object after which the list continues is no longer at Stripe", hint=hint) from error


def id_of(value: Any) -> str | None:
    """Return the id of an object, expanded or not; None for none."""
    found: str | None = value["id"] if isinstance(value, dict) else value
    return found


def sold_prices(line_items: Raw | None) -> tuple[str, ...]:
    """Return the price of each line item; two of the same are another purchase than one."""
    lines = line_items["data"] if line_items else ()
    return tuple(_sold(id_of(line["price"]) or "none", line["quantity"]) for line in lines)


def _sold(price_id: str, quantity: int) -> str:
    return price_id if quantity == 1 else f"{quantity} x {price_id}"
