"""A company's proxy, which lets through what it is told to and remembers who asked."""

import socket
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.world.tls import Listener, pass_on_both


class Proxy(ThreadingHTTPServer):
    """The proxy; `asked` holds method and target of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.asked: list[str] = []
        self.tunnels: dict[str, int] = {}
        """Port of this machine behind each host that it lets through."""
        self.login: str | None = None
        """What it wants before it lets anybody through, as USER:PASSWORD."""

    @property
    def address(self) -> str:
        """Its host and port."""
        return f"127.0.0.1:{self.server_port}"

    @property
    def env(self) -> dict[str, str]:
        """The variables that name it, for all that a client may send."""
        return dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), f"http://{self.address}")


class _Request(BaseHTTPRequestHandler):
    server: Proxy

    def _refuse(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_error(403)
        self.close_connection = True

    def do_CONNECT(self) -> None:
        """Make a tunnel."""
        login = self.server.login
        sent = self.headers.get("Proxy-Authorization")
        if login is not None and sent != f"Basic {b64encode(login.encode()).decode()}":
            self.send_error(407)
            self.close_connection = True
            return
        port = self.server.tunnels.get(self.path.removesuffix(":443"))
        if port is None:
            self._refuse()
            return
        self.server.asked.append(f"CONNECT {self.path}")
        with socket.create_connection(("127.0.0.1", port)) as far:
            self.send_response(200)
            self.end_headers()
            pass_on_both(self.connection, far)
        self.close_connection = True

    do_GET = do_POST = _refuse  # noqa: N815 - as http.server names them

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


class SocksProxy(Listener):
    """A SOCKS5 proxy, which passes all on to ports of this machine, by host; `asked` holds the hosts."""

    def __init__(self, tunnels: dict[str, int]) -> None:
        self.asked: list[str] = []
        self._tunnels = tunnels
        super().__init__()
        self.address = f"127.0.0.1:{self.port}"

    def _serve(self, connection: socket.socket) -> None:
        with connection as near, suppress(OSError):
            greeting = near.recv(2)
            near.recv(greeting[1])
            near.sendall(b"\x05\x00")  # no login is wanted [RFC 1928, 3]
            _, _, _, kind, length = near.recv(5)
            assert 3 == kind, "the host's name, which is resolved by the proxy"
            host = near.recv(length).decode()
            near.recv(2)
            self.asked.append(host)
            near.sendall(b"\x05\x00\x00\x01" + bytes(6))
            with socket.create_connection(("127.0.0.1", self._tunnels[host])) as far:
                pass_on_both(near, far)


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """Run a proxy in this context."""
    with Proxy() as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield proxy
        proxy.shutdown()
