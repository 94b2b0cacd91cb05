"""Ctrl-C, SIGTERM and SIGHUP: the first lets writes in flight finish and begins no other, the second stops at once."""

import os
import signal
import threading
from contextlib import suppress
from types import FrameType

from learnermax_cli.core.errors import Exit

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")  # Windows has no SIGHUP


class Interrupt:
    """The operator's wish to stop; `stop` is set once a signal came."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._writing = False

    def install(self) -> None:
        """Take over the signals of this process; one that is ignored, as under nohup, stays ignored."""
        for name in _SIGNALS:
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_signal)

    def begin_writes(self) -> threading.Event:
        """Note that writes begin, and return `stop`: from here on a first signal only sets it.

        Before that it raises KeyboardInterrupt. What was written has to be reported, so nothing after it is cut short.
        """
        self._writing = True
        return self.stop

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        if self.stop.is_set():
            _say("Stopped at once: what was in flight may have been done. Running the command again is safe.")
            os._exit(Exit.INTERRUPTED)
        self.stop.set()
        if self._writing:
            _say("Stopping: finishing what is in flight. Press Ctrl-C again to stop at once.")
            return
        _say("Stopping. Press Ctrl-C again to stop at once.")
        raise KeyboardInterrupt


def _say(line: str) -> None:
    with suppress(OSError):  # stderr may be closed
        os.write(2, f"\n{line}\n".encode())
