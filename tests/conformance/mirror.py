"""Hands each request to the sandbox's Stripe and to stripe-mock, remembers both answers, and gives the sandbox's."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import requests

_KEY = "sk_test_conformance"
_FORM = "application/x-www-form-urlencoded"
_SECONDS = 30
_ID = re.compile(r"(?<=/)(we|cs|plink)_\w+")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request, and what each side answered."""

    operation: str
    body: str
    sandbox: requests.Response
    mock: requests.Response

    @property
    def statuses(self) -> tuple[int, int]:
        """Return the sandbox's status and stripe-mock's."""
        return self.sandbox.status_code, self.mock.status_code

    def refusal(self) -> str | None:
        """Return what stripe-mock has against a request that the sandbox accepts, or None."""
        if self.sandbox.ok and not self.mock.ok:
            return f"{self.operation} {self.body}: {error_of(self.mock).get('message')}"
        return None


class Mirror:
    """A WSGI application at `url` between a Stripe client and the sandbox.

    `older` says what of a body stripe-mock gets otherwise, since its spec is a version behind the SDK.
    """

    def __init__(self, sandbox_url: str, mock_url: str, older: Mapping[str, str]) -> None:
        self.url = ""
        self.older = dict(older)
        self.exchanges: list[Exchange] = []
        self._sandbox_url = sandbox_url
        self._mock_url = mock_url

    def serve(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request as the sandbox does."""
        names = {"HTTP_AUTHORIZATION": "Authorization", "HTTP_IDEMPOTENCY_KEY": "Idempotency-Key"}
        headers = {header: environ[name] for name, header in names.items() if name in environ}
        query = environ.get("QUERY_STRING", "")
        path = environ["PATH_INFO"] + (f"?{query}" if query else "")
        exchange = self.send(environ["REQUEST_METHOD"], path, environ["wsgi.input"].read(), headers)
        answer = exchange.sandbox
        start_response(f"{answer.status_code} {answer.reason}", list(_kept(answer).items()))
        return [answer.content]

    def send(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Exchange:
        """Send one request to both sides; stripe-mock gets a key of its own."""
        typed = {**headers, "Content-Type": _FORM}
        ours = requests.request(method, self._sandbox_url + path, data=body, headers=typed, timeout=_SECONDS)
        theirs = {**typed, "Authorization": f"Bearer {_KEY}"}
        mock = requests.request(method, self._mock_url + path, data=self._aged(body), headers=theirs, timeout=_SECONDS)
        self.exchanges.append(Exchange(f"{method} {path}", body.decode(), ours, mock))
        return self.exchanges[-1]

    def operations(self) -> list[str]:
        """Return the method and path of each request, in order, without queries and without ids."""
        return [_ID.sub("{id}", exchange.operation.partition("?")[0]) for exchange in self.exchanges]

    def refusals(self) -> list[str]:
        """Return what stripe-mock has against any request that the sandbox accepted."""
        return [refusal for exchange in self.exchanges if (refusal := exchange.refusal())]

    def _aged(self, body: bytes) -> bytes:
        for now, before in self.older.items():
            body = body.replace(now.encode(), before.encode())
        return body


def error_of(answer: requests.Response) -> dict[str, Any]:
    """Return the error object of an answer."""
    error: dict[str, Any] = answer.json().get("error", {})
    return error


def _kept(answer: requests.Response) -> dict[str, str]:
    names = ("Content-Type", "Date", "Request-Id", "Idempotent-Replayed", "Stripe-Should-Retry")
    return {name: answer.headers[name] for name in names if name in answer.headers}
