"""Runs lmx thousands of times without loading it anew: one process a worker has it in memory, and forks for each run.

It is the real command in a process of its own, with the environment, folder and pipes that it is given.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
# Read when a module is loaded, so a run that sets one needs a fresh process.
READ_AT_IMPORT = ("STRIPE_LOG", "PYTHON", "COVERAGE")


class Forkserver:
    """The process that forks; several runs may be under way at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.forking"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(
        self, args: tuple[str, ...], env: Mapping[str, str], cwd: Path, stdin: str | None, seconds: float
    ) -> subprocess.CompletedProcess[str]:
        """Run lmx to its end; raises TimeoutExpired when that takes too long."""
        with tempfile.TemporaryDirectory(prefix="lmx-run-") as name:
            folder = Path(name)
            (folder / "stdin").write_text(stdin or "", encoding="utf-8")
            os.mkfifo(folder / "exit")
            request = {"args": args, "env": dict(env), "cwd": str(cwd), "folder": name}
            with self._lock:
                assert self._process.stdin is not None
                self._process.stdin.write(json.dumps(request) + "\n")
                self._process.stdin.flush()
            code = _exit_code(folder / "exit", args, seconds)
            out, err = ((folder / stream).read_text(encoding="utf-8") for stream in ("stdout", "stderr"))
        return subprocess.CompletedProcess(list(args), code, out, err)


@cache
def forkserver() -> Forkserver:
    """Return this worker's server; it ends when the worker's end of its pipe closes."""
    return Forkserver()


def _exit_code(path: Path, args: tuple[str, ...], seconds: float) -> int:
    with path.open(encoding="utf-8") as pipe:
        pid = int(pipe.readline())
        timer = threading.Timer(seconds, lambda: os.kill(pid, signal.SIGKILL))
        timer.start()
        code = int(pipe.readline())
        timer.cancel()
    if code == -signal.SIGKILL:
        raise subprocess.TimeoutExpired(list(args), seconds)
    return code


def _serve() -> None:
    # What commands load on their way is loaded here once; nothing is built from it, no thread is started.
    import learnermax_cli.adapters.course_table
    import learnermax_cli.adapters.enrollment_table
    import learnermax_cli.adapters.enrollment_writes
    import learnermax_cli.adapters.secrets_manager
    import learnermax_cli.adapters.sns_events
    import learnermax_cli.adapters.stripe_account
    import learnermax_cli.adapters.stripe_catalog
    import learnermax_cli.adapters.stripe_links
    import learnermax_cli.adapters.stripe_payments
    import learnermax_cli.adapters.stripe_sessions
    import learnermax_cli.app
    import learnermax_cli.checkout.run
    import learnermax_cli.cli
    import learnermax_cli.enrollments.run_reconcile
    import learnermax_cli.planning.report_text
    import learnermax_cli.products.run
    import learnermax_cli.secrets.run_push  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are nobody's to wait for
    for line in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _supervise(json.loads(line))


def _supervise(request: dict[str, Any]) -> None:
    pid = os.fork()
    if pid == 0:
        _run(request)
    with contextlib.suppress(OSError), (Path(request["folder"]) / "exit").open("w", encoding="utf-8") as pipe:
        pipe.write(f"{pid}\n")
        pipe.flush()
        pipe.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
    os._exit(0)


def _run(request: dict[str, Any]) -> None:
    from learnermax_cli.__main__ import main

    folder = Path(request["folder"])
    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    os.dup2(os.open(folder / "stdin", os.O_RDONLY), 0)
    for descriptor, stream in enumerate(("stdout", "stderr"), start=1):
        os.dup2(os.open(folder / stream, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
    sys.argv = ["lmx", *request["args"]]
    exit_code: Any = 0
    try:
        main()
    except SystemExit as end:
        exit_code = end.code
    except BaseException:  # noqa: BLE001 - the child ends here, and tells of a bug as any process would
        traceback.print_exc()
        exit_code = 1
    with contextlib.suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(exit_code if isinstance(exit_code, int) else 0)


if __name__ == "__main__":
    _serve()
