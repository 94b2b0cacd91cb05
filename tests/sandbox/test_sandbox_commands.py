"""`lmx sandbox`: start, stop, status, reset and env, as processes of their own."""

import json
import shlex
import socket
from collections.abc import Iterator
from contextlib import closing

import pytest
import stripe

from learnermax_cli.sandbox import process
from tests.running import Sandbox

OPTIONS = ("--stripe-port", "--aws-port")


@pytest.fixture
def own(sandbox: Sandbox) -> Iterator[dict[str, str | None]]:
    """Variables of a second, stopped sandbox in a folder of its own; it is stopped afterwards."""
    folder = sandbox.home / "own"
    yield {"LMX_SANDBOX_HOME": str(folder)}
    process.stop(folder)


@pytest.fixture
def free_ports() -> list[int]:
    """Two ports that nothing listens on."""
    with closing(socket.create_server(("127.0.0.1", 0))) as one, closing(socket.create_server(("127.0.0.1", 0))) as two:
        return [one.getsockname()[1], two.getsockname()[1]]


def ports(url: str, other: int) -> dict[str, str]:
    """Return what may be asked for where a service runs at `url`."""
    return {"same": url.rpartition(":")[2], "other": str(other), "any": "0"}


@pytest.mark.slow
def test_start_twice_and_stop_twice(sandbox: Sandbox, own: dict[str, str | None]) -> None:
    """Starting and stopping again is no failure."""
    first = json.loads(sandbox.run("sandbox", "start", "-o", "json", env=own).stdout)
    second = json.loads(sandbox.run("sandbox", "start", "-o", "json", env=own).stdout)
    stopped = sandbox.run("sandbox", "stop", env=own)
    again = sandbox.run("sandbox", "stop", env=own)

    assert (True, first["data"]) == (first["data"]["running"], second["data"])
    assert (0, "The sandbox is stopped.\n") == (stopped.returncode, stopped.stdout)
    assert (0, "No sandbox was running.\n") == (again.returncode, again.stdout)


@pytest.mark.parametrize(("stripe", "aws"), [("same", "other"), ("other", "any"), ("any", "other"), ("other", "other")])
def test_start_on_other_ports_than_those_of_the_running_sandbox_fails(
    sandbox: Sandbox, free_ports: list[int], stripe: str, aws: str
) -> None:
    """The error names its ports, and what starts one on those that were asked for."""
    info = sandbox.info
    asked = ports(info.stripe_url, free_ports[0])[stripe], ports(info.aws_url, free_ports[1])[aws]
    options = [word for pair in zip(OPTIONS, asked, strict=True) if pair[1] != "0" for word in pair]

    said = sandbox.run("sandbox", "start", *options)

    assert (1, "") == (said.returncode, said.stdout)
    assert (
        f"Error: the sandbox already runs on other ports: Stripe {info.stripe_url}, AWS {info.aws_url}\n"
        f"  Stop it, which deletes what is in it: lmx sandbox stop && lmx sandbox start {' '.join(options)}\n"
    ) == said.stderr
    assert 0 == sandbox.run("sandbox", "status").returncode


@pytest.mark.parametrize(("stripe", "aws"), [("same", "any"), ("any", "same"), ("same", "same")])
def test_start_on_the_ports_of_the_running_sandbox_is_no_failure(sandbox: Sandbox, stripe: str, aws: str) -> None:
    """Whichever of the two are named; 0 is any."""
    asked = ports(sandbox.info.stripe_url, 1)[stripe], ports(sandbox.info.aws_url, 1)[aws]

    said = sandbox.run("sandbox", "start", "--stripe-port", asked[0], "--aws-port", asked[1])

    assert (0, "") == (said.returncode, said.stderr)


@pytest.mark.slow
def test_remedy_for_other_ports_starts_one_there(
    sandbox: Sandbox, own: dict[str, str | None], free_ports: list[int]
) -> None:
    """Stop and start, as the error names them."""
    sandbox.run("sandbox", "start", env=own)
    said = sandbox.run("sandbox", "start", "--aws-port", str(free_ports[0]), env=own)

    for command in said.stderr.splitlines()[1].partition(": ")[2].split(" && "):
        done = sandbox.run(*command.split()[1:], "-o", "json", env=own)

    assert f"http://127.0.0.1:{free_ports[0]}" == json.loads(done.stdout)["data"]["aws_url"]


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
        "notes": [],
    } == document["data"]
    assert info.secret_key not in said.stdout + said.stderr


def test_status_shows_the_notes_of_the_journal(sandbox: Sandbox) -> None:
    """Where a developer whose site asks for an older API version will look."""
    sandbox.stripe().v1.products.list(options={"stripe_version": "2024-06-20"})
    note = f"Stripe-Version 2024-06-20 was treated as {stripe.api_version}"

    as_text, as_json = (sandbox.run("sandbox", "status", *words).stdout for words in ((), ("-o", "json")))

    assert f"Note: {note} (1 request)" == as_text.splitlines()[-1]
    assert [{"note": note, "requests": 1}] == json.loads(as_json)["data"]["notes"]


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


def test_start_leaves_the_student_who_is_there(sandbox: Sandbox) -> None:
    """A second start takes nothing away: the customer of an earlier payment stays."""
    sandbox.run("sandbox", "reset")
    student = {**sandbox.dynamodb().scan()["Items"][0], "stripeCustomerId": "cus_1"}
    sandbox.dynamodb().put_item(Item=student)

    assert 0 == sandbox.run("sandbox", "start").returncode

    assert [student] == sandbox.dynamodb().scan()["Items"]
