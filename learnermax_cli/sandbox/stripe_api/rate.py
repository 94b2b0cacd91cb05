"""Stripe's rate limits: so many requests in any second per account and mode, and 25 per endpoint [doc Rate limits]."""

import threading
import time
from collections import deque

from learnermax_cli.sandbox.stripe_api.errors import ErrorBody, StripeApiError

ENDPOINT_LIMIT = 25.0
_WINDOW_SECONDS = 1.0


class RateLimiter:
    """Counts the admitted requests of the last second of real time."""

    def __init__(self) -> None:
        self._admitted: dict[tuple[str, bool, str], deque[float]] = {}
        self._lock = threading.Lock()

    def admit(self, account: str, livemode: bool, endpoint: str, limit: float | None) -> None:
        """Count one request; raises 429 with the reason in its header, and no Retry-After."""
        if limit is None:
            return
        now = time.monotonic()
        with self._lock:
            everything = self._recent((account, livemode, "*"), now)
            one_endpoint = self._recent((account, livemode, endpoint), now)
            if len(everything) + 1 > limit:
                raise _limited("global-rate", livemode)
            if len(one_endpoint) + 1 > min(limit, ENDPOINT_LIMIT):
                raise _limited("endpoint-rate", livemode)
            everything.append(now)
            one_endpoint.append(now)

    def clear(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._admitted.clear()

    def _recent(self, counter: tuple[str, bool, str], now: float) -> deque[float]:
        times = self._admitted.setdefault(counter, deque())
        while times and now - times[0] >= _WINDOW_SECONDS:
            times.popleft()
        return times


def _limited(reason: str, livemode: bool) -> StripeApiError:
    message = (
        "Request rate limit exceeded."
        if livemode
        else "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode."
    )
    message += " You can learn more about rate limits here https://stripe.com/docs/rate-limits."
    headers = {"Stripe-Rate-Limited-Reason": reason}
    return StripeApiError(ErrorBody(429, message, code="rate_limit", headers=headers))
