"""Lists at Stripe as raw answers: the SDK's typed objects take thirty times as long to build for a full page."""

from collections.abc import Iterator
from typing import Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.enrollments.model import PAGE_SIZE


def read_raw(client: stripe.StripeClient, path: str, **params: Any) -> dict[str, Any]:
    """Return the raw answer of a GET; raises the SDK's errors."""
    return cast("dict[str, Any]", cast("Any", client.raw_request("get", path, **params)).data)


def list_raw(client: stripe.StripeClient, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
    """Read a list, newest first, a page of a hundred at a time; raises LmxError."""
    after: dict[str, Any] = {}
    while True:
        with stripe_errors(f"listing {path.rpartition('/')[2]}"):
            page = read_raw(client, path, limit=PAGE_SIZE, **params, **after)
        yield page["data"]
        if not page["has_more"] or not page["data"]:
            return
        after = {"starting_after": page["data"][-1]["id"]}
