"""Runs lmx thousands of times without loading it anew: one process a worker has it in memory, and forks for each run.

It is the real command in a process of its own, with the environment, folder and pipes that it is given.
"""

import contextlib
import gc
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tests.started import Started

PROJECT = Path(__file__).resolve().parent.parent
# Read when the interpreter starts, so a run that sets one needs a fresh process.
READ_AT_START = ("PYTHON", "COVERAGE")
# Read when a module is loaded, so runs that set one have a server of their own that was loaded with it.
READ_AT_IMPORT = ("STRIPE_LOG",)
# What commands load on their way is loaded once; nothing is built from it, no thread is started, and none of it
# looks at the environment.
_LOADED = (
    "boto3.dynamodb.types",
    "botocore.httpsession",
    "botocore.retries.standard",
    "learnermax_cli.adapters.aws.course_table",
    "learnermax_cli.adapters.aws.enrollment_table",
    "learnermax_cli.adapters.aws.enrollment_writes",
    "learnermax_cli.adapters.aws.secrets_manager",
    "learnermax_cli.adapters.aws.sns_events",
    "learnermax_cli.adapters.stripe.catalog",
    "learnermax_cli.adapters.stripe.links",
    "learnermax_cli.adapters.stripe.payments",
    "learnermax_cli.adapters.stripe.sessions",
    "learnermax_cli.composition.app",
    "learnermax_cli.checkout.create",
    "learnermax_cli.cli.main",
    "learnermax_cli.doctor.run",
    "learnermax_cli.enrollments.reconcile",
    "learnermax_cli.planning.render_text",
    "learnermax_cli.products.sync",
    "learnermax_cli.secrets.push",
    "learnermax_cli.webhooks.replay",
    "learnermax_cli.webhooks.create",
    "stripe._account",
    "stripe._account_service",
    "stripe._object_classes",
    "stripe.checkout",
    "typer._adapters",
)
_MESSAGE_BYTES = 1 << 20
_SERVER = "import sys; from tests.forking import serve; serve(int(sys.argv[1]))"


class Forkserver:
    """The process that forks; several runs may be under way at once."""

    def __init__(self, loaded_with: Mapping[str, str]) -> None:
        self._lock = threading.Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _SERVER, str(theirs.fileno())],
                cwd=PROJECT,
                env={**os.environ, **loaded_with},
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def start(
        self,
        args: tuple[str, ...],
        env: Mapping[str, str],
        cwd: Path,
        stdin: int | None = None,
        terminal: int | None = None,
    ) -> Started:
        """Start lmx with the file of this descriptor, or nothing, to read from; or on a terminal, instead of pipes."""
        request = json.dumps({"args": args, "env": dict(env), "cwd": str(cwd)}).encode()
        pipes = [os.pipe() for _ in range(3)]
        theirs = [_given(stdin if terminal is None else terminal), *(write for _, write in pipes)]
        if terminal is not None:
            os.dup2(terminal, theirs[1])
            os.dup2(terminal, theirs[2])
        with self._lock:
            socket.send_fds(self._socket, [request], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        return Started(args, *(read for read, _ in pipes))


def _given(descriptor: int | None) -> int:
    return os.open(os.devnull, os.O_RDONLY) if descriptor is None else os.dup(descriptor)


def forkserver(env: Mapping[str, str]) -> Forkserver:
    """Return this worker's server for runs in an environment; it ends when the worker's end of its socket closes."""
    return _forkserver(tuple((name, env[name]) for name in READ_AT_IMPORT if name in env))


@cache
def _forkserver(loaded_with: tuple[tuple[str, str], ...]) -> Forkserver:
    return Forkserver(dict(loaded_with))


def serve(descriptor: int) -> None:
    """Fork for each request, until there is nobody left to ask."""
    for name in _LOADED:
        importlib.import_module(name)
    # A collection in a fork would copy every page of what is loaded.
    gc.collect()
    gc.freeze()
    with socket.socket(fileno=descriptor) as requests:
        while True:
            message, descriptors, _, _ = socket.recv_fds(requests, _MESSAGE_BYTES, 4)
            if not message:
                return
            if os.fork() == 0:
                requests.close()
                _supervise(json.loads(message), *descriptors)
            for theirs in descriptors:
                os.close(theirs)
            _reap()


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _supervise(request: dict[str, Any], stdin: int, stdout: int, stderr: int, told: int) -> None:
    pid = os.fork()
    if pid == 0:
        os.close(told)
        for descriptor, standard in ((stdin, 0), (stdout, 1), (stderr, 2)):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        _run(request)
    for descriptor in (stdin, stdout, stderr):
        os.close(descriptor)
    with contextlib.suppress(BrokenPipeError):
        os.write(told, f"{pid}\n".encode())
        os.write(told, f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n".encode())
    os._exit(0)


def _run(request: dict[str, Any]) -> None:
    from learnermax_cli.__main__ import main

    os.environ.clear()
    os.environ.update(request["env"])
    os.chdir(request["cwd"])
    # Those of the server believe that they are what it was started with.
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", buffering=1, closefd=False)
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
