"""The time that a function has left: work that would not be done in it is not begun, or stopped cleanly."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from learnermax_cli.core.errors import FailedError

_LONGEST_EVENT = 20.0
"""Seconds that one event may take at worst: a few hurried requests, each of them tried again."""
_TO_FINISH = 60.0
"""Seconds in which a run that is told to stop finishes what is in flight."""


class Context(Protocol):
    """What Lambda tells a function of its invocation."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take, in milliseconds."""


def require_time(context: Context) -> None:
    """Raise FailedError when one more event might not be done in time: its message then goes back, unharmed."""
    if _seconds_left(context) < _LONGEST_EVENT:
        raise FailedError("no time left in this invocation", hint="The queue brings it again.", code="failed.time")


@contextmanager
def stopped_in_time(stop: threading.Event, context: Context) -> Iterator[None]:
    """Set `stop` when the invocation's time is nearly over."""
    left = _seconds_left(context)
    wait = left - min(_TO_FINISH, left / 4)
    if wait <= 0:
        stop.set()
    timer = threading.Timer(wait, stop.set)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _seconds_left(context: Context) -> float:
    return context.get_remaining_time_in_millis() / 1000
