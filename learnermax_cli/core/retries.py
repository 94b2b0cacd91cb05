"""How often a request is sent, how many at a time, how long it may take, and when a service counts as down."""

import math
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple, Protocol, TypeVar

from learnermax_cli.core.errors import Exit, FailedError, LmxError

_SLOWEST = 1.0
_WON_BACK_PER_SECOND = 1.0
WORKERS = 8
"""Calls under way at a time; the rate limit holds for all of them together."""

A = TypeVar("A")
B = TypeVar("B")


class Listener(Protocol):
    """Who hears of the requests of a run: the console."""

    def debug(self, text: str) -> None:
        """Hear of each request."""

    def waiting(self, text: str) -> None:
        """Hear what a wait of more than five seconds is for."""


class OutageError(FailedError):
    """A service failed so many operations in a row that the run stops."""

    default_code = "failed.outage"


class Outage:
    """Counts the operations of one service that failed for good, one after the other, and how long it has been silent.

    Threads may share it. Times are in seconds.
    """

    def __init__(self, service: str, limit: float = 5, silence: float = 120.0) -> None:
        self._service = service
        self._limit = limit
        self._silence = silence
        self._lock = threading.Lock()
        self._failed = 0
        self._running = 0
        self._silent_since = self._idle_since = math.inf

    def begin(self) -> None:
        """Begin an operation; raises OutageError where the service is down."""
        with self._lock:
            now = time.monotonic()
            if self._running == 0 and self._failed:
                self._silent_since += now - self._idle_since  # nobody asked anything meanwhile
            silent_for = now - self._silent_since
            if self._failed >= self._limit:
                raise self._down(f"failed {self._limit} operations in a row")
            if self._failed and silent_for >= self._silence:
                raise self._down(f"has given no complete answer for {silent_for:.0f} s")
            self._silent_since = min(self._silent_since, now)
            self._running += 1

    def end(self, ok: bool | None) -> None:
        """End an operation; `ok` is None where it was not sent.

        It failed when it got no complete answer, a 5xx, or was throttled until it was given up. Everything else is an
        answer, also a rejected row (4xx).
        """
        with self._lock:
            self._running -= 1
            self._idle_since = time.monotonic()
            if ok:
                self._failed, self._silent_since = 0, math.inf
            elif ok is False:
                self._failed += 1

    def silent(self) -> bool:
        """Return whether the service has been silent for so long that nothing is to be tried again."""
        with self._lock:
            return time.monotonic() - self._silent_since >= self._silence

    def _down(self, how: str) -> OutageError:
        hint = "What was done is in the report; run the command again."
        return OutageError(f"{self._service} {how}; the run stops", hint=hint)


def is_fatal(error: LmxError) -> bool:
    """Return whether what failed one item fails the next one too, so that the run ends."""
    return error.ends_run and (
        error.exit_code in (Exit.CREDENTIALS, Exit.CONFIG, Exit.GUARD) or error.code == OutageError.default_code
    )


class RetryPolicy(NamedTuple):
    """The limits of one operation; times are in seconds."""

    tries: int
    """How often it is sent when it fails; being throttled is no failure, and ends with the time alone."""
    longest_pause: float
    """Between two tries."""
    connect: float
    read: float
    """From the beginning of a request to the end of its answer."""
    in_all: float
    """No try begins that could not end within this time."""
    interactive: bool
    """Somebody waits for each answer: waiting for the own rate limit counts, and no outage ends the process."""

    def shorter(self, timeout: float | None) -> "RetryPolicy":
        """Return the policy with all its times in proportion to a shorter time for a complete answer of a run."""
        share = min(1.0, (timeout or LONGEST_ANSWER) / LONGEST_ANSWER)
        pause, connect, read, in_all = (share * time for time in self[1:5])
        return self._replace(longest_pause=pause, connect=connect, read=read, in_all=in_all)


LONGEST_ANSWER = 30.0
"""Seconds until an answer must be complete; LMX_TIMEOUT may lower it."""
BATCH = RetryPolicy(tries=6, longest_pause=8.0, connect=5.0, read=LONGEST_ANSWER, in_all=90.0, interactive=False)
INTERACTIVE = RetryPolicy(tries=3, longest_pause=1.0, connect=2.0, read=5.0, in_all=12.0, interactive=True)
"""For one request of a receiver; `DELIVERY` is for all that one delivery needs."""
DELIVERY = 9.0
"""Seconds: Checkout waits ten for the answer of its webhook [doc "Webhooks"]. What is not done then comes again."""


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


_ends_at: ContextVar[float] = ContextVar("ends_at", default=math.inf)


@contextmanager
def finish_within(seconds: float) -> Iterator[None]:
    """Give all operations of this thread, in this context, so many seconds together."""
    token = _ends_at.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _ends_at.reset(token)


SHORTEST_TRY = 1.0
"""Seconds that must be left for a request to be begun."""


def seconds_left() -> float:
    """Return how many seconds the operations of this thread have left: infinitely many outside of `finish_within`."""
    return _ends_at.get() - time.monotonic()


def outage_of(service: str, policy: RetryPolicy) -> Outage:
    """Return what counts the failures of a service; where somebody waits for each answer, none ends the process."""
    return Outage(service, math.inf, math.inf) if policy.interactive else Outage(service)


def side_by_side(call: Callable[[A], B], wanted: Sequence[A], workers: int = WORKERS) -> list[B]:
    """Return what a call returns for each, in order; raises what it raises, and then begins no more calls."""
    if len(wanted) <= 1:
        return [call(one) for one in wanted]
    pool = ThreadPoolExecutor(min(workers, len(wanted)))
    try:
        return list(pool.map(call, wanted))
    finally:
        pool.shutdown(cancel_futures=True)
