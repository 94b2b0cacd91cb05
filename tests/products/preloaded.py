"""Runs lmx hundreds of times without loading it anew: one process has it in memory, and forks for each run."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.forking import PROJECT
from tests.products.worlds import Ran, read_ran
from tests.running import Sandbox


class Preloaded:
    """The process that forks; one run at a time."""

    def __init__(self) -> None:
        self._running: int | None = None
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.products.preloaded"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, sandbox: Sandbox, *args: str) -> Ran:
        """Run lmx to its end."""
        self.start(sandbox, *args)
        exit_code = self._wait()
        stdout, stderr = (path.read_text(encoding="utf-8") for path in _outputs(sandbox))
        return read_ran(exit_code, stdout, stderr)

    def start(self, sandbox: Sandbox, *args: str) -> None:
        """Start lmx in the environment that `Sandbox.run` gives it; a run that a failed test left behind is killed."""
        self.kill()
        outputs = [str(path) for path in _outputs(sandbox)]
        request = {"args": args, "env": sandbox.env, "cwd": str(sandbox.cwd), "outputs": outputs}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        self._running = self._read()

    def kill(self) -> int | None:
        """Kill the run that was started, if it is not at its end; return its exit code, -9 when that was the kill's."""
        if self._running is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._running, signal.SIGKILL)
        return self._wait()

    def close(self) -> None:
        """End the process and what it runs."""
        self.kill()
        self._process.communicate()

    def _wait(self) -> int:
        exit_code = self._read()
        self._running = None
        return exit_code

    def _read(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())


@contextlib.contextmanager
def preloaded() -> Iterator[Preloaded]:
    """Keep such a process for as long as it is needed."""
    process = Preloaded()
    try:
        yield process
    finally:
        process.close()


def _outputs(sandbox: Sandbox) -> tuple[Path, Path]:
    folder = sandbox.cwd.parent
    return folder / "stdout.txt", folder / "stderr.txt"


def _serve() -> None:
    # What a sync loads on its way is loaded here once; nothing is built from it, no thread is started.
    import learnermax_cli.adapters.course_table
    import learnermax_cli.adapters.stripe_account
    import learnermax_cli.adapters.stripe_catalog
    import learnermax_cli.app
    import learnermax_cli.cli
    import learnermax_cli.products.run  # noqa: F401

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(json.loads(line))
        _tell(pid)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _run(request: dict[str, Any]) -> None:
    from learnermax_cli.__main__ import main

    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    for descriptor, path in enumerate(request["outputs"], start=1):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.argv = ["lmx", *request["args"]]
    exit_code: Any = 1
    try:
        main()
    except SystemExit as end:
        exit_code = end.code
    except BaseException:  # noqa: BLE001 - the child ends here, and tells of a bug as any process would
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code or 0)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _serve()
