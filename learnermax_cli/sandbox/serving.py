"""Serves a WSGI application on loopback from a thread: keep-alive, no delay, and droppable connections."""

import contextlib
import io
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from wsgiref.types import WSGIApplication, WSGIEnvironment

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

_DROPPED = "learnermax.dropped"
_NO_BODY = frozenset({"204", "304"})


class DroppedConnectionError(ConnectionError):
    """The sandbox closes this connection without an answer."""


def drop_connection(environ: WSGIEnvironment) -> None:
    """Close the client's connection before a byte is sent; raises DroppedConnectionError."""
    mark_dropped(environ)
    raise DroppedConnectionError


def mark_dropped(environ: WSGIEnvironment) -> None:
    """Close the client's connection now; what the application still answers is discarded."""
    environ[_DROPPED] = True
    connection = environ.get("werkzeug.socket")
    if connection is not None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)


class _Handler(WSGIRequestHandler):
    """Unlike werkzeug's own handler it keeps connections open, which is safe since it reads each body to its end."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "_Server"

    def run_wsgi(self) -> None:
        environ = self.make_environ()
        if self.headers.get("Expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        environ["wsgi.input"] = io.BytesIO(self._read_body(environ))
        environ["wsgi.input_terminated"] = True
        answer: list[Any] = []
        written: list[bytes] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None, /
        ) -> Callable[[bytes], object]:
            del exc_info
            answer[:] = [status, headers]
            return written.append

        try:
            chunks = self.server.app(environ, start_response)
            written.extend(chunks)
            if hasattr(chunks, "close"):
                chunks.close()
        except DroppedConnectionError:
            environ[_DROPPED] = True
        if environ.get(_DROPPED):
            self.close_connection = True
            mark_dropped(environ)
            return
        self._send(answer[0], answer[1], b"".join(written))

    def _read_body(self, environ: WSGIEnvironment) -> bytes:
        if environ.get("wsgi.input_terminated"):
            chunked: bytes = environ["wsgi.input"].read()
            return chunked
        length = int(environ.get("CONTENT_LENGTH") or 0)
        return self.rfile.read(length) if length else b""

    def _send(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        code, _, reason = status.partition(" ")
        lines = [f"HTTP/1.1 {code} {reason}"]
        lines += [f"{name}: {value}" for name, value in headers if name.lower() not in {"content-length", "connection"}]
        if code not in _NO_BODY:
            lines.append(f"Content-Length: {len(body)}")
        lines.append("Connection: close" if self.close_connection else "Connection: keep-alive")
        head = "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"
        self.wfile.write(head if self.command == "HEAD" or code in _NO_BODY else head + body)

    def log(self, *_: Any) -> None:
        """Log nothing; the journal has it."""


class _Server(ThreadedWSGIServer):
    """Remembers its open connections, so that stopping ends them all."""

    request_queue_size = 1024
    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, app: WSGIApplication) -> None:
        self._stopping = False
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__("127.0.0.1", port, app, handler=_Handler)

    def serve(self) -> None:
        """Answer until it is stopped; it wakes for connections alone."""
        while not self._stopping:
            self.handle_request()

    def stop(self) -> None:
        """Let `serve` end."""
        self._stopping = True
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port)).close()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        """Close every connection that is still open."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def log(self, *_: Any) -> None:
        """Log nothing; the journal has it."""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers at `url` until it is stopped."""

    url: str
    port: int
    _server: _Server
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop listening and close all connections."""
        self._server.stop()
        self._thread.join()
        self._server.server_close()
        self._server.close_connections()


def start(app: WSGIApplication, port: int = 0) -> RunningServer:
    """Serve `app` on 127.0.0.1, on a free port unless one is named; raises OSError when that is taken."""
    server = _Server(port, app)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    return RunningServer(f"http://127.0.0.1:{server.port}", server.port, server, thread)
