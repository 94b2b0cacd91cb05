"""An HTTP server between lmx and the sandbox that passes requests on, and spoils the answers that it is told to."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from learnermax_cli.config.sandbox_state import STATE_FILE
from tests.running import Sandbox

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body."""

    status: int
    headers: Headers
    body: bytes


@dataclass(frozen=True, slots=True)
class Odd:
    """How an answer is spoiled: into another answer, or into what `write` puts on the connection."""

    name: str
    spoil: Callable[[Answer], Answer] | None = None
    write: Callable[["Connection", Answer], None] | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """Spoils the answers to the request with a number, counted from 0 over both services, and to those like it.

    `after` passes the request on all the same; `once` spoils that answer alone and none to a retry; `rest` spoils
    every answer from then on.
    """

    odd: Odd
    number: int
    after: bool = True
    once: bool = False
    rest: bool = False


class Connection(BaseHTTPRequestHandler):
    """One connection of lmx."""

    protocol_version = "HTTP/1.1"
    server: "_Server"

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        operation = self._operation(body)
        odd, after = self.server.middleman.take(operation)
        answer = self._pass_on(body) if after else Answer(200, [("Content-Type", "application/json")], b"{}")
        if odd is not None and odd.spoil is not None:
            answer = odd.spoil(answer)
        if odd is not None and odd.write is not None:
            self.close_connection = True
            odd.write(self, answer)
        else:
            self.send(answer)

    do_GET = do_POST = do_DELETE = _handle  # noqa: N815 - as http.server names them

    def send(self, answer: Answer, *, length: int | None = None) -> None:
        """Send an answer, which may claim another length."""
        self.wfile.write(self.head(answer, length) + answer.body)
        self.wfile.flush()

    def head(self, answer: Answer, length: int | None = None) -> bytes:
        """Return status line and headers."""
        known = ("content-length", "transfer-encoding", "connection", "server")
        headers = [(name, value) for name, value in answer.headers if name.lower() not in known]
        headers.append(("Content-Length", str(len(answer.body) if length is None else length)))
        lines = [f"HTTP/1.1 {answer.status} Reason", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode("latin-1")

    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def _operation(self, body: bytes) -> str:
        target = self.headers.get("X-Amz-Target")
        if target is not None:
            return target.rpartition(".")[2]
        if self.server.stripe:
            parts = urlsplit(self.path).path.split("/")
            return f"{self.command} {'/'.join(part for part in parts if '_' not in part or part.islower())}"
        return parse_qs(body.decode())["Action"][0]

    def _pass_on(self, body: bytes) -> Answer:
        connection = http.client.HTTPConnection(self.server.target, timeout=60)
        skipped = ("connection", "accept-encoding")
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        connection.request(self.command, self.path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        connection.close()
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, middleman: "Middleman", url: str, *, stripe: bool) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.middleman = middleman
        self.target = urlsplit(url).netloc
        self.stripe = stripe

    @property
    def url(self) -> str:
        """Where lmx reaches it."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: Any) -> None:
        """Say nothing: lmx closes connections that take too long."""


class Middleman:
    """Between lmx and both services of one sandbox."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._plan: Plan | None = None
        self._spoiled: str | None = None
        self.operations: list[str] = []
        """What was asked, in order."""

    def arm(self, plan: Plan | None) -> None:
        """Begin to count anew, and spoil what the plan says, if there is one."""
        with self._lock:
            self._plan, self._spoiled, self.operations = plan, None, []

    def spoil_all(self, odd: Odd, operation: str) -> None:
        """Spoil all answers to operations that begin so, from now on, whenever they come."""
        with self._lock:
            self._plan, self._spoiled, self.operations = Plan(odd, -1), operation, []

    def take(self, operation: str) -> tuple[Odd | None, bool]:
        """Count a request; return how its answer is to be spoiled, and whether it is passed on."""
        with self._lock:
            self.operations.append(operation)
            plan = self._plan
            if plan is None:
                return None, True
            if len(self.operations) - 1 == plan.number:
                self._spoiled = operation
                return plan.odd, plan.after
            like = self._spoiled is not None and operation.startswith(self._spoiled)
            again = self._spoiled is not None and (plan.rest or (like and not plan.once))
            return (plan.odd, plan.after) if again else (None, True)


def reaching(sandbox: Sandbox, home: Path, stripe_url: str, aws_url: str, timeout: str = "1") -> dict[str, str]:
    """Return the variables with which lmx takes other addresses for those of its sandbox."""
    info = replace(sandbox.info, stripe_url=stripe_url, aws_url=aws_url)
    home.mkdir(exist_ok=True)
    (home / STATE_FILE).write_text(json.dumps(asdict(info)))
    return {"LMX_SANDBOX_HOME": str(home), **info.environment(), "LMX_TIMEOUT": timeout}


@contextmanager
def between(sandbox: Sandbox, home: Path, timeout: str = "1") -> Iterator[tuple[Middleman, dict[str, str]]]:
    """Put a middleman before a sandbox; yields it, and the variables with which lmx goes through it."""
    middleman = Middleman()
    stripe, aws = (
        _Server(middleman, sandbox.info.stripe_url, stripe=True),
        _Server(middleman, sandbox.info.aws_url, stripe=False),
    )
    for server in (stripe, aws):
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield middleman, reaching(sandbox, home, stripe.url, aws.url, timeout)
    for server in (stripe, aws):
        server.shutdown()
        server.server_close()
