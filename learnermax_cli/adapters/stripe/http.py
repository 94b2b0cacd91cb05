"""The HTTP client under the Stripe SDK: paced, metered, and patient where the SDK is not (it never retries a 429)."""

import json
import math
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import requests
import stripe

from learnermax_cli.adapters.stripe.rate_limiter import RateLimiter
from learnermax_cli.core.meter import Meter

Answer = tuple[Any, int, Mapping[str, str]]


class Patience(NamedTuple):
    """How long a request may take. A stored failure is replayed for a day and a lost answer is looked up, so a handful
    of tries is enough; a 429 only asks for patience."""

    tries: int = 6
    throttled: int = 14
    longest_wait: float = 8.0
    """Between two tries, in seconds."""
    timeout: tuple[float, float] = (10.0, 80.0)
    """To connect and to read, in seconds."""
    in_all: float = math.inf
    """Seconds after which no further try begins; a slot that is farther away is not waited for either."""


PATIENT = Patience()
HURRIED = Patience(tries=3, throttled=4, longest_wait=1.0, timeout=(2.0, 5.0), in_all=5.0)
"""For a run on whose answer somebody waits: no try begins after five seconds, and each takes a few more at most.

Checkout waits ten seconds for the answer of its webhook [doc "Webhooks"], which is met while Stripe answers. Where it
does not, the delivery fails in bounded time, and comes again.
"""


class PacedHttpClient(stripe.RequestsClient):
    """Sends each request when the limiter has a slot, again after 429, 409, 5xx and lost connections.

    Every POST carries an idempotency key, so sending it again cannot do the work twice [doc "Idempotent requests"].
    """

    def __init__(
        self,
        limiter: RateLimiter,
        meter: Meter,
        debug: Callable[[str], None],
        patience: Patience = PATIENT,
        *,
        through_proxy: bool,
    ) -> None:
        super().__init__(timeout=patience.timeout, session=None)
        self._patience = patience
        self._through_proxy = through_proxy
        self._limiter = limiter
        self._meter = meter
        self._debug = debug

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Answer:
        """Return the first answer worth having, or raise the SDK's APIConnectionError or RateLimitError."""
        self._use_own_session()
        patience, tries, throttled = self._patience, 0, 0
        give_up = time.monotonic() + patience.in_all
        while True:
            if not self._limiter.wait(give_up - time.monotonic()):
                raise stripe.RateLimitError("so many requests are waiting that this one would come too late")
            self._meter.add("stripe_reads" if method == "get" else "stripe_writes")
            came = self._try_once(method, url, headers, post_data)
            if not isinstance(came, stripe.APIConnectionError) and came[1] == 429:
                self._meter.add("stripe_throttled")
                self._limiter.slow_down()
                throttled += 1
                again = throttled <= patience.throttled
            else:
                tries += 1
                again = tries < patience.tries and _worth_another_try(came)
            pause = _backoff(tries + throttled, patience.longest_wait)
            if again and time.monotonic() + pause <= give_up:
                time.sleep(pause)
            elif isinstance(came, stripe.APIConnectionError):
                raise came
            else:
                return came

    def _try_once(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any
    ) -> Answer | stripe.APIConnectionError:
        started = time.monotonic()
        path = url.partition("://")[2].partition("/")[2].partition("?")[0]
        try:
            answer = super().request(method, url, dict(headers or {}), post_data)
        except stripe.APIConnectionError as error:
            self._debug(f"Stripe {method.upper()} /{path}: no answer after {time.monotonic() - started:.2f} s")
            return error
        request_id = answer[2].get("Request-Id")
        self._debug(f"Stripe {method.upper()} /{path}: {answer[1]}, {request_id}, {time.monotonic() - started:.2f} s")
        return answer

    def _use_own_session(self) -> None:
        # One session a thread. A ~/.netrc must not replace the key, and a redirect must not carry it elsewhere.
        if getattr(self._thread_local, "session", None) is None:
            session = requests.Session()
            session.auth = lambda request: request
            session.max_redirects = 0
            session.trust_env = self._through_proxy
            self._thread_local.session = session


def _worth_another_try(came: Answer | stripe.APIConnectionError) -> bool:
    if isinstance(came, stripe.APIConnectionError):
        return bool(came.should_retry)
    body, status, headers = came
    if headers.get("Stripe-Should-Retry") == "false" or headers.get("Idempotent-Replayed") == "true":
        return False
    if status == 409:
        return _error_code(body) in ("idempotency_key_in_use", "lock_timeout")
    return status >= 500


def _error_code(body: Any) -> str | None:
    try:
        code = json.loads(body)["error"]["code"]
    except (ValueError, KeyError, TypeError):
        return None
    return code if isinstance(code, str) else None


def _backoff(attempt: int, longest: float) -> float:
    return float(min(longest, 0.25 * 2 ** min(attempt, 6)) * random.uniform(0.5, 1.0))
