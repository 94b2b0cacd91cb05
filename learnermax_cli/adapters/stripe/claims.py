"""Writes on a paid session whose student it is; implements `enrollments.claim.ClaimGateway`."""

from collections.abc import Callable, Mapping

import stripe
from stripe import RequestOptions

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, path_id, read_or_none
from learnermax_cli.adapters.stripe.writes import create_once, idempotency_keys
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
        faster: the first idempotency key names the session alone, so Stripe rejects another claim under it."""
        fields = dict(metadata)
        wanted = {"environment": fields["environment"], "session": session_id}
        sessions, intents = self._client.v1.checkout.sessions, self._client.v1.payment_intents
        path = path_id(session_id)
        _claim(session_id, "claim", wanted, lambda key: sessions.update(path, {"metadata": fields}, key))
        if intent_id is not None:
            intent = path_id(intent_id)
            _claim(session_id, "claim-intent", wanted, lambda key: intents.update(intent, {"metadata": fields}, key))


def _claim(
    session_id: str, kind: str, wanted: Mapping[str, object], write: Callable[[RequestOptions], stripe.StripeObject]
) -> None:
    """Write once, also where Stripe has stored a failure under a key; what was written before is found again."""

    def write_with(key: str) -> stripe.StripeObject:
        try:
            return write({"idempotency_key": key})
        except stripe.IdempotencyError as error:
            hint = "See whose it is now: look at its metadata in the Dashboard."
            raise FailedError(
                f"{session_id} was claimed for another student", hint=hint, code="invalid.claimed"
            ) from error

    doing = f"claiming session {session_id}"
    create_once(doing, idempotency_keys(kind, wanted), write_with, parse=bool, find=lambda raw: raw and True)


def _sold_products(raw: Raw) -> tuple[str, ...]:
    lines = raw["line_items"]["data"] if raw.get("line_items") else ()
    return tuple(id_of(line["price"]["product"]) or "" for line in lines)
