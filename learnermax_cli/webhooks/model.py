"""Webhook events, deliveries and endpoints, what becomes of an event, and the ports to Stripe and the HTTP server."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.core.errors import FailedError, LmxError
from learnermax_cli.core.ownership import Marker
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.change import Finding, Result

SESSION_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
MONEY_EVENTS = ("charge.refunded", "charge.dispute.created", "charge.dispute.closed", "refund.failed")
"""Access follows the money both ways: a dispute may be won, a refund may fail."""
EVENTS = (*SESSION_EVENTS, *MONEY_EVENTS)
"""What an endpoint is registered for."""
ACCESS_CHANGES: Mapping[str, tuple[str, str]] = {
    "revoke": ("revoke", "revoked"),
    "restore": ("restore", "restored"),
    "update": ("update", "updated"),
}
"""What an event of money may change beside completing and creating, and its words in a plan and in a report."""
WEBHOOK_PATH = "/api/webhooks/stripe"
MAX_BODY_BYTES = 1_048_576
"""Of a delivery; Stripe's events take some kilobytes."""
MAX_ENDPOINTS = 16
"""Of an account and mode; some accounts have more [doc "Webhook endpoints"]."""


@dataclass(frozen=True, slots=True)
class EventHint:
    """What an event says by itself: only where to look, never what is true. `created` is in Unix seconds."""

    event_id: str
    type: str
    created: int
    livemode: bool
    session_id: str | None
    """The Checkout Session that it is about; None for any other object, until that of a payment was found."""
    key: EnrollmentKey | None = None
    managed: bool = False
    environment: str | None = None
    account: str | None = None
    """The connected account that it came from; None for the endpoint's own."""
    api_version: str | None = None
    intent_id: str | None = None
    """The payment intent of its object."""
    reversal: bool = False
    """Whether it is about a refund or a dispute: its session is found by the payment intent."""


Effect = Literal["changed", "done", "waiting", "attention", "ignored", "failed"]
"""What became of an event: something was written; was done before; not paid (yet); a person must look; not for us;
failed on our side, to be delivered again."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one event; `state` is a word of `decide`, or why it was ignored or failed."""

    hint: EventHint
    effect: Effect
    state: str
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    owed: EnrollmentKey | None = None
    """The enrollment whose event is left owed: by a run that may be about to publish it, or without a topic."""


class HalfDoneError(LmxError):
    """The failure that ended the handling of an event between its writes; `results` holds what was written before."""

    def __init__(self, failure: LmxError, results: tuple[Result, ...]) -> None:
        super().__init__(failure.message, hint=failure.hint, code=failure.code)
        self.exit_code, self.ends_run = failure.exit_code, failure.ends_run
        self.results = results


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request as it came: the raw body, and the Stripe-Signature header if there was one."""

    body: bytes = field(repr=False)
    signature: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a delivery: an HTTP status, one line for Stripe's dashboard, and what was done, if anything."""

    status: int
    line: str
    handled: Handled | None = None
    code: str | None = None
    """The code of the failure, when it was on our side."""


class DeliveryReader(Protocol):
    """What a delivery says, and whether it was signed with one of our signing secrets."""

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Return the time of a signature, in Unix seconds, None when no secret fits; tolerance is the caller's."""

    def read_event(self, body: bytes) -> EventHint | None:
        """Return the hint of a body's event; None when it is no event of Stripe."""


class EventWindow(NamedTuple):
    """A span of event creation times, in Unix seconds; `until` is excluded, None means open."""

    since: int
    until: int | None = None
    undelivered: bool = False
    """Only events that at least one endpoint has not received yet [Event.list, delivery_success=false]."""


class EventGateway(Protocol):
    """The events of the last 30 days at Stripe."""

    def list_events(self, window: EventWindow) -> Iterator[EventHint]:
        """Read the events of ours of a window, oldest first."""


class Address(NamedTuple):
    """Where a receiver listens; port 0 asks for a free one."""

    host: str
    port: int
    path: str


class DeliveryHandler(Protocol):
    """Answers the deliveries that a server receives; threads share it, and it raises nothing."""

    def listening(self, url: str) -> None:
        """Note the URL, once connections are accepted."""

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery."""

    def rejected(self, answer: Answer) -> None:
        """Note a request that the server rejected by itself: too many, too long, too slow, no POST."""


class WebhookServer(Protocol):
    """An HTTP server for deliveries."""

    def serve(self, address: Address, handler: DeliveryHandler, stop: threading.Event) -> None:
        """Serve until `stop` is set and what is in flight is answered; raises ConfigError for an unusable address."""


class Endpoint(NamedTuple):
    """A webhook endpoint as Stripe has it; `stored` is the fingerprint of its signing secret once that is stored."""

    endpoint_id: str
    url: str
    enabled: bool
    enabled_events: tuple[str, ...]
    api_version: str | None
    created: int
    marker: Marker
    stored: str | None = None


class NewEndpoint(NamedTuple):
    """An endpoint just created, and its signing secret, which Stripe never shows again."""

    endpoint: Endpoint
    secret: SecretText


class EndpointGoneError(FailedError):
    """The endpoint was deleted meanwhile; the endpoints have to be read again."""

    def __init__(self, endpoint_id: str) -> None:
        super().__init__(
            f"endpoint {endpoint_id} was deleted meanwhile", hint="Run the command again.", code="failed.endpoint_gone"
        )


class EndpointGateway(Protocol):
    """Webhook endpoints at Stripe, at most 16 of an account and mode."""

    api_version: str
    """The version that new endpoints are pinned to: the SDK's."""

    def list_endpoints(self) -> Sequence[Endpoint]:
        """Read all endpoints, those of others too."""

    def create_endpoint(self, url: str, environment: str, replaces: Sequence[str]) -> NewEndpoint:
        """Create an endpoint of ours for our events; `replaces` are the ids of those at the URL until now."""

    def mark_stored(self, endpoint_id: str, fingerprint: str) -> None:
        """Note on an endpoint that its signing secret is stored; raises EndpointGoneError."""

    def fix_endpoint(self, endpoint_id: str) -> None:
        """Enable an endpoint for exactly our events; raises EndpointGoneError."""

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is already gone is fine."""


class StoredSecrets(NamedTuple):
    """The stored signing secrets, when the version that holds them was made, and whether there is a secret."""

    current: SecretText | None = None
    previous: SecretText | None = None
    since: datetime | None = None
    exists: bool = True

    def is_current_of(self, endpoint: Endpoint) -> bool:
        """Return whether the endpoint signs with the stored secret."""
        return self.current is not None and endpoint.stored == fingerprint(self.current)

    def is_previous_of(self, endpoint: Endpoint) -> bool:
        """Return whether the endpoint signs with the former secret, which receivers still accept."""
        return self.previous is not None and endpoint.stored == fingerprint(self.previous)

    def same_as(self, other: "StoredSecrets") -> bool:
        """Return whether both hold the same secrets."""
        return (self.current, self.previous) == (other.current, other.previous)


def fingerprint(secret: SecretText) -> str:
    """Return 16 hexadecimal digits of SHA-256, by which signing secrets are compared without being shown."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()[:16]
