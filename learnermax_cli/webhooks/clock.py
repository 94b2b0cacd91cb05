"""The present for a receiver: asked for sparingly where asking costs a request, as it does in a sandbox."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


class Clock:
    """Asks for the time, and for `keep` seconds after that goes on by itself; threads may share it."""

    def __init__(self, ask: Callable[[], datetime], keep: float) -> None:
        self._ask = ask
        self._keep = keep
        self._lock = threading.Lock()
        self._asked: tuple[datetime, float] | None = None

    def now(self) -> datetime:
        """Return the present, in UTC; what was asked for a moment ago is reckoned on."""
        with self._lock:
            if self._asked is not None:
                time_then, at = self._asked
                passed = time.monotonic() - at
                if passed < self._keep:
                    return time_then + timedelta(seconds=passed)
        return self.fresh()

    def fresh(self) -> datetime:
        """Return the present, asked for anew."""
        present = self._ask()
        with self._lock:
            self._asked = (present, time.monotonic())
        return present


def build_clock(app: "App") -> Clock:
    """Return the clock of an app; a sandbox's, which others move, is asked once a second."""
    return Clock(app.now, keep=0.0 if app.settings.sandbox is None else 1.0)
