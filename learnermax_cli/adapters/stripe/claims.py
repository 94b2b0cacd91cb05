"""Writes on a paid session whose student it is; implements `enrollments.claim.ClaimGateway`."""

from collections.abc import Callable, Mapping

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, path_id, read_or_none
from learnermax_cli.adapters.stripe.writes import idempotency_key, write_until_answered
from learnermax_cli.core.errors import FailedError

_SESSIONS = "/v1/checkout/sessions"


class StripeClaims:
    """Reads what a session sold, and writes our metadata to it and to its payment intent."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read_sold_products(self, session_id: str) -> tuple[str, ...]:
        """Return the product of each line item."""
        with stripe_errors(f"reading what session {session_id} sold"):
            raw = read_or_none(self._client, _SESSIONS, session_id, expand=["line_items"])
        return () if raw is None else read_as(_sold_products, raw)

    def claim(self, session_id: str, intent_id: str | None, metadata: Mapping[str, str]) -> None:
        """Write metadata to a session, then to its payment intent; raises FailedError where another student's claim was
        faster: the idempotency key names the session alone, so Stripe rejects another claim under it."""
        fields = dict(metadata)
        wanted = {"environment": fields["environment"], "session": session_id}
        with stripe_errors(f"claiming session {session_id}"):
            sessions, key = self._client.v1.checkout.sessions, idempotency_key("claim", wanted, 0)
            path = path_id(session_id)
            _once(session_id, lambda: sessions.update(path, {"metadata": fields}, {"idempotency_key": key}))
            if intent_id is None:
                return
            intents, second = self._client.v1.payment_intents, idempotency_key("claim-intent", wanted, 0)
            intent = path_id(intent_id)
            _once(session_id, lambda: intents.update(intent, {"metadata": fields}, {"idempotency_key": second}))


def _once(session_id: str, write: Callable[[], object]) -> None:
    try:
        write_until_answered(write)
    except stripe.IdempotencyError as error:
        hint = "See whose it is now: look at its metadata in the Dashboard."
        message = f"{session_id} was claimed for another student"
        raise FailedError(message, hint=hint, code="invalid.claimed") from error


def _sold_products(raw: Raw) -> tuple[str, ...]:
    lines = raw["line_items"]["data"] if raw.get("line_items") else ()
    return tuple(id_of(line["price"]["product"]) or "" for line in lines)
