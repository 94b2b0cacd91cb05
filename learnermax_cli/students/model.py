"""What a customer can show, what it leads to, and the port to what Stripe knows of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.enrollments.apply_enrollment import ReadJob
from learnermax_cli.enrollments.model import Enrollment, FoundBy, Payment, Reversal, Student, named_session
from learnermax_cli.enrollments.store_model import StudentReader

IdKind = Literal["session", "payment_intent", "charge", "refund", "dispute", "customer", "event"]
_PREFIXES: dict[str, IdKind] = {
    "cs_": "session",
    "pi_": "payment_intent",
    "ch_": "charge",
    "py_": "charge",
    "re_": "refund",
    "pyr_": "refund",
    "du_": "dispute",
    "dp_": "dispute",
    "cus_": "customer",
    "evt_": "event",
}


class Wanted(NamedTuple):
    """What was asked for: the id of a student, an address, or an id of Stripe, by its kind."""

    kind: IdKind | Literal["student", "address"]
    value: str

    def __str__(self) -> str:
        return f"{self.kind.replace('_', ' ')} {self.value}"


def read_wanted(text: str) -> Wanted:
    """Return what a text asks for; an id of Stripe is known by its prefix, an address by its @."""
    named = named_session(text.strip())
    kind = next((kind for prefix, kind in _PREFIXES.items() if named.startswith(prefix)), None)
    if kind is not None:
        return Wanted(kind, named)
    return Wanted("address" if "@" in named else "student", named)


class Sale(NamedTuple):
    """A Checkout Session with what a timeline says of it beyond its payment."""

    payment: Payment
    email: str | None = None
    """The address that was given at the checkout."""
    refunds: tuple[Reversal, ...] = ()
    """All refunds that its charge lists, those that change nothing too."""

    @property
    def unread(self) -> int:
        """How many requests it takes to read its refunds and disputes."""
        return len({reversal.kind for reversal in self.payment.reversals if reversal.status == "unread"})


class Customer(NamedTuple):
    """A customer; one that was deleted has no address any more."""

    customer_id: str
    email: str | None
    deleted: bool


class Lead(NamedTuple):
    """What an object of Stripe is about: a session, a payment, or a customer."""

    kind: Literal["session", "payment_intent", "customer"]
    value: str


class SeenEvent(NamedTuple):
    """An event, what it is about, and how many endpoints have not received it."""

    event_id: str
    type: str
    created: int
    pending_webhooks: int
    lead: Lead | None


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list; `complete` says that there is no other."""

    sales: Sequence[Sale]
    complete: bool = True


@dataclass(frozen=True, slots=True)
class EventPage:
    """One page of events, newest first; `complete` says that there is no other."""

    events: Sequence[SeenEvent] = field(default_factory=tuple)
    complete: bool = True


@dataclass(slots=True)
class Found:
    """All that was found of a student, or of a payment whose payer is no student of the table (`student` None)."""

    student: Student | None = None
    customer: Customer | None = None
    """The customer that was asked for."""
    enrollments: dict[str, Enrollment] = field(default_factory=dict)
    """By course."""
    sales: dict[str, Sale] = field(default_factory=dict)
    """By session."""
    missing: set[str] = field(default_factory=set)
    """Sessions that items name and Stripe does not have."""
    unread: set[str] = field(default_factory=set)
    """Sessions that items name and that were not read any more."""
    students: set[str] = field(default_factory=set)
    """The users that sales name and that are students of the table."""
    courses: set[str] = field(default_factory=set)
    """The courses that sales name and that are in the table."""
    events: list[SeenEvent] = field(default_factory=list)
    events_read: set[str] = field(default_factory=set)
    """The sessions whose events were looked up."""
    notes: list[str] = field(default_factory=list)
    """What was not looked for, and what else is to be known of how this was found."""


class StudentJob(ReadJob, Protocol):
    """What finding students by their address works with."""

    @property
    def enrollments(self) -> StudentReader: ...


class CaseReader(Protocol):
    """What Stripe knows of a student. Each read is one request, but `read_reversals`: up to two."""

    def read_sale(self, session_id: str) -> Sale | None:
        """Read one session, whatever its status; None when there is no such session for this key."""

    def list_sales(self, by: FoundBy, value: str) -> Page:
        """Read the newest sessions, of any status, of a customer, an address (as it stands) or a payment intent."""

    def read_intent(self, intent_id: str) -> Payment | None:
        """Read a payment that no session made; None when there is none, or nothing was charged."""

    def read_lead(self, kind: Literal["charge", "refund", "dispute"], object_id: str) -> Lead | None:
        """Read what a charge, a refund or a dispute is about; None when there is no such object for this key."""

    def read_event(self, event_id: str) -> SeenEvent | None:
        """Read an event of the last 30 days."""

    def read_customer(self, customer_id: str) -> Customer | None:
        """Read a customer."""

    def search_customers(self, address: str) -> Sequence[str]:
        """Return the customers with an address, in upper or lower case; the search lags, and misses new ones."""

    def read_reversals(self, sale: Sale) -> Sale:
        """Return a sale with its refunds and disputes read."""

    def list_events(self, since: int, until: int, after: str | None = None) -> EventPage:
        """Read the events about sessions and their payments of a span of time, newest first."""
