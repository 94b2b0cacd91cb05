"""Reads deliveries: signature and event; implements `webhooks.model.DeliveryReader`. A cold start loads no more."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import stripe

from learnermax_cli.core.ownership import MANAGED_BY, decode_reference
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.core.times import parse_time, unix_time
from learnermax_cli.enrollments.model import enrollment_key
from learnermax_cli.webhooks.model import Delivery, EventHint

_THIN = "v2.core.event"
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
        texts = (hint.session_id, hint.intent_id, hint.environment, hint.account, *(hint.key or ()))
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
        if raw.get("object") == _THIN:
            return _thin_event(raw)
        inner = raw["data"]["object"]
        kind = inner.get("object")
        session = inner if kind == "checkout.session" else {}
        reversal = kind in ("refund", "dispute") or raw["type"] == "charge.refunded"
        # A charge has the metadata of its payment intent; those of a refund or dispute are not ours.
        metadata = (inner.get("metadata") if session or kind == "charge" else None) or {}
        reference = session.get("client_reference_id")
        user = metadata.get("userId") or (decode_reference(reference) if reference else None)
        course = metadata.get("courseId")
        return EventHint(
            event_id=str(raw["id"]),
            type=str(raw["type"]),
            created=unix_time(raw["created"]),
            livemode=bool(raw["livemode"]),
            session_id=session.get("id"),
            key=enrollment_key(user, course),
            managed=metadata.get("managedBy") == MANAGED_BY,
            environment=metadata.get("environment"),
            account=raw.get("account"),
            api_version=raw.get("api_version"),
            intent_id=inner.get("payment_intent") if session or reversal else None,
            reversal=reversal,
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError("not an event of Stripe") from error


def _thin_event(raw: Mapping[str, Any]) -> EventHint:
    """Read an event of Stripe's second API, none of which is ours; its time is RFC 3339 [stripe.v2.core.Event]."""
    time = parse_time(str(raw.get("created")))
    created = 0 if time is None else int(time.timestamp())
    return EventHint(str(raw["id"]), str(raw["type"]), max(0, created), bool(raw.get("livemode")), None)
