"""Webhook events and endpoints as Stripe has them, what becomes of an event, and the ports to Stripe."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from learnermax_cli.client_reference import decode_reference
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.errors import FailedError, LmxError
from learnermax_cli.markers import MANAGED_BY
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.outcome import Result
from learnermax_cli.secret_text import SecretText

SESSION_EVENTS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
"""The events that an endpoint is registered for; refunds and disputes are found when the session is read."""
WEBHOOK_PATH = "/api/webhooks/stripe"
MAX_BODY_BYTES = 1_048_576
"""Of a delivery; Stripe's events take some kilobytes."""
PREVIOUS_SECRET = "STRIPE_WEBHOOK_SECRET_PREVIOUS"  # noqa: S105 - the name of a key, not a key
"""Where the former signing secret stays while an endpoint is being replaced; receivers accept both."""
MAX_ENDPOINTS = 16
"""Of an account and mode; some accounts have more [doc "Webhook endpoints"]."""


@dataclass(frozen=True, slots=True)
class EventHint:
    """What an event tells at first sight: only where to look, never what is true. `created` is in Unix seconds."""

    event_id: str
    type: str
    created: int
    livemode: bool
    session_id: str | None
    """The Checkout Session that it is about; None for any other object."""
    key: EnrollmentKey | None = None
    managed: bool = False
    environment: str | None = None
    account: str | None = None
    """The connected account that it came from; None for the endpoint's own."""
    api_version: str | None = None

    @classmethod
    def from_event(cls, event: Mapping[str, Any]) -> "EventHint":
        """Read an event as Stripe's API and deliveries render it; raises ValueError when it is no event at all."""
        try:
            inner = event["data"]["object"]
            session = inner if inner.get("object") == "checkout.session" else {}
            metadata = session.get("metadata") or {}
            reference = session.get("client_reference_id")
            user = metadata.get("userId") or (decode_reference(reference) if reference else None)
            course = metadata.get("courseId")
            return cls(
                event_id=str(event["id"]),
                type=str(event["type"]),
                created=int(event["created"]),
                livemode=bool(event["livemode"]),
                session_id=session.get("id"),
                key=EnrollmentKey(user, course) if user and course else None,
                managed=metadata.get("managedBy") == MANAGED_BY,
                environment=metadata.get("environment"),
                account=event.get("account"),
                api_version=event.get("api_version"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError("not an event of Stripe") from error


Effect = Literal["changed", "done", "waiting", "attention", "ignored", "failed"]
"""What became of an event: something was written; was there already; not paid (yet); a person must look; not our
business; our own failure, to be delivered again."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What became of one event; `state` says it in a word of `decide`, or why it was ignored or failed."""

    hint: EventHint
    effect: Effect
    state: str
    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()


class HalfDoneError(LmxError):
    """The failure that ended the handling of an event between its writes; `results` tells what was written before."""

    def __init__(self, failure: LmxError, results: tuple[Result, ...]) -> None:
        super().__init__(failure.message, hint=failure.hint, code=failure.code)
        self.exit_code = failure.exit_code
        self.results = results


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of Stripe's as it came: the raw body, and the Stripe-Signature header if there was one."""

    body: bytes = field(repr=False)
    signature: str | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a delivery is answered with: an HTTP status, one line for Stripe's dashboard, and what was done, if so."""

    status: int
    line: str
    handled: Handled | None = None
    code: str | None = None
    """The code of our own failure, if it was one."""


class SignatureCheck(Protocol):
    """Whether a body was signed with one of our signing secrets."""

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Return the time of a signature, in Unix seconds, None when no secret fits; tolerance is the caller's."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receiver listens; port 0 asks for a free one."""

    host: str
    port: int
    path: str


class Desk(Protocol):
    """Who answers what a server takes in; threads share it, and nothing is raised."""

    def listening(self, url: str) -> None:
        """Be told of the address, once connections are taken."""

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery."""

    def turn_away(self, answer: Answer) -> None:
        """Be told of a request that the server answers by itself: too many, too long, too slow, no POST."""


class WebhookServer(Protocol):
    """An HTTP server for deliveries."""

    def serve(self, place: Place, desk: Desk, stop: threading.Event) -> None:
        """Serve until `stop` is set and what is in flight is answered; raises ConfigError without the address."""


@dataclass(frozen=True, slots=True)
class EventWindow:
    """A span of event creation times, in Unix seconds; `until` is excluded, None means open."""

    since: int
    until: int | None = None
    undelivered: bool = False
    """Only events that at least one endpoint has not received yet [Event.list, delivery_success=false]."""


class EventGateway(Protocol):
    """The events of the last 30 days at Stripe."""

    def list_events(self, window: EventWindow) -> Iterator[EventHint]:
        """Read the session events of a window, oldest first."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint as Stripe has it; `stored` is the fingerprint of its signing secret once that is stored."""

    endpoint_id: str
    url: str
    enabled: bool
    enabled_events: tuple[str, ...]
    api_version: str | None
    created: int
    managed: bool
    environment: str | None
    stored: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)


class EndpointGoneError(FailedError):
    """Somebody else deleted the endpoint meanwhile; reading again tells what is left to do."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made, and its signing secret, which Stripe never tells again."""

    endpoint: Endpoint
    secret: SecretText


class EndpointGateway(Protocol):
    """Webhook endpoints at Stripe, at most 16 of an account and mode."""

    api_version: str
    """The version that new endpoints are pinned to: the SDK's."""

    def list_endpoints(self) -> Sequence[Endpoint]:
        """Read all endpoints, those of others too."""

    def create_endpoint(self, url: str, environment: str, replaces: Sequence[str]) -> NewEndpoint:
        """Make an endpoint of ours for the session events; `replaces` are the ids of those at the URL until now."""

    def mark_stored(self, endpoint_id: str, fingerprint: str) -> None:
        """Note on an endpoint that its signing secret is stored; raises EndpointGoneError."""

    def mend_endpoint(self, endpoint_id: str) -> None:
        """Enable an endpoint for exactly the session events; raises EndpointGoneError."""

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is gone already is fine."""
