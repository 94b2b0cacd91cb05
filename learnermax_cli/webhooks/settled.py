"""Sessions that have nothing left to tell, remembered for a minute: Stripe may deliver an event more than once."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

SECONDS = 60.0
MOST = 4_096


class Settled:
    """Sessions that the table showed as those of an enrollment that is in and owes no event; threads may share it."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._seen: OrderedDict[str, tuple[float, str]] = OrderedDict()

    def add(self, session_id: str, status: str) -> None:
        """Remember the paymentStatus that the table has for a session; the oldest is forgotten for it."""
        with self._lock:
            self._seen[session_id] = (self._monotonic(), status)
            self._seen.move_to_end(session_id)
            if len(self._seen) > MOST:
                self._seen.popitem(last=False)

    def status_of(self, session_id: str) -> str | None:
        """Return the paymentStatus seen within the last minute; None when the table has to be asked."""
        with self._lock:
            seen = self._seen.get(session_id)
        return seen[1] if seen is not None and self._monotonic() - seen[0] < SECONDS else None
