"""One invocation of a function: its start, and the time it has left for work.

To be imported before everything that is slow to load: nothing becomes garbage while a function loads, and collecting
takes a tenth of a cold start.
"""

import gc
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from learnermax_cli.core.errors import FailedError

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()

_LONGEST_EVENT = 20.0
"""Seconds that one event takes at most while AWS and Stripe answer, most requests at the first try. Where they do not,
the function may be ended in the middle: the queue then delivers the messages of this invocation again."""
_TO_FINISH = 60.0
"""Seconds that a run needs to finish what is in flight after it was stopped."""


class Context(Protocol):
    """What Lambda passes to a function beside the event."""

    aws_request_id: str

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the invocation may still take, in milliseconds."""


def loaded() -> None:
    """Collect garbage from now on, but never again in what has been loaded."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def require_time(context: Context) -> None:
    """Raise FailedError when one more event might not be done in time: its message then goes back to the queue."""
    if _seconds_left(context) < _LONGEST_EVENT:
        raise FailedError("no time left in this invocation", hint="The queue delivers it again.", code="failed.time")


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
