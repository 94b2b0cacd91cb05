"""Checks signatures of deliveries with the SDK; implements `webhooks.model.SignatureCheck`."""

from collections.abc import Sequence

import stripe

from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.model import Delivery

_SCHEME = stripe.WebhookSignature.EXPECTED_SCHEME


class StripeSignature:
    """HMAC-SHA256 over time and raw body, compared in constant time [doc "Verify webhook signatures"]."""

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Return the time of a signature, in Unix seconds, None when no secret fits; tolerance is the caller's."""
        header = delivery.signature
        if not header or not any(_fits(delivery.body, header, secret) for secret in secrets):
            return None
        # Of several times the SDK signs with the first, so that is the one that counts.
        signed_at: int = stripe.WebhookSignature._get_timestamp_and_signatures(header, _SCHEME)[0]  # noqa: SLF001
        return signed_at


def _fits(body: bytes, header: str, secret: SecretText) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body, header, secret.reveal(), tolerance=None))
    except (stripe.SignatureVerificationError, ValueError, TypeError):
        # Not UTF-8, or a signature of letters that hmac will not compare: nothing that Stripe would send.
        return False
