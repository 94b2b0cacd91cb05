"""Starts and stops the background process of a sandbox; `python -m` of this module is that process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from learnermax_cli.core.errors import ConfigError, FailedError
from learnermax_cli.sandbox.state_file import (
    LOG_FILE,
    STATE_FILE,
    SandboxInfo,
    default_state_dir,
    load,
    process_start,
    status,
)

__all__ = ["SandboxInfo", "default_state_dir", "load", "start", "status", "stop"]

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.02
_EXTRA = ("flask", "flask_cors", "moto", "werkzeug")


def start(state_dir: Path, *, stripe_port: int = 0, aws_port: int = 0, parent_pid: int | None = None) -> SandboxInfo:
    """Start a sandbox, or return the one that runs; with `parent_pid` it ends when that process does.

    Raises ConfigError without the `[sandbox]` extra or a folder to write to, FailedError when it does not come up.
    """
    require_extra()
    with _starting(state_dir):
        if running := status(state_dir):
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
    """Stop the sandbox and wait for its end; say whether there was one."""
    info = load(state_dir)
    if info is None:
        return False
    _signal(info, signal.SIGTERM)
    if not _gone(info, _STOP_SECONDS):
        _signal(info, signal.SIGKILL)
        _gone(info, _STOP_SECONDS)
    (state_dir / STATE_FILE).unlink(missing_ok=True)
    return True


def require_extra() -> None:
    """Raise ConfigError unless the packages of the `[sandbox]` extra are installed."""
    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"the sandbox needs packages that are not installed: {', '.join(missing)}",
            hint="Install them: pip install 'learnermax-cli[sandbox]'",
            code="sandbox.extra",
        )


@contextlib.contextmanager
def _starting(state_dir: Path) -> Iterator[None]:
    """Let one start at a time look and act, so that two at once end in one sandbox."""
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock_file = (state_dir / "start.lock").open("w")
    except OSError as error:
        raise ConfigError(
            f"the sandbox's folder {state_dir} can't be written to: {error.strerror}",
            hint="Name another folder in LMX_SANDBOX_HOME.",
            code="config.sandbox_home",
        ) from error
    with lock_file as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _spawn(command: list[str], state_dir: Path) -> subprocess.Popen[bytes]:
    # Credentials and endpoints of the caller must not reach moto or boto3 inside the sandbox.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_", "MOTO_"))}
    inherited["AWS_EC2_METADATA_DISABLED"] = "true"
    descriptor = os.open(state_dir / LOG_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
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
        info = status(state_dir)
        if info is not None and info.pid == process.pid:
            process.returncode = 0  # It is to live on, and Popen would warn of that.
            return info
        time.sleep(_POLL_SECONDS)
    else:
        process.kill()
        process.wait()
    raise FailedError(
        f"the sandbox did not start: {_last_log_line(state_dir)}",
        hint=f"Name other ports if one is taken, or none; else see its log: {state_dir / LOG_FILE}",
        code="sandbox.start",
    )


def _last_log_line(state_dir: Path) -> str:
    lines = (state_dir / LOG_FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "no reason is known")


def _signal(info: SandboxInfo, number: signal.Signals) -> None:
    if process_start(info.pid) == info.started:
        with contextlib.suppress(ProcessLookupError):
            os.kill(info.pid, number)


def _gone(info: SandboxInfo, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while process_start(info.pid) == info.started:
        if time.monotonic() > deadline:
            return False
        with contextlib.suppress(ChildProcessError):
            os.waitpid(info.pid, os.WNOHANG)
        time.sleep(_POLL_SECONDS)
    return True


if __name__ == "__main__":
    from learnermax_cli.sandbox.server_process import main

    main()
