"""Ctrl-C while a write is in flight."""

import json
import signal
from collections.abc import Mapping
from typing import Any

from tests.running import Sandbox
from tests.started import STOPPING

APPLIED = {
    "code": "interrupted",
    "message": "interrupted; nothing was left to apply",
    "hint": "The report is complete.",
    "exit_code": 130,
}


def interrupted(
    sandbox: Sandbox,
    *args: str,
    operation: str,
    at_least: int = 1,
    env: Mapping[str, str | None] | None = None,
) -> dict[str, Any]:
    """Run a command into Ctrl-C while its first writes of an operation are in flight; return the report."""
    sandbox.control.add_fault("hold", operation=operation, times=at_least)
    process = sandbox.start(*args, "-o", "json", env=env)
    sandbox.control.wait_held(timeout=60, at_least=at_least)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=60)
    assert (130, False) == (process.returncode, "Traceback" in stderr)
    report: dict[str, Any] = json.loads(stdout)
    return report
