"""The sandbox's own HTTP, against answers of any form."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from learnermax_cli.sandbox.stripe_api.deliveries.posting import Posted, Poster

LENGTH = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Serve connections one after the other, each with answers until it is closed; yield URL and requests."""
    requests: list[bytes] = []
    left = list(answers)

    def serve() -> None:
        while left:
            connection, _ = listener.accept()
            requests.append(b"connected")
            with connection:
                while left and (request := connection.recv(65_536)):
                    requests.append(request)
                    answer = left.pop(0)
                    connection.sendall(answer)
                    if b"Content-Length" not in answer:
                        break

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://localhost:{listener.getsockname()[1]}/a?b=c", requests
        thread.join(10)


@pytest.fixture
def poster() -> Iterator[Poster]:
    """A poster that leaves no connection open."""
    poster = Poster()
    yield poster
    poster.close_idle()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (LENGTH, Posted(200)),
        (b"HTTP/1.1 204 No Content\r\n\r\n", Posted(204)),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", Posted(200)),
        (b"HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", Posted(500)),
        (b"HTTP/1.1 302\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", Posted(302)),
        (b"hello\r\n\r\n", Posted(error="the answer is not HTTP")),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 200_000, Posted(error="the answer is too long")),
    ],
    ids=lambda value: "" if isinstance(value, Posted) else value[:30].decode(),
)
def test_an_answer_is_understood(poster: Poster, answer: bytes, expected: Posted) -> None:
    """With a length, in chunks, until the end of the connection, or none at all."""
    with answering(answer) as (url, requests):
        assert expected == poster.post(url, b"{}", {"Stripe-Signature": "t=1"}, 10)

    head, _, body = requests[1].partition(b"\r\n\r\n")
    assert (b"POST /a?b=c HTTP/1.1", b"{}") == (head.splitlines()[0], body)
    assert b"Stripe-Signature: t=1" in head.splitlines()


def test_a_connection_is_used_again(poster: Poster) -> None:
    """When the answer had a length, and not when the other end closes it."""
    closing = LENGTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    with answering(LENGTH, LENGTH.replace(b"200", b"201"), closing) as (url, requests):
        assert [200, 201, 200] == [poster.post(url, b"{}", {}, 10).status for _ in range(3)]

    assert 1 == requests.count(b"connected")


def test_a_connection_that_is_closed_without_an_answer_is_a_failure(poster: Poster) -> None:
    """The sandbox does not send it again by itself."""
    with answering(b"") as (url, requests):
        assert Posted(error="closed without an answer") == poster.post(url, b"{}", {}, 10)

    assert 2 == len(requests)
