"""The sandbox's clock: real time, and an offset that a test may add to it."""

import threading
import time
from collections.abc import Callable


class Clock:
    """Real time plus an offset, so that a day can pass in a moment."""

    def __init__(self) -> None:
        self._offset = 0.0
        self._lock = threading.Lock()
        self.listeners: list[Callable[[], None]] = []
        """Called whenever time has been advanced, and now and then as it passes."""

    def now(self) -> float:
        """Return seconds since the Unix epoch as the sandbox sees them."""
        with self._lock:
            return time.time() + self._offset

    def advance(self, seconds: float) -> None:
        """Advance the clock by `seconds`; a negative number sets it back."""
        with self._lock:
            self._offset += seconds
        self.notify()

    def notify(self) -> None:
        """Call every listener."""
        for listener in self.listeners:
            listener()

    def reset(self) -> None:
        """Go back to real time."""
        with self._lock:
            self._offset = 0.0
