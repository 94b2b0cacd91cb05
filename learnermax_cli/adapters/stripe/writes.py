"""Idempotency keys, and what an answer under one is worth."""

import hashlib
import uuid
from collections.abc import Iterator, Mapping

import stripe

from learnermax_cli.planning.change import canonical_json

# How often a write is begun afresh, under a new key, after Stripe replayed a failure or an answer of the past.
MAX_ATTEMPTS = 5


def idempotency_key(kind: str, wanted: Mapping[str, object], attempt: int) -> str:
    """Return the key of one write: the same for the same wish, another for each attempt; it holds no personal data."""
    return f"lmx-{kind}-" + hashlib.sha256(canonical_json([wanted, attempt]).encode()).hexdigest()


def idempotency_keys(kind: str, wanted: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys to try one after the other, looking at what is there in between.

    The last is nobody's: Stripe keeps failures for a day, and five stored ones must not lock a write out for so long.
    """
    for attempt in range(MAX_ATTEMPTS):
        yield idempotency_key(kind, wanted, attempt)
    yield f"lmx-{kind}-{uuid.uuid4().hex}"


def is_replayed(created: stripe.StripeObject) -> bool:
    """Return whether an answer was given before [doc "Idempotent requests"]: it tells the past, not the present."""
    answer = created.last_response
    return answer is not None and answer.headers.get("Idempotent-Replayed") == "true"


def is_server_failure(error: stripe.APIError) -> bool:
    """Return whether a write failed at Stripe, perhaps after it was done; such an answer is stored and replayed."""
    return error.http_status is not None and error.http_status >= 500
