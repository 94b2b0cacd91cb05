"""The HTTP client under the Stripe SDK: paced, metered, and patient where the SDK is not (it never retries a 429)."""

import json
import random
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
import stripe

from learnermax_cli.adapters.rate_limiter import RateLimiter
from learnermax_cli.meter import Meter

Answer = tuple[Any, int, Mapping[str, str]]

# A stored failure is replayed for a day and a lost answer is looked up, so a handful of tries is enough.
# A 429 only asks for patience.
_MAX_TRIES = 6
_MAX_THROTTLED = 14
_LONGEST_WAIT = 8.0
_TIMEOUT = (10.0, 80.0)


class PacedHttpClient(stripe.RequestsClient):
    """Sends each request when the limiter has a slot, again after 429, 409, 5xx and lost connections.

    Every POST carries an idempotency key, so sending it again cannot do the work twice [doc "Idempotent requests"].
    """

    def __init__(
        self, limiter: RateLimiter, meter: Meter, debug: Callable[[str], None], *, through_proxy: bool
    ) -> None:
        super().__init__(timeout=_TIMEOUT, session=None)
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
        """Return the first answer worth having, or raise the SDK's APIConnectionError."""
        self._use_own_session()
        tries = throttled = 0
        while True:
            self._limiter.wait()
            self._meter.add("stripe_reads" if method == "get" else "stripe_writes")
            answer, lost = self._try_once(method, url, headers, post_data)
            if answer is not None and answer[1] == 429:
                self._meter.add("stripe_throttled")
                self._limiter.slow_down()
                throttled += 1
                if throttled > _MAX_THROTTLED:
                    return answer
            else:
                tries += 1
                if answer is not None and (tries >= _MAX_TRIES or not _worth_another_try(answer)):
                    return answer
                if lost is not None and (tries >= _MAX_TRIES or not lost.should_retry):
                    raise lost
            time.sleep(_backoff(tries + throttled))

    def _try_once(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any
    ) -> tuple[Answer | None, stripe.APIConnectionError | None]:
        started = time.monotonic()
        path = url.partition("://")[2].partition("/")[2].partition("?")[0]
        try:
            answer = super().request(method, url, dict(headers or {}), post_data)
        except stripe.APIConnectionError as error:
            self._debug(f"Stripe {method.upper()} /{path}: no answer after {time.monotonic() - started:.2f} s")
            return None, error
        request_id = answer[2].get("Request-Id")
        self._debug(f"Stripe {method.upper()} /{path}: {answer[1]}, {request_id}, {time.monotonic() - started:.2f} s")
        return answer, None

    def _use_own_session(self) -> None:
        # One session a thread. A ~/.netrc must not replace the key, and a redirect must not carry it elsewhere.
        if getattr(self._thread_local, "session", None) is None:
            session = requests.Session()
            session.auth = lambda request: request
            session.max_redirects = 0
            session.trust_env = self._through_proxy
            self._thread_local.session = session


def _worth_another_try(answer: Answer) -> bool:
    body, status, headers = answer
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


def _backoff(attempt: int) -> float:
    return float(min(_LONGEST_WAIT, 0.25 * 2 ** min(attempt, 6)) * random.uniform(0.5, 1.0))
