"""Reads the events of the last 30 days, oldest first; implements `webhooks.model.EventGateway`."""

from collections.abc import Iterator
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.lists import list_raw, read_raw
from learnermax_cli.enrollments.model import PAGE_SIZE
from learnermax_cli.webhooks.model import SESSION_EVENTS, EventHint, EventWindow

_PATH = "/v1/events"


class StripeEvents:
    """The session events, as raw answers."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_events(self, window: EventWindow) -> Iterator[EventHint]:
        """Read the session events of a window, oldest first; raises LmxError.

        Stripe lists newest first. From the event before the window, `ending_before` walks the other way, so that only
        a page is held [doc "Process undelivered webhook events"]. Without such an event the history begins in the
        window, and what a walk has come to may grow too old meanwhile: then the hints of all that is still there are
        held and turned round.
        """
        params = _params(window)
        cursor = self._read_last_before(window.since)
        while cursor is not None:
            page = self._read_after(cursor, params)
            if page is None:
                break
            yield from (EventHint.from_event(event) for event in reversed(page["data"]))
            if not page["has_more"] or not page["data"]:
                return
            cursor = page["data"][0]["id"]
        pages = [[EventHint.from_event(event) for event in page] for page in list_raw(self._client, _PATH, **params)]
        for hints in reversed(pages):
            yield from reversed(hints)

    def _read_last_before(self, since: int) -> str | None:
        """Return the newest event, of any type, before a time (Unix seconds)."""
        with stripe_errors("listing events"):
            page = read_raw(self._client, _PATH, limit=1, created={"lt": since})
        return page["data"][0]["id"] if page["data"] else None

    def _read_after(self, event_id: str, params: dict[str, Any]) -> dict[str, Any] | None:
        """Read a page of what came after an event, newest first; None when Stripe has forgotten that event."""
        with stripe_errors("listing events"):
            try:
                return read_raw(self._client, _PATH, limit=PAGE_SIZE, ending_before=event_id, **params)
            except stripe.InvalidRequestError as error:
                if error.code != "resource_missing":
                    raise
                return None


def _params(window: EventWindow) -> dict[str, Any]:
    created = {"gte": window.since} if window.until is None else {"gte": window.since, "lt": window.until}
    params: dict[str, Any] = {"types": list(SESSION_EVENTS), "created": created}
    return {**params, "delivery_success": False} if window.undelivered else params
