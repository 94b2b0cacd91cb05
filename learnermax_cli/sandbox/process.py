"""Starts and stops the background process of a sandbox; `python -m` of this module is that process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from learnermax_cli.config.sandbox_state import STATE_FILE, SandboxInfo, find_sandbox, read_state
from learnermax_cli.core.errors import ConfigError, FailedError
from learnermax_cli.core.remedy import lmx

if TYPE_CHECKING:
    import psutil

_LOG_FILE = "sandbox.log"
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_ROOM = 1 << 16
_EXTRA = ("flask", "flask_cors", "moto", "psutil", "werkzeug")


def start(state_dir: Path, *, stripe_port: int = 0, aws_port: int = 0, parent_pid: int | None = None) -> SandboxInfo:
    """Start a sandbox, or return the one that runs; with `parent_pid` it ends when that process does.

    Raises ConfigError without the `[sandbox]` extra or a writable folder, FailedError when it does not start or runs on
    other ports than those asked for (0: any).
    """
    require_extra()
    with _starting(state_dir):
        if running := find_sandbox(state_dir):
            _require_ports(running, stripe_port, aws_port)
            return running
        stop(state_dir)
        command = [
            sys.executable, "-m", "learnermax_cli.sandbox.process", "--state-dir", str(state_dir),
            "--stripe-port", str(stripe_port), "--aws-port", str(aws_port),
        ]  # fmt: skip
        if parent_pid is not None:
            command += ["--exit-with-parent", str(parent_pid)]
        return _await_start(_spawn(command, state_dir), state_dir)


def stop(state_dir: Path) -> bool:
    """Stop the sandbox and wait for its end; return whether there was one."""
    info = read_state(state_dir)
    process = None if info is None else _process_of(info)
    if process is not None:
        _end(process)
    with contextlib.suppress(OSError):  # where it stays, it names a process that has ended
        (state_dir / STATE_FILE).unlink()
    return process is not None


def require_extra() -> None:
    """Raise ConfigError unless the packages of the `[sandbox]` extra are installed."""
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the sandbox needs packages that are not installed: {', '.join(missing)}",
            hint="Install them, in the folder of lmx's source: pip install -c constraints.txt '.[sandbox]'",
            code="sandbox.extra",
        )


def _require_ports(running: SandboxInfo, stripe_port: int, aws_port: int) -> None:
    asked = (("--stripe-port", stripe_port, running.stripe_url), ("--aws-port", aws_port, running.aws_url))
    if all(port == 0 or url.endswith(f":{port}") for _, port, url in asked):
        return
    options = [word for option, port, _ in asked if port for word in (option, str(port))]
    again = lmx("sandbox start", *options, own_environment=True)
    raise FailedError(
        f"the sandbox already runs on other ports: Stripe {running.stripe_url}, AWS {running.aws_url}",
        hint="Stop it, which deletes what is in it: " + lmx("sandbox stop", own_environment=True) + " && " + again,
        code="sandbox.ports",
    )


@contextlib.contextmanager
def _starting(state_dir: Path) -> Iterator[None]:
    """Hold a lock, so that two starts at once end in one sandbox."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        # A full disk takes an empty file, and then neither the sandbox's state nor its log.
        (state_dir / "start.lock").write_bytes(bytes(_ROOM))
        lock_file = (state_dir / "start.lock").open("w")
    except OSError as error:
        raise _unwritable("folder", state_dir, error) from error
    with lock_file as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _unwritable(what: str, path: Path, error: OSError) -> ConfigError:
    return ConfigError(
        f"the sandbox's {what} {path} can't be written to: {error.strerror}",
        hint="Name another folder in LMX_SANDBOX_HOME.",
        code="config.sandbox_home",
    )


def _spawn(command: list[str], state_dir: Path) -> subprocess.Popen[bytes]:
    # Credentials and endpoints of the caller must not reach moto or boto3 inside the sandbox.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_", "MOTO_"))}
    inherited["AWS_EC2_METADATA_DISABLED"] = "true"
    log = state_dir / _LOG_FILE
    try:
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_TRUNC, 0o600)
    except OSError as error:
        raise _unwritable("log", log, error) from error
    try:
        return subprocess.Popen(  # noqa: S603 - our own interpreter and module
            command, env=inherited, stdin=subprocess.DEVNULL, stdout=descriptor, stderr=descriptor,
            start_new_session=True,
        )  # fmt: skip
    finally:
        os.close(descriptor)


def _await_start(process: subprocess.Popen[bytes], state_dir: Path) -> SandboxInfo:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        info = find_sandbox(state_dir)
        if info is not None and info.pid == process.pid:
            process.returncode = 0  # It outlives this process, and Popen would warn of that.
            return info
        time.sleep(_POLL_SECONDS)
    else:
        process.kill()
        process.wait()
    raise FailedError(
        f"the sandbox did not start: {_last_log_line(state_dir)}",
        hint=f"Name other ports if one is taken, or none; else see its log: {state_dir / _LOG_FILE}",
        code="sandbox.start",
    )


def _last_log_line(state_dir: Path) -> str:
    lines = (state_dir / _LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "its log is empty")


def _process_of(info: SandboxInfo) -> psutil.Process | None:
    """Return the sandbox's process, or None when it has ended; never another process with the same id."""
    require_extra()
    import psutil

    try:
        process = psutil.Process(info.pid)
        # Setting the machine's clock changes the creation time: then the process is known by its answer.
        same = process.create_time() == info.started or info.answers()
        return process if same and process.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _end(process: psutil.Process) -> None:
    """End a process; psutil sends no signal to another process with the same id."""
    import psutil

    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_STOP_SECONDS)


if __name__ == "__main__":
    from learnermax_cli.sandbox.server_process import main

    main()
