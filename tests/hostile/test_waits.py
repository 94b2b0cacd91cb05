"""Services that say nothing, or a byte now and then: every command and every delivery ends, and can be stopped."""

import json
import signal
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from tests.enrollments import worlds
from tests.hostile.commands import COMMANDS, Command
from tests.hostile.middleman import Answer, Connection, Odd, Plan, between
from tests.hostile.odd import ODD
from tests.running import Sandbox
from tests.sampling import sampled
from tests.terminals import show
from tests.webhooks.signed import deliver, event_of
from tests.webhooks.worlds import Serving, put_signing_secret, serving

WAITS = [odd for odd in ODD if odd.name in ("silence", "trickling", "trickling body")]
TRICKLING = next(odd for odd in WAITS if odd.name == "trickling")
NO_END = 60.0
"""Seconds after which a test is sure that a run does not end by itself; with lowered limits it takes a few."""


def _message(run: "subprocess.CompletedProcess[str]") -> str:
    return str(json.loads(run.stdout)["error"]["message"])


@pytest.mark.parametrize(
    "odd",
    [pytest.param(odd, id=odd.name, marks=() if odd is TRICKLING else pytest.mark.slow) for odd in WAITS],
)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_command_ends_where_nothing_answers(sandbox: Sandbox, tmp_path: Path, command: Command, odd: Odd) -> None:
    """From the second request on no answer is complete: the run ends in 1, and the next one does the rest."""
    command.build(sandbox)
    with between(sandbox, tmp_path / "state") as (middleman, env):
        middleman.arm(Plan(odd, 1, rest=True))
        process = sandbox.start(*command.args, env=env)
        out, err = process.communicate(NO_END)
        assert 1 == process.returncode, err
        assert "Traceback" not in err
        command.holds(sandbox, json.loads(out))
        middleman.arm(None)
        again = sandbox.run(*command.args, env=env)
    assert "doctor" == command.name or 0 == again.returncode, again.stderr
    command.clean(sandbox)


@pytest.mark.slow
def test_timeout_is_called_a_timeout(sandbox: Sandbox, tmp_path: Path) -> None:
    """The error names the host and the limit."""
    with between(sandbox, tmp_path / "state") as (middleman, env):
        middleman.arm(Plan(TRICKLING, 0, rest=True))
        table, products = (
            sandbox.run(*args, "-o", "json", env=env) for args in (("courses", "list"), ("webhooks", "list"))
        )
    aws, stripe = env["AWS_ENDPOINT_URL"].removeprefix("http://"), env["STRIPE_API_BASE"].removeprefix("http://")
    assert f"AWS timed out while reading table {sandbox.dynamodb().name}: no complete answer from {aws}" == _message(
        table
    )
    assert f"Stripe timed out while reading the Stripe account: no complete answer from {stripe} in 1 s" == _message(
        products
    )


@pytest.mark.parametrize(
    ("args", "service"),
    [(("courses", "list"), "AWS"), (("webhooks", "list"), "Stripe")],
)
def test_proxy_that_trickles_is_given_up(sandbox: Sandbox, args: tuple[str, ...], service: str) -> None:
    """The limit begins with the connection, not with the request: what comes first is the proxy's answer."""
    outside = dict.fromkeys(("AWS_ENDPOINT_URL", "STRIPE_API_BASE", "EDUCATION_TABLE_NAME"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_trickle_to_all, args=(listener,), daemon=True).start()
        proxy = f"http://127.0.0.1:{listener.getsockname()[1]}"
        env = {**outside, "LMX_ENVIRONMENT": "preview", "LMX_TIMEOUT": "1", "HTTPS_PROXY": proxy}
        process = sandbox.start(*args, "-o", "json", env={**env, "TRANSACTIONAL_EMAIL_TOPIC_ARN": None})
        out, err = process.communicate(NO_END)
    assert json.loads(out)["error"]["message"].startswith(f"{service} timed out while"), err


def _trickle_to_all(listener: socket.socket) -> None:
    def trickle(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
            while True:
                time.sleep(0.1)
                connection.sendall(b"x")

    with suppress(OSError):
        while True:
            threading.Thread(target=trickle, args=(listener.accept()[0],), daemon=True).start()


@pytest.mark.slow
def test_signal_ends_a_run_that_reads(sandbox: Sandbox, tmp_path: Path) -> None:
    """It is told at once that it stops, and does not try again."""
    worlds.put_basics(sandbox, "ada")
    with between(sandbox, tmp_path / "state") as (middleman, env):
        middleman.arm(Plan(TRICKLING, 0, rest=True))
        process = sandbox.start("courses", "list", env={**env, "LMX_TIMEOUT": "5"})
        while len(middleman.operations) < 4:
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        process.read_until("Stopping. Press Ctrl-C again to stop at once.")
        assert 130 == process.wait(NO_END)
        assert ["Scan"] * 4 == middleman.operations


def test_second_signal_ends_a_run_at_once(sandbox: Sandbox) -> None:
    """It says that it did, also while a write is in flight."""
    worlds.put_basics(sandbox)
    sandbox.control.add_fault("hold", operation="UpdateItem")
    process = sandbox.start("courses", "set-price", worlds.COURSE, "49.99")
    sandbox.control.wait_held(60)
    for _ in range(2):
        process.send_signal(signal.SIGTERM)
        process.read_until("Stop")
    assert 130 == process.wait(NO_END)


def _deliver_many(sandbox: Sandbox, receiver: Serving, users: list[str]) -> list[int]:
    sessions = {user: worlds.put_bought(sandbox, user) for user in users}
    events = [event_of(sandbox, session_id) for session_id in sessions.values()]
    now = worlds.now(sandbox)
    with ThreadPoolExecutor(len(events)) as pool:
        replies = list(pool.map(lambda event: deliver(receiver.url, event, now), events))
    return [status for status, _ in replies]


@pytest.mark.parametrize("operation", sampled(["UpdateItem", "GET", "Publish"], 3))
def test_receiver_answers_while_a_service_trickles(sandbox: Sandbox, tmp_path: Path, operation: str) -> None:
    """Forty deliveries get 503; once the service has recovered one gets 200; it stops when it is told."""
    worlds.put_basics(sandbox)
    put_signing_secret(sandbox)
    # A receiver gives one request a sixth of the limit.
    with between(sandbox, tmp_path / "state", "6") as (middleman, env), serving(sandbox, env=env) as receiver:
        middleman.spoil_all(TRICKLING, operation)
        assert {503} == set(_deliver_many(sandbox, receiver, [f"user-{number}" for number in range(40)]))
        middleman.arm(None)
        assert [200] == _deliver_many(sandbox, receiver, ["ada"])
        assert 41 == receiver.end()["data"]["received"]


def _late(connection: Connection, answer: Answer) -> None:
    time.sleep(6.5)
    connection.send(answer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("args", "service"),
    [(("courses", "list"), "DynamoDB"), (("webhooks", "list"), "127.0.0.1")],
)
def test_long_wait_is_explained_on_a_terminal(
    sandbox: Sandbox, tmp_path: Path, args: tuple[str, ...], service: str
) -> None:
    """After five seconds, once, and with the host; the answer then counts as any other."""
    worlds.put_basics(sandbox)
    with between(sandbox, tmp_path / "state", "30") as (middleman, env):
        middleman.arm(Plan(Odd("late", write=_late), 0))
        shown = show(*args, env={**sandbox.env, **env}, cwd=sandbox.cwd, columns=120)
    assert (0, 1) == (shown.exit_code, shown.text.count(f"Waiting for an answer of {service}")), shown.text


@pytest.mark.slow
def test_real_limits_hold(sandbox: Sandbox, tmp_path: Path) -> None:
    """A table that trickles ends a list within 90 s; a delivery gets its 503 before Checkout gives up after 10 s."""
    worlds.put_basics(sandbox)
    put_signing_secret(sandbox)
    with between(sandbox, tmp_path / "state") as (middleman, env):
        real = {**env, "LMX_TIMEOUT": None}
        with serving(sandbox, env=real) as receiver:
            middleman.spoil_all(TRICKLING, "GET")
            session_id = worlds.put_bought(sandbox, "ada")
            event, now = event_of(sandbox, session_id), worlds.now(sandbox)
            assert 503 == deliver(receiver.url, event, now)[0]
            receiver.end()
        middleman.arm(Plan(TRICKLING, 0, rest=True))
        process = sandbox.start("courses", "list", "-o", "json", env=real)
        out, _ = process.communicate(95)
    assert "failed.timeout" == json.loads(out)["error"]["code"]
