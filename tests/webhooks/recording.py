"""A receiver that keeps what it got, as Stripe sent it, and answers 200."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PATH = "/api/webhooks/stripe"
_PATIENCE = 60.0


class Recorder:
    """The deliveries so far: bodies and Stripe-Signature headers."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}{PATH}"
        self.deliveries: list[tuple[bytes, str]] = []

    def wait_for(self, count: int) -> list[tuple[bytes, str]]:
        """Return the deliveries once there are so many; raises TimeoutError."""
        deadline = time.monotonic() + _PATIENCE
        while len(self.deliveries) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(self.deliveries)} of {count} deliveries")
            time.sleep(0.01)
        return list(self.deliveries)


@contextmanager
def recording() -> Iterator[Recorder]:
    """Run one on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            recorder.deliveries.append((body, self.headers["Stripe-Signature"]))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        recorder = Recorder(server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield recorder
        finally:
            server.shutdown()
            thread.join()
