"""How often a request is sent, how long it may take, and when a service counts as down."""

import threading
from typing import NamedTuple

from learnermax_cli.core.errors import Exit, FailedError, LmxError

_CODE = "failed.outage"


class OutageError(FailedError):
    """A service failed so many operations in a row that the run stops."""

    default_code = _CODE


class Outage:
    """Counts the operations of one service that failed for good, one after the other; threads may share it."""

    def __init__(self, service: str, limit: int = 5) -> None:
        self._service = service
        self._limit = limit
        self._failed = 0
        self._lock = threading.Lock()

    def note(self, ok: bool) -> None:
        """Count how an operation ended.

        It failed when it got no complete answer, a 5xx, or was throttled until it was given up. Everything else is an
        answer, also a rejected row (4xx).
        """
        with self._lock:
            self._failed = 0 if ok else self._failed + 1

    def require_up(self) -> None:
        """Raise OutageError once the limit is reached; to be called before each operation."""
        with self._lock:
            down = self._failed >= self._limit
        if down:
            raise OutageError(
                f"{self._service} failed {self._limit} operations in a row; the run stops",
                hint="What was done is in the report; run the command again.",
            )


def is_fatal(error: LmxError) -> bool:
    """Return whether what failed one item fails the next one too, so that the run ends."""
    return error.exit_code in (Exit.CREDENTIALS, Exit.CONFIG, Exit.GUARD) or error.code == _CODE


class RetryPolicy(NamedTuple):
    """The limits of one operation; times are in seconds."""

    tries: int
    """How often it is sent when it fails; being throttled is no failure, and ends with the time alone."""
    longest_pause: float
    """Between two tries."""
    connect: float
    read: float
    in_all: float
    """No try begins that could not end within this time."""
    interactive: bool
    """Somebody waits for each answer: waiting for the own rate limit counts, and no outage ends the process."""


BATCH = RetryPolicy(tries=6, longest_pause=8.0, connect=5.0, read=30.0, in_all=90.0, interactive=False)
INTERACTIVE = RetryPolicy(tries=3, longest_pause=1.0, connect=2.0, read=5.0, in_all=12.0, interactive=True)
"""Checkout waits ten seconds for the answer of its webhook [doc "Webhooks"], which is met while Stripe answers. Where
it does not, the delivery fails in bounded time, and comes again."""
