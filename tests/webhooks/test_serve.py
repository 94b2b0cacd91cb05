"""`webhooks serve` as a process: how it starts, what it refuses, how it ends, and what it says."""

import json
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.client import SandboxError
from tests.enrollments import worlds
from tests.running import Sandbox
from tests.webhooks.signed import SECRET, deliver, event_of, post
from tests.webhooks.worlds import Serving, put_signing_secret, serving

USER = "user-7"


def _refused(sandbox: Sandbox, *args: str, **env: str | None) -> tuple[int, str, str]:
    done = sandbox.run("webhooks", "serve", "--port", "0", "-o", "json", *args, env=env)
    error = json.loads(done.stdout)["error"]
    assert "Listening" not in done.stderr
    return done.returncode, error["code"], error["hint"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["Ctrl-C", "SIGTERM", "SIGHUP"])
def test_report_counts_what_became_of_the_deliveries(sandbox: Sandbox, number: signal.Signals) -> None:
    """It ends in 0 when it is told to stop, and says what it received."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    opened = worlds.put_bought(sandbox, "user-8", "open", offset=-60)
    with serving(sandbox) as receiver:
        receiver.deliver(session_id)
        receiver.deliver(session_id)
        receiver.deliver(opened)
        receiver.deliver(session_id, livemode=True)
        post(receiver.url, b"{}")
        post(receiver.url, b"", method="GET")
        report = receiver.end(number)
    counts = {"received": 6, "changed": 1, "done": 1, "waiting": 1, "attention": 0, "ignored": 1, "refused": 2}
    assert {**counts, "failed": 0, "revoke": 0, "restore": 0, "update": 0} == report["data"]
    assert ("webhooks serve", "sandbox", "test") == (
        report["command"],
        report["environment"],
        report["stripe"]["mode"],
    )


def test_each_event_has_its_line(sandbox: Sandbox) -> None:
    """When, event, type, session, enrollment, what became of it, status and time; text of others can't forge one."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, "refunded")
    with serving(sandbox) as receiver:
        receiver.deliver(session_id, "checkout.session.completed\n2026 evt_forged \x1b[31m", id="evt_1")
        line = receiver.wait_for("evt_1")
        receiver.stop()
    _, words = line.split(" ", 1)
    kind = "checkout.session.completed\\n2026 evt_forged \\x1b[31m"
    assert words.startswith(f"evt_1 {kind} {session_id} {USER}/{worlds.COURSE} attention: refunded (")
    assert words.endswith(" ms")
    assert 1 == sum("evt_1" in said for said in receiver.lines)


def test_quiet_receiver_logs_what_needs_attention(sandbox: Sandbox) -> None:
    """A payment that was refunded, and nothing of what was refused; with a port of one's own."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    event, now = event_of(sandbox, worlds.put_bought(sandbox, USER, "refunded")), worlds.now(sandbox)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = sandbox.start("webhooks", "serve", "--port", str(port), "-q")
    url = f"http://127.0.0.1:{port}/hook"
    for _ in range(6000):
        try:
            assert 404 == post(url, b"")[0]
            break
        except OSError:
            assert process.poll() is None
    hook = url.replace("/hook", "/api/webhooks/stripe")
    post(hook, b"{}")
    deliver(hook, event, now)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(60)
    assert "" == out
    told, *rest = err.splitlines()
    assert f" {USER}/{worlds.COURSE} attention: refunded (" in told
    assert ["", "Stopping: finishing what is in flight. Press Ctrl-C again to stop at once."] == rest


def test_second_signal_stops_at_once(sandbox: Sandbox) -> None:
    """Whatever is in flight then is delivered again by Stripe."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    event, now = event_of(sandbox, worlds.put_bought(sandbox, USER)), worlds.now(sandbox)
    with serving(sandbox) as receiver, ThreadPoolExecutor(1) as pool:
        sandbox.control.add_fault("hold", service="dynamodb", times=None)
        lost = pool.submit(deliver, receiver.url, event, now)
        sandbox.control.wait_held(timeout=60)
        receiver.process.send_signal(signal.SIGINT)
        receiver.wait_for("Stopping")
        receiver.process.send_signal(signal.SIGINT)
        assert 130 == receiver.process.wait(60)
        assert isinstance(lost.exception(), OSError)


def test_receiver_without_signing_secret_does_not_start(sandbox: Sandbox) -> None:
    """It could take nothing for true; the remedy is named."""
    assert (3, "config.webhook_secret", "Register the endpoint: lmx webhooks create --url URL") == _refused(sandbox)


def test_receiver_of_another_account_does_not_start(sandbox: Sandbox) -> None:
    """As every command."""
    put_signing_secret(sandbox)
    env = {"LMX_ENVIRONMENT": "preview", "LMX_STRIPE_ACCOUNT": "acct_1Other", "STRIPE_WEBHOOK_SECRET": SECRET}
    assert (5, "guard.account") == _refused(sandbox, **env)[:2]


def test_receiver_whose_port_is_taken_does_not_start(sandbox: Sandbox, receiver: Serving) -> None:
    """It says which, and what to do."""
    port = str(urlsplit(receiver.url).port)
    assert (3, "config.address") == _refused(sandbox, "--port", port)[:2]


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_receiver_on_a_host_of_others_does_not_start(sandbox: Sandbox, host: str) -> None:
    """A name that nobody knows, an address of another machine."""
    put_signing_secret(sandbox)
    assert (3, "config.address") == _refused(sandbox, "--host", host)[:2]


@pytest.mark.parametrize("path", ["hook", "/health", "/a?b", "/a b", ""])
def test_path_that_can_not_be_one_is_refused(sandbox: Sandbox, path: str) -> None:
    """Wrong usage."""
    assert 2 == _refused(sandbox, "--path", path)[0]


def test_other_path_and_host_are_listened_on(sandbox: Sandbox) -> None:
    """As the flags say; the address that is told works as it stands."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    with serving(sandbox, "--path", "/hook", "--host", "localhost") as receiver:
        assert receiver.url.endswith("/hook")
        assert (200, "changed: paid") == receiver.deliver(session_id)


def test_sandbox_that_was_killed_is_an_own_failure(tmp_path: Path) -> None:
    """Each delivery is asked for again and has its line in the log, although nobody tells the sandbox's time."""
    home = tmp_path / "sandbox"
    info = process.start(home, parent_pid=os.getpid())
    sandbox = Sandbox(info, home, tmp_path)
    try:
        put_signing_secret(sandbox)
        worlds.put_basics(sandbox)
        event, now = event_of(sandbox, worlds.put_bought(sandbox, USER)), worlds.now(sandbox)
        with serving(sandbox, "-e", "sandbox") as receiver:
            os.kill(info.pid, signal.SIGKILL)
            replies = [deliver(receiver.url, event, now)]
            while replies[-1] == (503, "not done (failed.network): please deliver again"):  # the time is kept a moment
                replies.append(deliver(receiver.url, event, now))
            assert (503, "not done (config.sandbox): please deliver again") == replies[-1]
            line = receiver.wait_for("(config.sandbox)")
            assert " - failed: not done (config.sandbox): please deliver again 503 " in line
            assert {"received": len(replies), "failed": len(replies)} == receiver.stop()
    finally:
        with suppress(SandboxError):  # it lets go of what the sandbox holds, last of all
            sandbox.close()
        process.stop(home)
