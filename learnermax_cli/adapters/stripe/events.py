"""Reads the events of the last 30 days, oldest first; implements `webhooks.model.EventGateway`."""

from collections.abc import Iterator
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.answers import read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.deliveries import parse_event
from learnermax_cli.adapters.stripe.reads import CursorGoneError, list_raw, read_raw
from learnermax_cli.webhooks.model import EVENTS, EventHint, EventWindow

_PATH = "/v1/events"


class StripeEvents:
    """The events that endpoints are registered for, as raw answers."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_events(self, window: EventWindow) -> Iterator[EventHint]:
        """Read the events of ours of a window, oldest first; raises LmxError.

        Stripe lists newest first. From the event before the window, `ending_before` reads towards the newest, so that
        only one page is held [doc "Process undelivered webhook events"]. Where there is no such event, or the event
        last read has become too old meanwhile, the hints of all events are held and reversed.
        """
        params = _params(window)
        cursor = self._read_last_before(window.since)
        if cursor is not None:
            try:
                for page in list_raw(self._client, _PATH, "ending_before", cursor, **params):
                    yield from (read_as(parse_event, event) for event in reversed(page))
            except CursorGoneError:
                pass
            else:
                return
        pages = [[read_as(parse_event, event) for event in page] for page in list_raw(self._client, _PATH, **params)]
        for hints in reversed(pages):
            yield from reversed(hints)

    def _read_last_before(self, since: int) -> str | None:
        """Return the newest event, of any type, before a time (Unix seconds)."""
        with stripe_errors("listing events"):
            page = read_raw(self._client, _PATH, limit=1, created={"lt": since})
        return str(page["data"][0]["id"]) if page["data"] else None


def _params(window: EventWindow) -> dict[str, Any]:
    created = {"gte": window.since} if window.until is None else {"gte": window.since, "lt": window.until}
    params: dict[str, Any] = {"types": list(EVENTS), "created": created}
    return {**params, "delivery_success": False} if window.undelivered else params
