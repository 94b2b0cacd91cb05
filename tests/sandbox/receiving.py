"""What the tests of deliveries receive them with: a server that answers as it is told and keeps what came."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from wsgiref.types import StartResponse, WSGIEnvironment

import stripe

from learnermax_cli.sandbox import serving
from tests.sandbox.stripe_server import StripeServer

WAIT_SECONDS = 30.0
HOUR = 3600
COMPLETED = "checkout.session.completed"


class Received(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        """The event in it."""
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def signature(self) -> str:
        """Its signature header."""
        return self.headers["HTTP_STRIPE_SIGNATURE"]

    def verified(self, secret: str | None) -> stripe.Event:
        """Return the event if it was signed with that secret."""
        event: stripe.Event = stripe.Webhook.construct_event(self.body, self.signature, secret)
        return event


@dataclass
class Receiver:
    """A server for webhooks; `statuses` are what it answers, one after the other and then 200 for ever."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Keep a request and answer it, once the gate is open."""
        headers = {name: value for name, value in environ.items() if name.startswith(("HTTP_", "CONTENT_"))}
        with self._lock:
            self.received.append(Received(environ["PATH_INFO"], headers, environ["wsgi.input"].read()))
            status = self.statuses.pop(0) if self.statuses else 200
        self.gate.wait(WAIT_SECONDS)
        start_response(f"{status} Status", [("Location", "/elsewhere")] if status // 100 == 3 else [])
        return [b"ok"]

    @property
    def types(self) -> list[str]:
        """The types of the events that came, in order."""
        return [received.event["type"] for received in self.received]

    @property
    def sessions(self) -> list[str]:
        """The objects that the events that came are about, in order."""
        return [received.event["data"]["object"]["id"] for received in self.received]


@contextmanager
def receiving(*statuses: int) -> Iterator[Receiver]:
    """Serve a receiver."""
    receiver = Receiver(statuses=list(statuses))
    receiver.gate.set()
    server = serving.start(receiver)
    receiver.url = f"{server.url}/hook"
    try:
        yield receiver
    finally:
        receiver.gate.set()
        server.stop()


def register(server: StripeServer, url: str, *events: str) -> stripe.WebhookEndpoint:
    """Register an endpoint for some types of events, or for the completed sessions."""
    params: Any = {"url": url, "enabled_events": list(events or ("checkout.session.completed",))}
    return server.client().v1.webhook_endpoints.create(params)


def seed_paid(server: StripeServer, count: int = 1, **options: Any) -> list[str]:
    """Seed paid sessions, deliver their events, and return their ids."""
    return server.control.seed_sessions(generate={"count": count}, deliver=True, **options)


def wait_until(happened: Callable[[], bool]) -> None:
    """Wait for something that happens by itself."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def undelivered(server: StripeServer) -> list[str]:
    """Return the types of the events that some endpoint has not received, the newest first."""
    return [event.type for event in server.client().v1.events.list({"delivery_success": False}).data]
