"""Starts the two official emulators on free loopback ports, and stops them."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.forking import PROJECT

_START_SECONDS = 60.0
_STOP_SECONDS = 10.0
_HOME = PROJECT / ".conformance"
STRIPE_MOCK = _HOME / "stripe-mock"
DYNAMODB_LOCAL = _HOME / "dynamodb-local"


def version_of(home: Path) -> str | None:
    """Read which version of an emulator is installed, if any is."""
    stamp = home / "version"
    return stamp.read_text(encoding="utf-8").strip() if stamp.exists() else None


def read_spec() -> dict[str, Any]:
    """Read the OpenAPI description that stripe-mock answers by."""
    spec: dict[str, Any] = json.loads((STRIPE_MOCK / "spec3.json").read_text(encoding="utf-8"))
    return spec


@contextmanager
def stripe_mock() -> Iterator[str]:
    """Run stripe-mock; yields its address."""
    port = _free_port()
    command = [str(STRIPE_MOCK / "stripe-mock"), "-http-addr", f"127.0.0.1:{port}"]
    with _running(command, port, STRIPE_MOCK / "log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def dynamodb_local() -> Iterator[str]:
    """Run DynamoDB Local, in memory and without telemetry; yields its address."""
    port = _free_port()
    lib = DYNAMODB_LOCAL / "lib"
    command = [
        "java", f"-Djava.library.path={lib}", "-cp", f"{lib}/*",
        "com.amazonaws.services.dynamodbv2.local.main.ServerRunner",
        "-inMemory", "-sharedDb", "-disableTelemetry", "-port", str(port),
    ]  # fmt: skip
    with _running(command, port, DYNAMODB_LOCAL / "log"):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: Sequence[str], port: int, log: Path) -> Iterator[None]:
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT) as process:
        try:
            _await_port(process, port, log)
            yield
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _await_port(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not start: see {log}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
