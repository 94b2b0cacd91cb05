"""The expiry of open checkout sessions: on request, or when their time is reached."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from learnermax_cli.sandbox.stripe_api.resources.events import Happening, record_event
from learnermax_cli.sandbox.stripe_api.store import Data, Object, replaced

KIND = "checkout.session"


def schedule_expiry(data: Data, session: Object) -> None:
    """Have the session expire at its time unless it is complete by then."""
    data.schedule(session["expires_at"], partial(_expire_if_open, data, session["id"]))


def expire_session(data: Data, session: Object, at: int, request: Mapping[str, Any] | None = None) -> Object:
    """Expire an open session, cancel the payment attempted in it, and return it."""
    expired = replaced(session, {"status": "expired", "url": None})
    data[KIND].put(expired)
    intent = data["payment_intent"].get(session["payment_intent"] or "")
    if intent is not None:
        cancelled = {"status": "canceled", "canceled_at": at, "cancellation_reason": "automatic"}
        data["payment_intent"].put(replaced(intent, cancelled))
    record_event(data, Happening("checkout.session.expired", expired, at, request))
    return expired


def _expire_if_open(data: Data, session_id: str, at: int) -> None:
    session = data[KIND].get(session_id)
    if session is not None and session["status"] == "open":
        expire_session(data, session, at)
