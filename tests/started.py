"""A run of lmx that is under way: with what tests use of `subprocess.Popen`, but another process's child."""

import os
import select
import signal
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.documents import require_described

STOPPING = "Stopping: finishing what is in flight"


class Started:
    """One run; what it writes is to be read from `stdout` and `stderr`."""

    def __init__(self, args: Sequence[str], stdout: int, stderr: int, told: int) -> None:
        self.args = args
        self.stdout = os.fdopen(stdout, encoding="utf-8", newline="")
        self.stderr = os.fdopen(stderr, encoding="utf-8")
        self.returncode: int | Any = None
        """The exit code, a negative signal number when it was killed; None until its end was noticed."""
        self._told = os.fdopen(told, encoding="utf-8")
        self.pid = int(self._told.readline())

    def poll(self) -> int | None:
        """Return the exit code, a negative signal number when it was killed; None while it runs."""
        if self.returncode is None and select.select([self._told], [], [], 0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end and return the exit code; raises TimeoutExpired."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(list(self.args), timeout or 0)
            self._end()
        return int(self.returncode)

    def read_until(self, text: str) -> None:
        """Read stderr up to a line with this text; raises AssertionError when it ends without."""
        if not any(text in line for line in self.stderr):
            raise AssertionError(f"the process ended without saying {text!r}")

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Return what it wrote and has not been read, once it has ended; raises TimeoutExpired."""
        with ThreadPoolExecutor(2) as pool:
            out, err = pool.submit(self.stdout.read), pool.submit(self.stderr.read)
            try:
                self.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()  # else the pipes stay open, and with them this thread
                raise
            if self.returncode >= 0:  # else it was killed, perhaps while it printed
                require_described(self.args, out.result())
            return out.result(), err.result()

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, unless it has ended."""
        self.send_signal(signal.SIGKILL)

    def close(self) -> None:
        """Kill it if it still runs, and close its pipes."""
        self.kill()
        self.wait()
        for stream in (self.stdout, self.stderr, self._told):
            stream.close()

    def _end(self) -> None:
        self.returncode = int(self._told.readline())
