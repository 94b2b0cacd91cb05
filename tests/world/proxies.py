"""A company's proxy, which lets through what it is told to and remembers who asked."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.world.tls import pass_on_both


class Proxy(ThreadingHTTPServer):
    """The proxy; `asked` holds method and target of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.asked: list[str] = []
        self.tunnels: dict[str, int] = {}
        """Port of this machine behind each host that it lets through."""

    @property
    def env(self) -> dict[str, str]:
        """The variables that name it, for all that a client may send."""
        url = f"http://127.0.0.1:{self.server_port}"
        return dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), url)


class _Request(BaseHTTPRequestHandler):
    server: Proxy

    def _refuse(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.send_error(403)
        self.close_connection = True

    def do_CONNECT(self) -> None:
        """Make a tunnel."""
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


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """Run a proxy in this context."""
    with Proxy() as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield proxy
        proxy.shutdown()
