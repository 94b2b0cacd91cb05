"""What `webhooks serve` answers over HTTP: methods, paths, sizes, garbage, too much at once."""

import http.client
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from urllib.parse import urlsplit

import pytest

from tests.enrollments import worlds
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import body_of, deliver, event_of, post, signature
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


@pytest.mark.slow
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
        # The others are done, or were held for longer than a delivery may take.
        assert IN_FLIGHT == sum(reply.result() != busy[0] for reply in replies)
        assert {200} == {deliver(receiver.url, event, now)[0] for event in events}
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert len(events) == len(worlds.read_events(sandbox))
