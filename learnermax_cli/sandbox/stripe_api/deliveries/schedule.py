"""When which delivery is due: at once, after a delay in real time, or when the sandbox's clock says so."""

import heapq
import random
import threading
import time
from collections.abc import Callable
from itertools import count
from typing import Literal

from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.stripe_api.deliveries.record import Delivery

Order = Literal["created", "reversed", "shuffled"]
HandOver = Callable[[int, Delivery], None]
_Entry = tuple[float, int, Delivery]


class Schedule:
    """Passes on deliveries when they are due, so many at a time; each must be reported as finished."""

    def __init__(self, clock: Clock, hand_over: HandOver) -> None:
        self._clock = clock
        self._hand_over = hand_over
        self._lock = threading.Lock()
        self._timer_wakes = threading.Condition(self._lock)
        self._drained = threading.Condition(self._lock)
        self._numbers = count()
        self._timer: threading.Thread | None = None
        self._timer_until: float | None = None
        self._round = 0
        self._waiting: list[_Entry] = []
        self._retries: list[_Entry] = []
        self._in_flight = 0
        self._paused = False
        self._concurrency = 1

    def add(self, delivery: Delivery, delay: float = 0.0) -> None:
        """Schedule a delivery after `delay` seconds of real time."""
        with self._lock:
            heapq.heappush(self._waiting, (time.monotonic() + delay, next(self._numbers), delivery))
            self._pump()

    def add_retry(self, delivery: Delivery) -> None:
        """Schedule a delivery for when the sandbox's clock reaches its `due`."""
        with self._lock:
            heapq.heappush(self._retries, (delivery.due, next(self._numbers), delivery))
            self._pump()

    def is_current(self, number: int) -> bool:
        """Return whether a delivery of that round still counts; a clear begins a new round."""
        with self._lock:
            return number == self._round

    def finish(self, number: int) -> None:
        """Record that a delivery of that round is no longer in flight."""
        with self._lock:
            if number == self._round:
                self._in_flight -= 1
                self._pump()

    def pause(self) -> None:
        """Pass on nothing until it is resumed."""
        with self._lock:
            self._paused = True
            self._pump()

    def resume(self, order: Order, dice: random.Random) -> None:
        """Resume; waiting deliveries are passed on in the order named."""
        with self._lock:
            self._paused = False
            entries = sorted(self._waiting)
            deliveries = [delivery for *_, delivery in entries]
            if order == "reversed":
                deliveries.reverse()
            elif order == "shuffled":
                dice.shuffle(deliveries)
            places = zip(entries, deliveries, strict=True)
            self._waiting = [(at, number, delivery) for (at, number, _), delivery in places]
            self._pump()

    def wake(self) -> None:
        """Read the clock again."""
        with self._lock:
            self._pump()

    def set_concurrency(self, concurrency: int) -> None:
        """Pass on so many at a time."""
        with self._lock:
            self._concurrency = concurrency
            self._pump()

    def drain(self, timeout: float) -> bool:
        """Wait until nothing is in flight, delayed or due, future retries aside; False after `timeout` seconds."""
        with self._lock:
            return self._drained.wait_for(self._is_drained, timeout)

    def counts(self) -> dict[str, object]:
        """Return how many deliveries wait, are in flight, and are to be tried again later."""
        with self._lock:
            return {
                "paused": self._paused,
                "waiting": len(self._waiting),
                "in_flight": self._in_flight,
                "retries": len(self._retries),
            }

    def clear(self, concurrency: int) -> None:
        """Forget everything, deliveries in flight included."""
        with self._lock:
            self._round += 1
            self._waiting, self._retries, self._in_flight = [], [], 0
            self._paused, self._concurrency = False, concurrency
            self._drained.notify_all()

    def _is_drained(self) -> bool:
        if self._in_flight:
            return False
        return self._paused or not (self._waiting or self._due_retries())

    def _due_retries(self) -> bool:
        return bool(self._retries) and self._retries[0][0] <= self._clock.now()

    def _pump(self) -> None:
        """Pass on what is due now, and have the timer wait for the rest; under the lock."""
        now = time.monotonic()
        while self._due_retries():
            _, number, delivery = heapq.heappop(self._retries)
            heapq.heappush(self._waiting, (now, number, delivery))
        while self._waiting and self._may_hand_over() and self._waiting[0][0] <= now:
            *_, delivery = heapq.heappop(self._waiting)
            self._in_flight += 1
            self._hand_over(self._round, delivery)
        self._set_timer(now)
        if self._is_drained():
            self._drained.notify_all()

    def _may_hand_over(self) -> bool:
        return not self._paused and self._in_flight < self._concurrency

    def _set_timer(self, now: float) -> None:
        """Wake the timer if it sleeps beyond the next delivery."""
        seconds = self._seconds_to_next()
        if seconds is None or (self._timer_until is not None and self._timer_until <= now + seconds):
            return
        self._timer_until = now + seconds
        if self._timer is None:
            self._timer = threading.Thread(target=self._watch, name="webhook-timer", daemon=True)
            self._timer.start()
        self._timer_wakes.notify()

    def _watch(self) -> None:
        with self._lock:
            while True:
                until = self._timer_until
                if until is not None and until <= time.monotonic():
                    self._timer_until = None
                    self._pump()
                    continue
                self._timer_wakes.wait(None if until is None else until - time.monotonic())

    def _seconds_to_next(self) -> float | None:
        """Return how long until something can be passed on; None: until something changes."""
        if not self._may_hand_over():
            return None
        times = [self._waiting[0][0] - time.monotonic()] if self._waiting else []
        times += [self._retries[0][0] - self._clock.now()] if self._retries else []
        return max(0.0, min(times)) if times else None
