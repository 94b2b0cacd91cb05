"""Posts a body to a URL on this machine, and signs it as Stripe does.

It implements HTTP itself: a benchmark has sender and receiver on one machine, and http.client takes twice the time.
"""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from hmac import digest
from urllib.parse import urlsplit

from learnermax_cli.sandbox.stripe_api.resources.urls import is_loopback_http

# As Stripe's own [woocommerce-gateway-stripe looks at the first; stripe-cli issue 1167 shows them all].
HEADERS: Mapping[str, str] = {
    "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    "Accept": "*/*; q=0.5, application/xml",
    "Cache-Control": "no-cache",
    "Content-Type": "application/json; charset=utf-8",
    "Connection": "keep-alive",
}
# Servers close idle connections, uvicorn after 5 s; one that closes as it is used again would look like a failure.
_IDLE_SECONDS = 1.0
_SURELY_OPEN_SECONDS = 0.05
_MAX_ANSWER = 65_536
_Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Posted:
    """The answer: a status, or why there is none."""

    status: int | None = None
    error: str | None = None


class Poster:
    """Posts from many threads, each connection used by one at a time."""

    def __init__(self) -> None:
        self._idle: dict[_Address, list[tuple[float, socket.socket]]] = {}
        self._lock = threading.Lock()

    def post(self, url: str, body: bytes, headers: Mapping[str, str], timeout: float) -> Posted:
        """Post to a loopback URL, without following redirects; `timeout` in seconds, of each wait for the other end."""
        if not is_loopback_http(url):
            return Posted(error="the sandbox delivers to http addresses of this machine alone")
        address, head = _start_of(url)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        request = head + f"{lines}Content-Length: {len(body)}\r\n\r\n".encode() + body
        connection: socket.socket | None = None
        try:
            connection = self._connection(address, timeout)
            connection.sendall(request)
            status, reusable = _read_answer(connection)
        except (OSError, EOFError, ValueError) as error:
            if connection is not None:
                connection.close()
            waited = isinstance(error, BlockingIOError)
            why = getattr(error, "strerror", None) or str(error) or "connection closed"
            return Posted(error=f"no answer after {timeout} s" if waited else why)
        if reusable:
            self._keep(address, connection)
        else:
            connection.close()
        return Posted(status)

    def close_idle(self) -> None:
        """Close the connections that are not in use."""
        with self._lock:
            unused = [connection for idle in self._idle.values() for _, connection in idle]
            self._idle.clear()
        for connection in unused:
            connection.close()

    def _connection(self, address: _Address, timeout: float) -> socket.socket:
        while (idle := self._taken(address)) is not None:
            since, connection = idle
            if _is_open(connection, time.monotonic() - since):
                break
            connection.close()
        else:
            connection = socket.create_connection(address, timeout)
            connection.settimeout(None)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A timeout of the kernel: Python's own checks before each call whether it would block.
        limit = struct.pack("ll", int(timeout), int(timeout % 1 * 1_000_000))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        return connection

    def _taken(self, address: _Address) -> tuple[float, socket.socket] | None:
        with self._lock:
            idle = self._idle.get(address)
            return idle.pop() if idle else None

    def _keep(self, address: _Address, connection: socket.socket) -> None:
        with self._lock:
            self._idle.setdefault(address, []).append((time.monotonic(), connection))


def signature_header(body: bytes, secret: str, at: int, *, livemode: bool) -> str:
    """Return the Stripe-Signature header; in test mode with the fake `v0` that is to be ignored [doc Signatures]."""
    signed = b"%d.%s" % (at, body)
    header = f"t={at},v1={digest(secret.encode(), signed, 'sha256').hex()}"
    return header if livemode else f"{header},v0={digest(b'v0', signed, 'sha256').hex()}"


@lru_cache(maxsize=64)
def _start_of(url: str) -> tuple[_Address, bytes]:
    """Return where to connect to, and what a request to the URL starts with."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    named = f"[{host}]" if ":" in host else host
    authority = named if parts.port is None else f"{named}:{parts.port}"
    lines = "".join(f"{name}: {value}\r\n" for name, value in HEADERS.items())
    return (host, parts.port or 80), f"POST {target} HTTP/1.1\r\nHost: {authority}\r\n{lines}".encode()


def _read_answer(connection: socket.socket) -> tuple[int, bool]:
    """Return the status, and whether the connection can be used again; raises ValueError for what is not HTTP."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _some(connection, received)
    head = received[:end].decode("latin-1").lower()
    version, _, rest = head.partition(" ")
    if not version.startswith("http/1.") or not rest[:3].isdigit():
        raise ValueError("the answer is not HTTP")
    headers = {name.strip(): value.strip() for name, _, value in (line.partition(":") for line in head.split("\r\n"))}
    status, length = int(rest[:3]), headers.get("content-length")
    if status == 204:
        length = "0"
    with contextlib.suppress(EOFError):
        while not _is_whole(received[end + 4 :], length, headers):
            received += _some(connection, received)
    keep = version == "http/1.1" and headers.get("connection") != "close"
    return status, keep and length is not None and len(received) == end + 4 + int(length)


def _is_whole(body: bytes, length: str | None, headers: Mapping[str, str]) -> bool:
    if length is not None:
        return len(body) >= int(length)
    return headers.get("transfer-encoding") == "chunked" and body.endswith(b"0\r\n\r\n")


def _some(connection: socket.socket, received: bytes) -> bytes:
    """Return more of an answer; raises EOFError or ConnectionError at its end, ValueError when it is too long."""
    if len(received) > _MAX_ANSWER:
        raise ValueError("the answer is too long")
    more = connection.recv(_MAX_ANSWER)
    if not more:
        raise EOFError if received else ConnectionError("closed without an answer")
    return more


def _is_open(connection: socket.socket, idle_seconds: float) -> bool:
    """Return whether the other end has surely not closed an idle connection."""
    if idle_seconds >= _IDLE_SECONDS:
        return False
    if idle_seconds < _SURELY_OPEN_SECONDS:
        return True
    try:
        connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
