"""`lmx sandbox`: start, stop, status, reset and env, as processes of their own."""

import json
import shlex
from collections.abc import Iterator

import pytest

from learnermax_cli.sandbox import process
from tests.running import Sandbox


@pytest.fixture
def own(sandbox: Sandbox) -> Iterator[dict[str, str | None]]:
    """Variables of a second, stopped sandbox in a folder of its own; it is stopped afterwards."""
    folder = sandbox.home / "own"
    yield {"LMX_SANDBOX_HOME": str(folder)}
    process.stop(folder)


def test_start_twice_and_stop_twice(sandbox: Sandbox, own: dict[str, str | None]) -> None:
    """Starting and stopping again is no failure."""
    first = json.loads(sandbox.run("sandbox", "start", "-o", "json", env=own).stdout)
    second = json.loads(sandbox.run("sandbox", "start", "-o", "json", env=own).stdout)
    stopped = sandbox.run("sandbox", "stop", env=own)
    again = sandbox.run("sandbox", "stop", env=own)

    assert (True, first["data"]) == (first["data"]["running"], second["data"])
    assert (0, "The sandbox is stopped.\n") == (stopped.returncode, stopped.stdout)
    assert (0, "No sandbox was running.\n") == (again.returncode, again.stdout)


def test_other_ports_of_a_running_sandbox_are_reported(sandbox: Sandbox) -> None:
    """A start that asks for ports which the running sandbox does not have says so, and how to get them."""
    warning = "Warning: the sandbox already runs on other ports: run lmx sandbox stop, then this command again"
    other, same = (sandbox.run("sandbox", "start", "--stripe-port", port) for port in ("1", "0"))

    assert (0, warning) == (other.returncode, other.stderr.splitlines()[0])
    assert (0, False) == (same.returncode, "Warning" in same.stderr)


@pytest.mark.parametrize("command", ["status", "reset", "env"])
def test_without_a_sandbox(sandbox: Sandbox, own: dict[str, str | None], command: str) -> None:
    """What needs a running sandbox ends in 3 and says how to start one."""
    said = sandbox.run("sandbox", command, env=own)

    assert (3, "") == (said.returncode, said.stdout)
    assert "Error: no sandbox is running\n  Start one: lmx sandbox start\n" in said.stderr


def test_status_tells_where_and_no_keys(sandbox: Sandbox) -> None:
    """Status names the addresses; the keys are told by env alone."""
    said = sandbox.run("sandbox", "status", "-o", "json")

    document = json.loads(said.stdout)
    info = sandbox.info
    assert {
        "running": True,
        "pid": info.pid,
        "stripe_url": info.stripe_url,
        "aws_url": info.aws_url,
        "control_url": info.control_url,
        "stripe_account": info.stripe_account,
        "region": info.region,
        "created": info.created,
    } == document["data"]
    assert info.secret_key not in said.stdout + said.stderr


def test_env_is_for_a_shell(sandbox: Sandbox) -> None:
    """Each line exports one variable, and nothing else is on stdout."""
    said = sandbox.run("sandbox", "env")

    words = [shlex.split(line) for line in said.stdout.splitlines()]
    assert {"export"} == {word[0] for word in words}
    assert sandbox.info.environment() == dict(word[1].split("=", 1) for word in words)


def test_env_as_json(sandbox: Sandbox) -> None:
    """With -o json the variables are the data of one document."""
    document = json.loads(sandbox.run("sandbox", "env", "-o", "json").stdout)

    assert ("sandbox env", sandbox.info.environment()) == (document["command"], document["data"])


def test_reset_empties_the_tables(sandbox: Sandbox) -> None:
    """After a reset nothing is left of what was stored but the one test student that a start brings."""
    sandbox.dynamodb().put_item(Item={"PK": "a", "SK": "b"})

    assert 0 == sandbox.run("sandbox", "reset").returncode

    assert ["USER#test-student"] == [item["PK"] for item in sandbox.dynamodb().scan()["Items"]]
