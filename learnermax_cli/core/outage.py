"""When to stop asking: a service that fails every operation in a row is down, and the run ends."""

import threading

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
