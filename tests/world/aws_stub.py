"""What credential providers talk to, on this machine: STS, the portal of single sign-on, containers and instances."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, SECRET_ACCESS_KEY

TOKEN = "session-token-of-the-stub"
CREDENTIALS = {
    "AccessKeyId": ACCESS_KEY_ID,
    "SecretAccessKey": SECRET_ACCESS_KEY,
    "Token": TOKEN,
    "SessionToken": TOKEN,
    "Expiration": "2099-01-01T00:00:00Z",
}
"""What the sandbox takes."""


class Answer(NamedTuple):
    """An answer; one that trickles sends a byte now and then, without end."""

    status: int
    body: str
    headers: Mapping[str, str] = {}
    trickles: bool = False


def sts_error(code: str, message: str, status: int = 403) -> Answer:
    """Return an error of STS."""
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")


def sts_role(operation: str, account: str = "111122223333") -> Answer:
    """Return the credentials of a role."""
    keys = "".join(f"<{name}>{CREDENTIALS[name]}</{name}>" for name in CREDENTIALS if name != "Token")
    arn = f"<Arn>arn:aws:sts::{account}:assumed-role/r/s</Arn>"
    user = f"<AssumedRoleUser>{arn}<AssumedRoleId>1</AssumedRoleId></AssumedRoleUser>"
    result = f"<{operation}Result><Credentials>{keys}</Credentials>{user}</{operation}Result>"
    return Answer(200, f"<{operation}Response>{result}</{operation}Response>")


def portal_error(code: str, message: str, status: int = 403) -> Answer:
    """Return an error of the portal, or of its OIDC service."""
    return Answer(status, json.dumps({"message": message, "error": code}), {"x-amzn-ErrorType": code})


def portal_role() -> Answer:
    """Return the credentials of a role, as the portal gives them."""
    keys = {"accessKeyId": ACCESS_KEY_ID, "secretAccessKey": SECRET_ACCESS_KEY, "sessionToken": TOKEN}
    return Answer(200, json.dumps({"roleCredentials": {**keys, "expiration": 4_070_908_800_000}}))


class AwsStub(ThreadingHTTPServer):
    """Answers by operation of STS, else by path; `asked` has what was asked for, with the key id that signed it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def env(self) -> dict[str, str]:
        """The variables that lead to it."""
        services = ("STS", "SSO", "SSO_OIDC", "SIGNIN")
        return {f"AWS_ENDPOINT_URL_{name}": self.url for name in services}


class _Request(BaseHTTPRequestHandler):
    server: AwsStub

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = self.path.partition("?")[0]
        asked = parse_qs(body).get("Action", [path])[0] if path == "/" else path
        signer = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
        self.server.asked.append((asked, signer))
        answer = self.server.answers.get(asked, Answer(404, ""))
        with suppress(OSError):
            self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(1 << 20 if answer.trickles else len(answer.body.encode())))
        self.end_headers()
        while answer.trickles:
            self.wfile.write(b" ")
            time.sleep(0.1)
        self.wfile.write(answer.body.encode())

    do_GET = do_POST = do_PUT = _answer  # noqa: N815 - as http.server names them

    def log_message(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def running_stub() -> Iterator[AwsStub]:
    """Run a stub in this context."""
    with AwsStub() as stub:
        threading.Thread(target=stub.serve_forever, args=(0.05,), daemon=True).start()
        yield stub
        stub.shutdown()
