"""The HTTP client under the Stripe SDK: keeps to the rate limit, counts requests, and retries, as the SDK does not."""

import json
import math
import random
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import stripe

from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import Outage, RetryPolicy

# [doc "Rate limits"]: 25 requests/s in a sandbox and for each endpoint, 100/s live.
# The lower one, and a little less, since clocks differ.
DEFAULT_RATE = 23.0
_SLOWEST = 1.0
_WON_BACK_PER_SECOND = 1.0
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""
Answer = tuple[Any, int, Mapping[str, str]]


class RateLimiter:
    """Hands out slots at `rate` requests per second to all threads of the process; starts with a few at once."""

    def __init__(
        self,
        rate: float,
        *,
        burst: int = 2,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._highest = rate
        self._rate = rate
        self._burst = burst
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = -math.inf
        self._slowed_at = monotonic()

    @property
    def rate(self) -> float:
        """The requests per second allowed now."""
        with self._lock:
            return self._current_rate(self._monotonic())

    def wait(self, at_most: float = math.inf) -> bool:
        """Wait for the next slot; return False, at once and without taking it, when it is more seconds away."""
        with self._lock:
            now = self._monotonic()
            interval = 1 / self._current_rate(now)
            slot = max(self._next, now - self._burst * interval) + interval
            delay = slot - now
            if delay > at_most:
                return False
            self._next = slot
        if delay > 0:
            self._sleep(delay)
        return True

    def slow_down(self) -> None:
        """Halve the rate after a 429; threads that were told at the same time halve it once."""
        with self._lock:
            now = self._monotonic()
            if now - self._slowed_at < 1.0 and self._rate < self._highest:
                return
            self._rate = max(_SLOWEST, self._current_rate(now) / 2)
            self._slowed_at = now

    def _current_rate(self, now: float) -> float:
        return min(self._highest, self._rate + (now - self._slowed_at) * _WON_BACK_PER_SECOND)


class PacedHttpClient(stripe.RequestsClient):
    """Sends each request when the limiter has a slot, again after 429, 409, 5xx and lost connections.

    Every POST carries an idempotency key, so sending it again cannot do the work twice [doc "Idempotent requests"].
    Once `stop` is set, only a request whose connection was lost is sent again: it may be a write that is half done.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        meter: Meter,
        debug: Callable[[str], None],
        policy: RetryPolicy,
        stop: threading.Event,
    ) -> None:
        super().__init__(timeout=(policy.connect, policy.read), session=None)
        self._policy = policy
        self._stop = stop
        self._limiter = limiter
        self._meter = meter
        self._debug = debug
        # Counted apart: where every write fails, reading what is there may go well.
        self._reading, self._writing = Outage("Stripe"), Outage("Stripe")

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> Answer:
        """Return the answer of the last try; raises the SDK's APIConnectionError or RateLimitError, or OutageError."""
        self._use_own_session(url)
        outage = self._reading if method == "get" else self._writing
        if not self._policy.interactive:
            outage.require_up()
        came = self._try_in_time(method, url, headers, post_data)
        outage.note(ok=_is_answer(came))
        if isinstance(came, stripe.StripeError):
            raise came
        return came

    def _try_in_time(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any
    ) -> Answer | stripe.StripeError:
        policy, failed, tries = self._policy, 0, 0
        came: Answer | stripe.StripeError = stripe.RateLimitError("too many requests are waiting before this one")
        asked = time.monotonic()
        # A try that begins until then ends within the time of the whole operation.
        last_begin = asked + policy.in_all - policy.connect - policy.read
        while self._limiter.wait(last_begin - asked if policy.interactive else math.inf):
            if not policy.interactive:
                last_begin += time.monotonic() - asked
            self._meter.add("stripe_reads" if method == "get" else "stripe_writes")
            came = self._try_once(method, url, headers, post_data)
            tries += 1
            if not isinstance(came, stripe.APIConnectionError) and came[1] == 429:
                self._meter.add("stripe_throttled")
                self._limiter.slow_down()
            else:
                failed += 1
                if failed >= policy.tries or not _worth_another_try(came):
                    return came
            pause = _backoff(tries, policy.longest_pause)
            if time.monotonic() + pause > last_begin:
                return came
            if isinstance(came, stripe.APIConnectionError):
                time.sleep(pause)  # a signal is no reason to send it again at once
            elif self._stop.wait(pause):
                return came
            asked = time.monotonic()
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

    def _use_own_session(self, url: str) -> None:
        # One session a thread. A ~/.netrc must not replace the key, and a redirect must not carry it elsewhere.
        if getattr(self._thread_local, "session", None) is None:
            session = requests.Session()
            session.auth = lambda request: request
            session.max_redirects = 0
            # Requests to this machine must not pass a proxy in clear text.
            session.trust_env = url.startswith("https://")
            self._thread_local.session = session


def _is_answer(came: Answer | stripe.StripeError) -> bool:
    """Return whether an operation shows that Stripe is up; what it replays, it has kept, so that is an answer too."""
    if isinstance(came, stripe.StripeError):
        return False
    _, status, headers = came
    return headers.get(REPLAYED) == "true" or (status < 500 and status != 429)


def _worth_another_try(came: Answer | stripe.APIConnectionError) -> bool:
    if isinstance(came, stripe.APIConnectionError):
        return bool(came.should_retry)
    body, status, headers = came
    if headers.get("Stripe-Should-Retry") == "false" or headers.get(REPLAYED) == "true":
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
