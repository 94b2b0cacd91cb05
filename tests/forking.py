"""Runs lmx thousands of times without loading it anew: one process a worker has it in memory, and forks for each run.

It is the real command in a process of its own, with the environment, folder and pipes that it is given.
"""

import contextlib
import gc
import importlib
import json
import os
import select
import signal
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
_PACKAGE = PROJECT / "learnermax_cli"
# Programs of their own, which no command loads into its process.
_NOT_LOADED = ("sandbox", "functions", "adapters/awslambda", "__main__.py")
# What libraries load when they are first used.
_LOADED_LATER = (
    "botocore.httpsession",
    "botocore.retries.standard",
    "stripe._account",
    "stripe._account_service",
    "stripe._object_classes",
    "stripe.checkout",
    "typer._adapters",
    "typer._click.decorators",
)
_AWS_SERVICES = ("dynamodb", "secretsmanager", "sns", "sqs", "sts")
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
    _load()
    # A collection in a fork would copy every page of what is loaded.
    gc.collect()
    gc.freeze()
    children: dict[int, int] = {}
    ended, end = os.pipe()
    os.set_blocking(end, False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(end, warn_on_full_buffer=False)
    with socket.socket(fileno=descriptor) as requests:
        while True:
            ready = select.select([descriptor, ended], [], [])[0]
            if ended in ready:
                os.read(ended, _MESSAGE_BYTES)
                _report_ended(children)
            if descriptor in ready:
                message, descriptors, _, _ = socket.recv_fds(requests, _MESSAGE_BYTES, 4)
                if not message:
                    return
                _start(json.loads(message), descriptors, children, (descriptor, ended, end))


def _load() -> None:
    """Load, and prepare, what does not depend on a run's environment; no thread is started."""
    for path in sorted(_PACKAGE.rglob("*.py")):
        relative = path.relative_to(PROJECT)
        if not path.relative_to(_PACKAGE).as_posix().startswith(_NOT_LOADED):
            importlib.import_module(".".join(relative.with_suffix("").parts).removesuffix(".__init__"))
    for name in _LOADED_LATER:
        importlib.import_module(name)
    _keep_service_models()
    _prepare(importlib.import_module("learnermax_cli.cli.main").command_tree())


def _prepare(command: Any) -> None:
    """Build what converts the values of options, which Typer would do as it parses a command line."""
    for parameter in command.params:
        parameter.get_runtime_param()
    for subcommand in getattr(command, "commands", {}).values():
        _prepare(subcommand)


def _keep_service_models() -> None:
    """Let the sessions of all runs read the descriptions of the AWS services that are in memory."""
    import boto3
    from botocore import session as botocore_session

    setattr(botocore_session, "create_loader", cache(botocore_session.create_loader))  # noqa: B010 - typed as a function
    session: Any = boto3.Session("id", "secret", region_name="us-east-1")
    for service in _AWS_SERVICES:
        session.client(service).close()


def _start(request: dict[str, Any], descriptors: list[int], children: dict[int, int], ours: tuple[int, ...]) -> None:
    *streams, told = descriptors
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in (told, *ours, *children.values()):
            os.close(descriptor)
        for standard, descriptor in enumerate(streams):
            os.dup2(descriptor, standard)
            os.close(descriptor)
        _run(request)
    for descriptor in streams:
        os.close(descriptor)
    children[pid] = told
    with contextlib.suppress(BrokenPipeError):
        os.write(told, f"{pid}\n".encode())


def _report_ended(children: dict[int, int]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        told = children.pop(pid)
        with contextlib.suppress(BrokenPipeError):
            os.write(told, f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os.close(told)


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
