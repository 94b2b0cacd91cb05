"""Senders that take their time: the server itself, with less time for them than it usually gives."""

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest

from learnermax_cli.adapters.http_server import UvicornServer
from learnermax_cli.webhooks.model import Address, Answer, Delivery
from tests.webhooks.signed import post

SENDER_TIMEOUT = 0.3


class Handler:
    """Answers deliveries with their length, and keeps what was rejected."""

    def __init__(self) -> None:
        self.url = ""
        self.rejected_with: list[Answer] = []
        self.ready = threading.Event()

    def listening(self, url: str) -> None:
        """Keep the address."""
        self.url = url
        self.ready.set()

    def receive(self, delivery: Delivery) -> Answer:
        """Tell the length of the body."""
        return Answer(200, f"{len(delivery.body)}")

    def rejected(self, answer: Answer) -> None:
        """Keep the answer."""
        self.rejected_with.append(answer)


@contextmanager
def _served() -> Iterator[Handler]:
    handler, stop = Handler(), threading.Event()
    thread = threading.Thread(
        target=UvicornServer(SENDER_TIMEOUT).serve, args=(Address("127.0.0.1", 0, "/hook"), handler, stop)
    )
    thread.start()
    try:
        assert handler.ready.wait(60)
        yield handler
    finally:
        stop.set()
        thread.join(60)
        assert not thread.is_alive()


def _all_that_comes(handler: Handler, sent: bytes) -> bytes:
    """Send bytes, keep the connection open, and return what comes until the server closes it."""
    parts = urlsplit(handler.url)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
        connection.sendall(sent)
        came = b""
        while part := connection.recv(65_536):
            came += part
        return came


def test_body_that_does_not_come_is_not_waited_for() -> None:
    """408, and the connection is closed; others are answered meanwhile."""
    with _served() as handler:
        came = _all_that_comes(handler, b"POST /hook HTTP/1.1\r\nHost: lmx\r\nContent-Length: 10\r\n\r\nhalf")
        assert came.startswith(b"HTTP/1.1 408 ")
        assert [Answer(408, "the body was not complete in time")] == handler.rejected_with
        assert (200, "4") == post(handler.url, b"body")


UNREAD = {
    b"GET /health": b"HTTP/1.1 200 ",
    b"HEAD /health": b"HTTP/1.1 200 ",
    b"POST /elsewhere": b"HTTP/1.1 404 ",
    b"PUT /hook": b"HTTP/1.1 405 ",
}


@pytest.mark.parametrize("request_line", UNREAD)
def test_answer_that_did_not_wait_for_the_body_closes_the_connection(request_line: bytes) -> None:
    """Else a few hundred connections, each with one byte of a body that never comes, could keep all others out."""
    with _served() as handler:
        parts = urlsplit(handler.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as connection:
            connection.sendall(request_line + b" HTTP/1.1\r\nHost: lmx\r\nContent-Length: 100000\r\n\r\n")
            came = connection.recv(65_536)
            with suppress(ConnectionError):  # it is closed, with or without that byte in it
                connection.sendall(b"x")
                while connection.recv(65_536):
                    pass
        assert came.startswith(UNREAD[request_line])


def test_headers_that_do_not_come_are_not_waited_for() -> None:
    """Not one line of them, nor half of them."""
    with _served() as handler:
        for sent in (b"", b"POST /hook HTTP/1.1\r\nHost: lmx\r\nContent-"):
            assert _all_that_comes(handler, sent).startswith(b"HTTP/1.1 408 ")
        assert (200, "4") == post(handler.url, b"body")


def test_second_request_of_a_connection_is_not_waited_for_either() -> None:
    """Half a head behind a request that was answered."""
    with _served() as handler:
        parts = urlsplit(handler.url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        connection.request("POST", "/hook", body=b"body")
        assert b"4\n" == connection.getresponse().read()
        connection.sock.sendall(b"POST /hook HT")
        assert connection.sock.recv(65_536).startswith(b"HTTP/1.1 408 ")
        connection.close()


def test_slow_senders_do_not_keep_it_from_stopping() -> None:
    """What is not complete yet is not waited for longer than usual."""
    with _served() as handler:
        parts = urlsplit(handler.url)
        half = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
        half.sendall(b"POST /hook HTTP/1.1\r\nHost: lmx\r\nContent-Length: 10\r\n\r\nhalf")
        idle = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
    half.close()
    idle.close()
