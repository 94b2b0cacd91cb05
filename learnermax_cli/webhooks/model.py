"""Webhook events as Stripe delivers and keeps them, what becomes of one, and the ports to Stripe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.change import Finding, Result

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
        """Read the session events of a window, oldest first."""
