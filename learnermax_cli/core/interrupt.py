"""Ctrl-C and SIGTERM: the first lets what is in flight finish, the second stops at once."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from learnermax_cli.core.errors import Exit


class Interrupt:
    """The operator's wish to stop; `stop` is set once it was voiced."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._finishing = False

    def install(self) -> None:
        """Take over SIGINT and SIGTERM of this process."""
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)

    @contextmanager
    def finishing(self) -> Iterator[threading.Event]:
        """Mark where writes begin: from here to the end of the run a first signal only sets `stop`.

        What was written has to be reported, so nothing after it is cut short either.
        """
        self._finishing = True
        yield self.stop

    def _on_signal(self, _signum: int, _frame: FrameType | None) -> None:
        if self.stop.is_set():
            os._exit(Exit.INTERRUPTED)
        self.stop.set()
        if not self._finishing:
            raise KeyboardInterrupt
        with suppress(OSError):  # nobody may be left to read it
            os.write(2, b"\nStopping: finishing what is in flight. Press Ctrl-C again to stop at once.\n")
