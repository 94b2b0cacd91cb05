"""Keeps the first answer under each idempotency key for 24 hours [doc Idempotent requests]."""

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from learnermax_cli.sandbox.stripe_api.errors import ErrorBody, StripeApiError

KEPT_SECONDS = 24 * 60 * 60
MAX_KEY_LENGTH = 255


class StoredAnswer(NamedTuple):
    """What was answered first."""

    status: int
    body: bytes
    request_id: str


class Scope(NamedTuple):
    """The account, the mode and the key itself: two accounts may use the same key."""

    account: str
    livemode: bool
    key: str


@dataclass(slots=True)
class _Reservation:
    path: str
    fingerprint: str
    began: float
    answer: StoredAnswer | None = None


class IdempotencyKeys:
    """The keys in use; thread-safe."""

    def __init__(self) -> None:
        self._reservations: dict[Scope, _Reservation] = {}
        self._lock = threading.Lock()

    def begin(self, scope: Scope, path: str, params: Mapping[str, object], now: float) -> StoredAnswer | None:
        """Reserve the key, or return the answer it already has; raises 400 for another request, 409 while in flight."""
        if len(scope.key) > MAX_KEY_LENGTH:
            message = f"Idempotency keys can be up to {MAX_KEY_LENGTH} characters long."
            raise StripeApiError(ErrorBody(400, message, type="idempotency_error"))
        fingerprint = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
        with self._lock:
            known = self._reservations.get(scope)
            if known is None or (known.answer is not None and now - known.began >= KEPT_SECONDS):
                self._reservations[scope] = _Reservation(path, fingerprint, now)
                return None
            if (path, fingerprint) != (known.path, known.fingerprint):
                raise _mismatch(scope.key, known.path if path != known.path else None)
            if known.answer is None:
                raise _in_use(scope.key)
            return known.answer

    def store(self, scope: Scope, answer: StoredAnswer) -> None:
        """Keep the answer under its key."""
        with self._lock:
            if scope in self._reservations:
                self._reservations[scope].answer = answer

    def abandon(self, scope: Scope) -> None:
        """Release the key: the request was not executed."""
        with self._lock:
            self._reservations.pop(scope, None)

    def clear(self) -> None:
        """Forget all keys."""
        with self._lock:
            self._reservations.clear()


def _mismatch(key: str, first_path: str | None) -> StripeApiError:
    same = "with the same parameters they were first used with"
    if first_path is not None:
        same = f"for the same endpoint they were first used for ('{first_path}')"
    message = (
        f"Keys for idempotent requests can only be used {same}. Try using a key other than '{key}' if you meant to "
        "execute a different request."
    )
    return StripeApiError(ErrorBody(400, message, type="idempotency_error"))


def _in_use(key: str) -> StripeApiError:
    message = (
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later."
    )
    return StripeApiError(ErrorBody(409, message, type="idempotency_error", code="idempotency_key_in_use"))
