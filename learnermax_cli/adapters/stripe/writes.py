"""Writes to Stripe: made once whatever answer was lost, and begun again only when Stripe replays an old answer."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeVar, cast

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, as_documented, read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.http import REPLAYED
from learnermax_cli.core.errors import FailedError
from learnermax_cli.planning.change import canonical_json

# How many keys a write has for its attempts: Stripe keeps a failure under the key for a day.
MAX_ATTEMPTS = 5

T = TypeVar("T")


class KeysSpentError(FailedError):
    """Stripe replays a failure under each of a write's idempotency keys."""


def idempotency_key(kind: str, wanted: Mapping[str, object], attempt: int) -> str:
    """Return the key of one write: the same for the same wish, another for each attempt; it holds no personal data."""
    return f"lmx-{kind}-" + hashlib.sha256(canonical_json([wanted, attempt]).encode()).hexdigest()


def idempotency_keys(kind: str, wanted: Mapping[str, object]) -> Iterator[str]:
    """Yield the keys to try one after the other.

    The last is random: Stripe keeps failures for a day, and five stored ones must not block a write for so long.
    """
    for attempt in range(MAX_ATTEMPTS):
        yield idempotency_key(kind, wanted, attempt)
    yield f"lmx-{kind}-{uuid.uuid4().hex}"


def create_once(
    doing: str,
    keys: Iterable[str],
    create: Callable[[str], stripe.StripeObject],
    parse: Callable[[Raw], T],
    find: Callable[[Raw | None], T | None],
) -> T:
    """Create something under the first key that has no old answer, or find what an earlier run created.

    A replayed answer describes the past, and an id that is taken describes nothing: `find` looks what is there now. It
    gets the answer that was replayed, or None. Raises LmxError, KeysSpentError when no key is left.
    """
    tried = 0
    for key in keys:
        tried += 1
        with stripe_errors(doing):
            raw = None
            try:
                with as_documented(doing):
                    created = create(key)
            except stripe.StripeError as error:
                if not (_is_replayed_failure(error) or error.code == "resource_already_exists"):
                    raise
            else:
                answer = created.last_response
                assert answer is not None
                raw = cast("Raw", answer.data)
                if answer.headers.get(REPLAYED) != "true":
                    return read_as(parse, raw)
            found = find(raw)
        if found is not None:
            return found
    raise KeysSpentError(
        f"Stripe replayed a failure {tried} times while {doing}", hint="Run the command again.", code="failed.stripe"
    )


def write_until_answered(write: Callable[[], object]) -> None:
    """Carry out a write that may be repeated, again when Stripe replays a failure; raises the SDK's errors.

    The SDK gives each call an idempotency key of its own.
    """
    for _ in range(MAX_ATTEMPTS - 1):
        try:
            with as_documented("a write"):
                write()
        except stripe.StripeError as error:
            if not _is_replayed_failure(error):
                raise
        else:
            return
    write()


def _is_replayed_failure(error: stripe.StripeError) -> bool:
    return (error.http_status or 0) >= 500 and (error.headers or {}).get(REPLAYED) == "true"
