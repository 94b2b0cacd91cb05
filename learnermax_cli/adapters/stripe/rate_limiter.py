"""Keeps one process under Stripe's rate limit: paced slots, halved on a 429 and slowly won back."""

import math
import threading
import time
from collections.abc import Callable

# [doc "Rate limits"]: 25 requests/s in a sandbox and for each endpoint, 100/s live.
# A little less, since clocks differ.
DEFAULT_RATE = {"test": 23.0, "live": 23.0}
_SLOWEST = 1.0
_WON_BACK_PER_SECOND = 1.0


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
