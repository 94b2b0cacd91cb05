"""`webhooks serve` as a process: how it starts, what it refuses, how it ends, and what it says."""

import http.client
import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.client import SandboxError
from tests.enrollments import worlds
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import SECRET, body_of, deliver, event_of, post, signature
from tests.webhooks.worlds import Serving, put_signing_secret, serving

USER = "user-7"
MEBIBYTE = 1_048_576
IN_FLIGHT = 64


def _health(receiver: Serving) -> str:
    return receiver.url.replace("/api/webhooks/stripe", "/health")


def _connected(receiver: Serving) -> socket.socket:
    parts = urlsplit(receiver.url)
    return socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)


def _head(receiver: Serving, *lines: str) -> bytes:
    path = urlsplit(receiver.url).path
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: lmx", *lines, "", ""]).encode()


def _status_and_pause(receiver: Serving) -> tuple[int, str | None]:
    parts = urlsplit(receiver.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", parts.path, body=b"{}")
    answer = connection.getresponse()
    connection.close()
    return answer.status, answer.headers["Retry-After"]


def _refused(sandbox: Sandbox, *args: str, **env: str | None) -> tuple[int, str, str]:
    done = sandbox.run("webhooks", "serve", "--port", "0", "-o", "json", *args, env=env)
    error = json.loads(done.stdout)["error"]
    assert "Listening" not in done.stderr
    return done.returncode, error["code"], error["hint"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_only_post_is_taken(receiver: Serving, method: str) -> None:
    """Any other method gets 405, and is told which one is allowed."""
    parts = urlsplit(receiver.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request(method, parts.path)
    answer = connection.getresponse()
    assert (405, "POST") == (answer.status, answer.headers["Allow"])
    connection.close()


def test_health_is_told(receiver: Serving) -> None:
    """For who watches the process; it asks nobody."""
    assert (200, "ok") == post(_health(receiver), b"", method="GET")


@pytest.mark.parametrize("path", ["/", "/api/webhooks/stripe/", "/api/webhooks", "/health/x"])
def test_other_paths_are_not_there(receiver: Serving, path: str) -> None:
    """A true signature does not help at the wrong address."""
    assert 404 == post(receiver.url.replace("/api/webhooks/stripe", path), b"{}")[0]


def test_query_does_not_matter(sandbox: Sandbox, receiver: Serving) -> None:
    """Who registers an endpoint may add one to its URL."""
    parts = urlsplit(receiver.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", parts.path + "?from=stripe", body=b"{}")
    assert 400 == connection.getresponse().status
    connection.close()


def test_declared_length_beyond_the_limit_is_answered_before_it_comes(receiver: Serving) -> None:
    """Ten megabytes are refused by their header alone."""
    with _connected(receiver) as connection:
        connection.sendall(_head(receiver, f"Content-Length: {10 * MEBIBYTE}"))
        assert b"HTTP/1.1 413 " == connection.recv(13)


def test_streamed_body_beyond_the_limit_is_cut(receiver: Serving) -> None:
    """Without a declared length it is counted as it comes."""

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b"x" * (MEBIBYTE // 10)

    parts = urlsplit(receiver.url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    connection.request("POST", parts.path, body=chunks(), headers={"Transfer-Encoding": "chunked"}, encode_chunked=True)
    assert 413 == connection.getresponse().status
    connection.close()


def test_sender_of_ten_megabytes_hears_the_answer(receiver: Serving) -> None:
    """One that writes all of it before it reads is not cut off with a reset."""
    assert (413, f"the body is longer than {MEBIBYTE} bytes") == post(receiver.url, b"x" * 10 * MEBIBYTE)


def test_body_up_to_the_limit_is_taken(sandbox: Sandbox, receiver: Serving) -> None:
    """A large event is no reason to refuse it."""
    worlds.put_basics(sandbox)
    body = body_of(event_of(sandbox, worlds.put_bought(sandbox, USER)))
    body += b" " * (MEBIBYTE - len(body))
    headers = {"Stripe-Signature": signature(body, worlds.now(sandbox))}
    assert (200, "changed: paid") == post(receiver.url, body, headers)


def test_garbage_that_is_no_http_is_refused(receiver: Serving) -> None:
    """And the receiver goes on."""
    with _connected(receiver) as connection:
        connection.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n")
        assert b"HTTP/1.1 400 " == connection.recv(13)
    assert (200, "ok") == post(_health(receiver), b"", method="GET")


def test_sender_that_hangs_up_leaves_no_trace(sandbox: Sandbox, receiver: Serving) -> None:
    """Half a body is no delivery."""
    seq = last_entry(sandbox)
    with _connected(receiver) as connection:
        connection.sendall(_head(receiver, "Content-Length: 100") + b"half")
    assert (200, "ok") == post(_health(receiver), b"", method="GET")
    assert [] == worlds.stripe_requests(sandbox, seq)


def test_what_is_too_much_at_once_is_asked_for_again(sandbox: Sandbox) -> None:
    """Beyond 64 in flight a delivery gets 503 with Retry-After; nothing is lost, for all are delivered again."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    sessions = [worlds.put_bought(sandbox, f"user-{number}") for number in range(IN_FLIGHT + 6)]
    events, now = [event_of(sandbox, session_id) for session_id in sessions], worlds.now(sandbox)
    with serving(sandbox) as receiver, ThreadPoolExecutor(len(events)) as pool:
        sandbox.control.add_fault("hold", service="dynamodb", times=None)
        replies = [pool.submit(deliver, receiver.url, event, now) for event in events]
        busy = [reply.result() for _, reply in zip(range(6), as_completed(replies), strict=False)]
        assert [(503, "busy: please deliver again")] * 6 == busy
        assert (503, "1") == _status_and_pause(receiver)
        sandbox.control.clear_faults()
        sandbox.control.release()
        assert IN_FLIGHT == sum(reply.result()[0] == 200 for reply in replies)
        assert {200} == {deliver(receiver.url, event, now)[0] for event in events}
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert len(events) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
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
    assert {**counts, "failed": 0} == report["data"]
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


def test_quiet_receiver_logs_nothing(sandbox: Sandbox) -> None:
    """With --quiet and a port of one's own."""
    put_signing_secret(sandbox)
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
    post(url.replace("/hook", "/api/webhooks/stripe"), b"{}")
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(60)
    assert "Received 1: 0 changed, 0 done, 0 waiting, 0 attention, 0 ignored, 1 refused, 0 failed.\n" == out
    assert "\nStopping: finishing what is in flight. Press Ctrl-C again to stop at once.\n" == err


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
