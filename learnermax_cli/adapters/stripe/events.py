"""Events as Stripe keeps and delivers them; implements `EventGateway` and `DeliveryReader` of `webhooks.model`."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import CursorGoneError, list_raw, read_raw
from learnermax_cli.core.ownership import MANAGED_BY, decode_reference
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.webhooks.model import SESSION_EVENTS, Delivery, EventHint, EventWindow

_PATH = "/v1/events"


class StripeEvents:
    """The session events, as raw answers."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_events(self, window: EventWindow) -> Iterator[EventHint]:
        """Read the session events of a window, oldest first; raises LmxError.

        Stripe lists newest first. From the event before the window, `ending_before` reads towards the newest, so that
        only one page is held [doc "Process undelivered webhook events"]. Where there is no such event, or the event
        last read has become too old meanwhile, the hints of all events are held and reversed.
        """
        params = _params(window)
        cursor = self._read_last_before(window.since)
        if cursor is not None:
            try:
                for page in list_raw(self._client, _PATH, "ending_before", cursor, **params):
                    yield from (parse_event(event) for event in reversed(page))
            except CursorGoneError:
                pass
            else:
                return
        pages = [[parse_event(event) for event in page] for page in list_raw(self._client, _PATH, **params)]
        for hints in reversed(pages):
            yield from reversed(hints)

    def _read_last_before(self, since: int) -> str | None:
        """Return the newest event, of any type, before a time (Unix seconds)."""
        with stripe_errors("listing events"):
            page = read_raw(self._client, _PATH, limit=1, created={"lt": since})
        return page["data"][0]["id"] if page["data"] else None


def _params(window: EventWindow) -> dict[str, Any]:
    created = {"gte": window.since} if window.until is None else {"gte": window.since, "lt": window.until}
    params: dict[str, Any] = {"types": list(SESSION_EVENTS), "created": created}
    return {**params, "delivery_success": False} if window.undelivered else params


_SCHEME = stripe.WebhookSignature.EXPECTED_SCHEME


class StripeDeliveries:
    """HMAC-SHA256 over time and raw body, compared in constant time [doc "Verify webhook signatures"]."""

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Return the time of a signature, in Unix seconds, None when no secret fits; tolerance is the caller's."""
        header = delivery.signature
        if not header or not any(_fits(delivery.body, header, secret) for secret in secrets):
            return None
        # Of several times the SDK signs with the first, so that is the one that counts.
        signed_at: int = stripe.WebhookSignature._get_timestamp_and_signatures(header, _SCHEME)[0]  # noqa: SLF001
        return signed_at

    def read_event(self, body: bytes) -> EventHint | None:
        """Return the hint of a body's event; None when it is no event of Stripe."""
        try:
            hint = parse_event(json.loads(body))
        except (ValueError, OverflowError, RecursionError):
            return None
        texts = (hint.session_id, hint.environment, hint.account, *(hint.key or ()))
        return hint if all(text is None or isinstance(text, str) for text in texts) else None


def _fits(body: bytes, header: str, secret: SecretText) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret.reveal(), tolerance=None))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # Not UTF-8, or a signature of letters that hmac will not compare: nothing that Stripe would send.
        return False


def parse_event(raw: Mapping[str, Any]) -> EventHint:
    """Read an event as Stripe's API and deliveries render it; raises ValueError when it is no event at all."""
    try:
        inner = raw["data"]["object"]
        session = inner if inner.get("object") == "checkout.session" else {}
        metadata = session.get("metadata") or {}
        reference = session.get("client_reference_id")
        user = metadata.get("userId") or (decode_reference(reference) if reference else None)
        course = metadata.get("courseId")
        return EventHint(
            event_id=str(raw["id"]),
            type=str(raw["type"]),
            created=int(raw["created"]),
            livemode=bool(raw["livemode"]),
            session_id=session.get("id"),
            key=EnrollmentKey(user, course) if user and course else None,
            managed=metadata.get("managedBy") == MANAGED_BY,
            environment=metadata.get("environment"),
            account=raw.get("account"),
            api_version=raw.get("api_version"),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an event of Stripe") from error
