"""The HTTP client under the Stripe SDK: keeps to the rate limit, counts requests, and retries, as the SDK does not."""

import math
import random
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import stripe
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from learnermax_cli.adapters.connections import SLOW, Answering, socks_manager, timed_pools
from learnermax_cli.adapters.network import is_untrusted, name_host, require_network, uses_socks
from learnermax_cli.adapters.stripe.answers import (
    AnswerTimeoutError,
    NoAnswerError,
    NoConnectionError,
    error_code,
    find_flaw,
)
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import (
    SHORTEST_TRY,
    Listener,
    Outage,
    RateLimiter,
    RetryPolicy,
    outage_of,
    seconds_left,
)
from learnermax_cli.core.urls import is_loopback

# [doc "Rate limits"]: 25 requests/s in a sandbox and for each endpoint, 100/s live.
# The lower one, and a little less, since clocks differ.
DEFAULT_RATE = 23.0
REPLAYED = "Idempotent-Replayed"
"""The header of an answer that was given before."""
Answer = tuple[Any, int, Mapping[str, str]]


_POOLS = timed_pools(HTTPConnectionPool, HTTPSConnectionPool)


class _TimedAdapter(HTTPAdapter):
    """Makes connections whose answers have a time limit."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        if uses_socks(proxy):
            return self.proxy_manager.setdefault(proxy, socks_manager(proxy, **kwargs))
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = _POOLS
        return manager


class PacedHttpClient(stripe.RequestsClient):
    """Sends each request when the limiter has a slot, again after 429, 409, 5xx, odd answers and lost connections.

    Every POST carries an idempotency key, so sending it again cannot do the work twice [doc "Idempotent requests"].
    Once `stop` is set, only a request whose connection was lost is sent again: it may be a write that is half done.
    """

    def __init__(
        self,
        limiter: RateLimiter,
        meter: Meter,
        listener: Listener,
        policy: RetryPolicy,
        stop: threading.Event,
    ) -> None:
        super().__init__(timeout=(policy.connect, policy.read), session=None)
        self._policy = policy
        self._stop = stop
        self._limiter = limiter
        self._meter = meter
        self._listener = listener
        # Counted apart: where every write fails, reading what is there may go well.
        self._reading, self._writing = outage_of("Stripe", policy), outage_of("Stripe", policy)

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
        outage.begin()
        ok: bool | None = None
        try:
            came = self._try_in_time(method, url, headers, post_data, outage)
            ok = _is_answer(came)
        finally:
            outage.end(ok)
        if isinstance(came, stripe.StripeError):
            raise came
        return came

    def _try_in_time(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any, outage: Outage
    ) -> Answer | stripe.StripeError:
        policy, failed, tries = self._policy, 0, 0
        if seconds_left() < SHORTEST_TRY:
            return AnswerTimeoutError("its time was over before it began")
        came: Answer | stripe.StripeError = stripe.RateLimitError("too many requests are waiting before this one")
        begun = asked = time.monotonic()
        # A try that begins until then ends within the time of the whole operation.
        last_begin = asked + min(policy.in_all - policy.connect - policy.read, seconds_left() - SHORTEST_TRY)
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
            if time.monotonic() + pause > last_begin or outage.silent():
                return came
            half_done = method != "get" and isinstance(came, stripe.APIConnectionError)
            if half_done and time.monotonic() - begun < policy.read:
                time.sleep(pause)  # a signal is no reason to send it again at once
            elif self._stop.wait(pause):
                return came
            asked = time.monotonic()
            if asked - begun > SLOW:
                self._listener.waiting("Waiting for Stripe: no answer yet, trying again ...")
        return came

    def _try_once(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any
    ) -> Answer | stripe.APIConnectionError:
        started = time.monotonic()
        host, _, path = url.partition("://")[2].partition("?")[0].partition("/")
        limit = min(self._policy.read, seconds_left())
        came: Answer | stripe.APIConnectionError
        with Answering(limit, lambda: self._listener.waiting(f"Waiting for an answer of {host} ...")) as answer:
            try:
                came = super().request(method, url, dict(headers or {}), post_data)
            except stripe.APIConnectionError as error:
                late = answer.late or isinstance(error.__cause__, requests.Timeout)
                too_late = AnswerTimeoutError(f"no complete answer from {name_host(url)} in {limit:.0f} s")
                came = too_late if late else NoConnectionError(url, error)
        what = "no answer"
        if not isinstance(came, stripe.APIConnectionError):
            body, status, answered = came
            what = f"{status}, {answered.get('Request-Id')}"
            if flaw := find_flaw(method, path, status, body):
                came = NoAnswerError(f"HTTP {status} from {name_host(url)}, {flaw}")
                what = f"{status}, no answer of Stripe: {flaw}"
        self._listener.debug(f"Stripe {method.upper()} /{path}: {what}, {time.monotonic() - started:.2f} s")
        return came

    def _use_own_session(self, url: str) -> None:
        # One session a thread. A ~/.netrc must not replace the key, and a redirect must not carry it elsewhere.
        if getattr(self._thread_local, "session", None) is None:
            session = requests.Session()
            session.auth = lambda request: request
            session.max_redirects = 0
            session.trust_env = not is_loopback(urlsplit(url).hostname or "")  # else a proxy is asked for this machine
            require_network(url)
            for scheme in ("http://", "https://"):
                session.mount(scheme, _TimedAdapter())
            self._thread_local.session = session


def _is_answer(came: Answer | stripe.StripeError) -> bool:
    """Return whether an operation shows that Stripe is up; what it replays, it has kept, so that is an answer too."""
    if isinstance(came, stripe.StripeError):
        return False
    _, status, headers = came
    return headers.get(REPLAYED) == "true" or (status < 500 and status != 429)


def _worth_another_try(came: Answer | stripe.APIConnectionError) -> bool:
    if isinstance(came, stripe.APIConnectionError):
        hopeless = isinstance(came.__cause__, requests.exceptions.SSLError | requests.exceptions.InvalidURL)
        return not (hopeless or is_untrusted(came))
    body, status, headers = came
    if headers.get("Stripe-Should-Retry") == "false" or headers.get(REPLAYED) == "true":
        return False
    if status == 409:
        return error_code(body) in ("idempotency_key_in_use", "lock_timeout")
    return status >= 500


def _backoff(attempt: int, longest: float) -> float:
    return float(min(longest, 0.25 * 2 ** min(attempt, 6)) * random.uniform(0.5, 1.0))
