"""A company's proxy that lets nothing through and remembers who asked."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Proxy(ThreadingHTTPServer):
    """The proxy; `asked` holds method and target of each request."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.asked: list[str] = []

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

    do_GET = do_POST = do_CONNECT = _refuse  # noqa: N815 - as http.server names them

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def running_proxy() -> Iterator[Proxy]:
    """Run a proxy in this context."""
    with Proxy() as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.05,), daemon=True).start()
        yield proxy
        proxy.shutdown()
