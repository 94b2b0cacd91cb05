"""Ctrl-C, SIGTERM and SIGHUP: every command answers the first one in words, and ends at once with the second one.

What each command reports of its own writes stands in the `test_interrupted` files of the features.
"""

import json
import signal
import socket
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from learnermax_cli.config.sandbox_state import STATE_FILE
from learnermax_cli.sandbox.server_process import save
from tests.commands import command_paths
from tests.hostile.commands import COMMANDS, Command
from tests.products.worlds import put_courses
from tests.running import Sandbox
from tests.sampling import sampled
from tests.started import STOPPING, Started

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
CASES = sampled(product(COMMANDS, SIGNALS), 7)
WRITES = {
    "secrets push": "CreateSecret",
    "products sync": "POST /v1/products",
    "courses set-price": "UpdateItem",
    "checkout create": "POST /v1/checkout/sessions",
    "enrollments reconcile": "UpdateItem",
    "webhooks create": "POST /v1/webhook_endpoints",
}
"""What each command is in the middle of when it does not end with the first signal."""
WRITING = sampled(((c, SIGNALS[number % 3]) for number, c in enumerate(COMMANDS) if c.name in WRITES), 3)
CHANGES = ("create product", "link product")
SANDBOX = {
    **dict.fromkeys(("start", "stop", "status", "reset", "env")),
    **dict.fromkeys(("pay", "settle", "expire", "refund", "dispute"), "cs_test_a1"),
    "promo": "SUMMER --percent-off 20",
    "clock": "--advance 1h",
    "trigger": "checkout.session.completed",
}
"""The commands of the sandbox, and what else they are given."""


def _name(value: object) -> str:
    return "-".join(part.name for part in value) if isinstance(value, tuple) else str(value)


def _held(sandbox: Sandbox, command: Command, operation: str = "*") -> Started:
    """Start a command, and wait until a request, by default the first one, is held."""
    command.build(sandbox)
    sandbox.control.add_fault("hold", operation=operation)
    process = sandbox.start(*command.args)
    sandbox.control.wait_held(timeout=60)
    return process


@pytest.mark.parametrize("case", CASES, ids=_name)
def test_first_signal_is_answered_in_words(sandbox: Sandbox, case: tuple[Command, signal.Signals]) -> None:
    """The run ends in 130, with one JSON document and without a traceback; the next run does the work."""
    command, number = case
    process = _held(sandbox, command)
    process.send_signal(number)
    process.read_until("Stopping")
    sandbox.control.release()
    out, err = process.communicate(timeout=60)
    assert (130, "interrupted", False) == (process.returncode, json.loads(out)["error"]["code"], "Traceback" in err)
    again = sandbox.run(*command.args)
    assert "doctor" == command.name or 0 == again.returncode, again.stderr
    command.clean(sandbox)


@pytest.mark.parametrize("case", WRITING, ids=_name)
def test_second_signal_ends_the_run_at_once(sandbox: Sandbox, case: tuple[Command, signal.Signals]) -> None:
    """With a line that says so, in the middle of a write."""
    command, number = case
    process = _held(sandbox, command, WRITES[command.name])
    process.send_signal(number)
    process.read_until("Stopping")
    process.send_signal(number)
    process.read_until("Stopped at once")
    assert 130 == process.wait(timeout=60)


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("listed", [False, True], ids=["counted", "listed with -v"])
def test_what_is_left_is_counted(sandbox: Sandbox, number: signal.Signals, listed: bool) -> None:
    """In courses, as the plan counts; only with -v each change that was not applied is listed."""
    put_courses(sandbox, [f"course-{course:02}" for course in range(20)])
    sandbox.control.add_fault("hold", operation="POST /v1/products", times=8)
    process = sandbox.start("products", "sync", "--yes", *(["-v"] if listed else []))
    sandbox.control.wait_held(timeout=60, at_least=8)
    process.send_signal(number)
    process.read_until(STOPPING)
    sandbox.control.release()
    out, err = process.communicate(timeout=60)
    assert (130, True) == (process.returncode, "Error: interrupted; 12 courses not applied\n" in err)
    left = {f"not applied {change} course-{course:02}" for change in CHANGES for course in range(8, 20)}
    assert (left if listed else set()) == {line.strip() for line in out.splitlines() if "not applied" in line}


@pytest.mark.parametrize("case", sampled(product(SANDBOX, SIGNALS), 5), ids=lambda case: f"{case[0]}-{case[1].name}")
def test_commands_of_a_sandbox_that_does_not_answer_end(
    sandbox: Sandbox, tmp_path: Path, case: tuple[str, signal.Signals]
) -> None:
    """Whatever they wait for, the sandbox itself is left alone."""
    (name, number), args = case, (SANDBOX[case[0]] or "").split()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        save(tmp_path, replace(sandbox.info, started=0.0, control_url=url))
        process = sandbox.start("sandbox", name, *args, "-o", "json", env={"LMX_SANDBOX_HOME": str(tmp_path)})
        with silent.accept()[0]:
            process.send_signal(number)
            process.read_until("Stopping")
            out, err = process.communicate(timeout=60)
    assert (130, "interrupted", False) == (process.returncode, json.loads(out)["error"]["code"], "Traceback" in err)
    assert ("ok", True) == (sandbox.control.health()["status"], (tmp_path / STATE_FILE).exists())


def test_every_command_of_the_sandbox_is_interrupted() -> None:
    """Who adds one adds it here."""
    assert sorted(SANDBOX) == [path[1] for path in command_paths() if path[0] == "sandbox"]


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_demo_that_is_stopped_leaves_nothing(sandbox: Sandbox, tmp_path: Path, number: signal.Signals) -> None:
    """Neither a folder nor a running command; it says so in two lines."""
    process = sandbox.start("demo", env={"TMPDIR": str(tmp_path)})
    assert any(line.startswith("$ lmx") for line in process.stdout)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert [
        "Stopping. Press Ctrl-C again to stop at once.",
        "Error: the demo was interrupted",
        "  Its sandbox was removed. To see it from the beginning: lmx demo",
    ] == [line for line in err.splitlines() if line]
    assert (130, []) == (process.returncode, list(tmp_path.glob("lmx-demo-*")))
