"""Enrollments and students as the table has them, payments as Stripe has them, and the ports to both."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import Marker, id_flaw

PAGE_SIZE = 100
"""Sessions on a full page of a list."""
_SESSION_ID = re.compile(r"cs_(?:test|live)_[A-Za-z0-9]{1,200}")
_SESSION_IN_URL = re.compile(r"(?<=[/=])cs_(?:test|live)_[A-Za-z0-9]{1,200}")


class EnrollmentKey(NamedTuple):
    """Who is enrolled in what."""

    user_id: str
    course_id: str

    def __str__(self) -> str:
        return f"{self.user_id}/{self.course_id}"


def enrollment_key(user_id: str | None, course_id: str | None) -> EnrollmentKey | None:
    """Return the enrollment that ids from Stripe name; None where one is missing, or can't be in a key of the table."""
    if user_id is None or course_id is None or id_flaw("user", user_id) or id_flaw("course", course_id):
        return None
    return EnrollmentKey(user_id, course_id)


NOBODY = ""
"""Stands for the run of an event that was owed when no topic was configured: any run with a topic may publish it."""


class EventIntent(NamedTuple):
    """The mark of a run that owes the `EnrollmentCompleted` event: its run id, and since when, in RFC 3339."""

    run: str
    at: str


class Revocation(NamedTuple):
    """Access that was taken away: when, in RFC 3339, why, and whether an operator did it by hand."""

    at: str
    reason: str
    by_operator: bool = False


@dataclass(frozen=True, slots=True)
class Enrollment:
    """An enrollment item; `status` is its paymentStatus as it stands there."""

    key: EnrollmentKey
    status: str
    enrollment_type: str
    enrolled_at: str
    session_id: str | None = None
    intent: EventIntent | None = None
    other_type: str | None = None
    """Its entityType, where that is another than the site's."""
    payment_intent: str | None = None
    """Its stripePaymentIntentId."""
    revoked: Revocation | None = None
    kept_at: str | None = None
    """Since when an operator lets the student in whatever the money does, in RFC 3339."""
    kept_reason: str | None = None

    @property
    def pending(self) -> bool:
        """Whether the student has no access yet."""
        return self.status == "pending"

    @property
    def owes_event(self) -> bool:
        """Whether the student is in and the event that sends the mail was not published yet."""
        return self.intent is not None and not self.pending


def usable_session_id(session_id: str) -> bool:
    """Return whether an id can be one of Stripe's Checkout Sessions at all.

    Not behind the gateway: an item with an unusable id has *no session*, one whose session is not found at Stripe has
    a *missing session*, and the pure rules of reconcile, checkout and webhooks distinguish the two.
    """
    return _SESSION_ID.fullmatch(session_id) is not None


def named_session(text: str) -> str:
    """Return the session that a URL leads to, on Stripe's domain or another, or that it returns with; else the text."""
    found = _SESSION_IN_URL.search(text.partition("#")[0]) if "/" in text else None
    return found.group() if found else text


class Student(NamedTuple):
    """A student item."""

    user_id: str
    email: str | None
    customer_id: str | None
    name: str | None = None


ReversalKind = Literal["refund", "dispute"]
FoundBy = Literal["customer", "email", "payment_intent"]


class Reversal(NamedTuple):
    """A refund or a dispute as it is now; `amount` in minor units, `created` in Unix seconds.

    With the status `unread` it stands for what a charge says of its refunds or disputes before they were read.
    """

    kind: ReversalKind
    status: str
    amount: int
    currency: str
    created: int


UNREAD = "unread"


@dataclass(frozen=True, slots=True)
class Payment:
    """The present state of one Checkout Session at Stripe. Times are Unix seconds."""

    session_id: str
    status: str | None
    payment_status: str
    mode: str
    livemode: bool
    created: int
    course_id: str | None
    metadata_user: str | None
    reference_user: str | None
    marker: Marker
    link_id: str | None = None
    intent_id: str | None = None
    intent_status: str | None = None
    captured: Money | None = None
    """What its charge took; None where nothing was charged."""
    charged_at: int | None = None
    reversals: tuple[Reversal, ...] = ()
    """The refunds and disputes that matter: those of a charge that was refunded in full, or disputed."""
    customer_id: str | None = None
    money: Money | None = None
    claimed: bool = False
    """Whether an operator said whose it is; what the buyer's page said of that no longer counts."""

    @property
    def user_id(self) -> str | None:
        """Who paid, if the session names a user."""
        return self.metadata_user or self.reference_user

    @property
    def key(self) -> EnrollmentKey | None:
        """The enrollment that the session is for, if it names one."""
        return enrollment_key(self.user_id, self.course_id)


class Window(NamedTuple):
    """A span of session creation times, in Unix seconds; `until` is excluded, None means open."""

    since: int | None
    until: int | None


class PaymentGateway(Protocol):
    """Checkout Sessions and their payments at the payment provider."""

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time; reversals are left unread."""

    def list_reversed(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Payment]]:
        """Read the payments of the refunds, or disputes, created in a window, a page at a time; reversals are left
        unread. These lists know no sessions: each payment has the id of its payment intent for its session."""

    def find_payments(self, by: FoundBy, value: str) -> Sequence[Payment]:
        """Read the complete sessions of a customer, an address (as it stands) or a payment intent; reversals are left
        unread."""

    def read_reversals(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        """Return payments with their reversals read, in lists of at most `max_pages` pages each; None: each by itself,
        which remembers nothing."""


class LenientPayments(PaymentGateway, Protocol):
    """Payments for a run that goes on where the key may not read refunds or disputes: what is unread counts as open."""

    @property
    def denied(self) -> Mapping[ReversalKind, str]:
        """What the key may not read, and how Stripe refused it."""


class Payments(PaymentGateway, Protocol):
    """Payments for whoever needs all of them to be read."""

    def lenient(self) -> LenientPayments:
        """Return the same for a run that goes on."""
