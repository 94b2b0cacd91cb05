"""Deliveries as Stripe makes them: an event of a session, signed over its raw body, and posted."""

import http.client
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import stripe

from tests.enrollments import worlds
from tests.running import Sandbox

SECRET = "whsec_" + "serve" * 5
COMPLETED = "checkout.session.completed"
EXPIRED = "checkout.session.expired"
Reply = tuple[int, str]


def event_of(sandbox: Sandbox, session_id: str, event_type: str = COMPLETED, **fields: Any) -> dict[str, Any]:
    """Return an event that tells of a session as it is now; `fields` replace the event's own."""
    session = json.loads(str(sandbox.stripe().v1.checkout.sessions.retrieve(session_id)))
    return event_about(session, int(worlds.now(sandbox)), event_type, **fields)


def event_about(inner: Mapping[str, Any], created: int, event_type: str = COMPLETED, **fields: Any) -> dict[str, Any]:
    """Return an event that tells of any object."""
    return {
        "id": f"evt_{str(inner.get('id'))[-40:]}",
        "object": "event",
        "api_version": stripe.api_version,
        "created": created,
        "data": {"object": dict(inner)},
        "livemode": inner.get("livemode", False),
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
        **fields,
    }


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return an event as Stripe writes it."""
    return json.dumps(event, indent=2).encode()


def signature(body: bytes, at: float, *secrets: str) -> str:
    """Return the Stripe-Signature header of a body at a time, by one secret or, during a roll, by several."""
    headers = [
        stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at))
        for secret in secrets or (SECRET,)
    ]
    return ",".join([headers[0], *(header.partition(",")[2] for header in headers[1:])])


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None, method: str = "POST") -> Reply:
    """Send a request; return status and text."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
    try:
        connection.request(method, parts.path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read().decode().strip()
    finally:
        connection.close()


def deliver(url: str, event: Mapping[str, Any], at: float, *secrets: str) -> Reply:
    """Sign an event at a time and post it; return status and text."""
    body = body_of(event)
    return post(url, body, {"Stripe-Signature": signature(body, at, *secrets)})
