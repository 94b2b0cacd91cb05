"""The background process of a sandbox: both servers, their state file, and the check that its parent lives."""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import psutil

from learnermax_cli.config.sandbox_state import REGION, STATE_FILE, SandboxInfo, read_state
from learnermax_cli.sandbox import serving
from learnermax_cli.sandbox.aws.server import create_aws_app
from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.control.control import Control
from learnermax_cli.sandbox.stripe_api.app import create_stripe_app
from learnermax_cli.sandbox.stripe_api.state import StripeState

_TICK_SECONDS = 1.0


class Options(NamedTuple):
    """How to run: where, on which ports (0: a free one), and until which process ends."""

    state_dir: Path
    stripe_port: int
    aws_port: int
    parent_pid: int | None


def main() -> None:
    """Serve until a signal arrives or the parent has ended."""
    options = _read_options()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    done = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: done.set())
    control = Control()
    info, stop = _serve(options, control)
    save(options.state_dir, info)
    try:
        _wait(done, options.parent_pid, control.clock)
    finally:
        if read_state(options.state_dir) == info:
            (options.state_dir / STATE_FILE).unlink(missing_ok=True)
        stop()


def save(state_dir: Path, info: SandboxInfo) -> None:
    """Write the state file atomically, readable by its owner only."""
    descriptor, name = tempfile.mkstemp(dir=state_dir, prefix=".state-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(info), file, indent=2)
        Path(name).replace(state_dir / STATE_FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _serve(options: Options, control: Control) -> tuple[SandboxInfo, Callable[[], None]]:
    state = StripeState(control)
    stripe = serving.start(create_stripe_app(state), options.stripe_port)
    aws = serving.start(create_aws_app(control), options.aws_port)
    info = SandboxInfo(
        pid=os.getpid(),
        started=psutil.Process().create_time(),
        stripe_url=stripe.url,
        aws_url=aws.url,
        control_url=stripe.url,
        stripe_account=state.keys.account,
        secret_key=state.keys.default("test", "secret").value,
        publishable_key=state.keys.default("test", "publishable").value,
        region=REGION,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    )

    def stop() -> None:
        stripe.stop()
        aws.stop()

    return info, stop


def _wait(done: threading.Event, parent_pid: int | None, clock: Clock) -> None:
    """Wait for a signal or for the end of the parent; meanwhile notify the clock's listeners."""
    try:
        parent = None if parent_pid is None else psutil.Process(parent_pid)
        while not done.wait(_TICK_SECONDS):
            clock.notify()
            if parent is not None and (not parent.is_running() or parent.status() == psutil.STATUS_ZOMBIE):
                return
    except psutil.NoSuchProcess:
        return


def _read_options() -> Options:
    parser = argparse.ArgumentParser(description="Run a sandbox in this process.")
    parser.add_argument("--state-dir", type=Path, required=True)
    parser.add_argument("--stripe-port", type=int, default=0)
    parser.add_argument("--aws-port", type=int, default=0)
    parser.add_argument("--exit-with-parent", type=int, metavar="PID", dest="parent_pid")
    parsed = parser.parse_args()
    return Options(parsed.state_dir, parsed.stripe_port, parsed.aws_port, parsed.parent_pid)
