"""A small model of Stripe's sessions and of the table, for histories of buying, paying, refunding and reconciling.

It knows by itself who really paid, and answers the ports that reconcile works with.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from learnermax_cli.core.times import site_time
from learnermax_cli.courses.model import Course
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, Run
from learnermax_cli.enrollments.decide_case import Rules
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    UNREAD,
    Enrollment,
    EnrollmentKey,
    EventIntent,
    FoundBy,
    Payment,
    Reversal,
    ReversalKind,
    Revocation,
    Student,
    Window,
)
from learnermax_cli.enrollments.plan_event import EventRules
from learnermax_cli.enrollments.read_table import Scope, Table
from learnermax_cli.enrollments.reconcile_pass import Reconcile
from learnermax_cli.enrollments.store_model import Kept, NewEnrollment, TableRead
from learnermax_cli.planning.change import Change, SupersededError
from tests.enrollments.values import NOW, PRICE, payment

START = NOW - timedelta(days=60)
STUDENTS = ("u1", "u2")
COURSES = ("a", "b")


class KilledError(BaseException):
    """The process was killed before a write."""


@dataclass
class Sale:
    """A session as it really is: who bought what, through what, and what became of the money."""

    payment: Payment
    buyer: EnrollmentKey | None
    """Whose payment it really is; None for nobody's here: another environment, or a contradiction."""
    money_in: bool = False
    money_gone: bool = False
    disputed: bool = False
    lost: bool = False
    """Whether the dispute was lost."""
    dispute: str | None = None
    """The dispute's status, if there was one."""
    refund_failed: bool = False

    @property
    def valid(self) -> bool:
        """Whether the buyer has paid and the money is still here."""
        return self.buyer is not None and self.money_in and not self.money_gone and not self.disputed

    @property
    def void(self) -> bool:
        """Whether the money came and went back for good, as far as can be known."""
        return self.money_in and (self.money_gone or self.lost)

    @property
    def live(self) -> bool:
        """Whether the buyer may still pay, or has."""
        waiting = self.payment.intent_status == "processing"
        return self.buyer is not None and (self.payment.status == "open" or waiting or self.valid)

    def become(self, **fields: object) -> None:
        """Change what Stripe says of the session."""
        self.payment = replace(self.payment, **fields)  # type: ignore[arg-type]


@dataclass
class History:
    """Sales, the table, the events that were published, and the time; it is gateway, reader, writer and publisher."""

    now: datetime = START
    sales: list[Sale] = field(default_factory=list)
    items: dict[EnrollmentKey, Enrollment] = field(default_factory=dict)
    customers: dict[str, str] = field(default_factory=dict)
    events: list[EnrollmentKey] = field(default_factory=list)
    writes_left: int | None = None
    requests: int = 0

    def open_sale(self, key: EnrollmentKey | None, **fields: object) -> Sale:
        """Open a session; what it says of itself is in `fields`."""
        says: dict[str, object] = {
            "status": "open",
            "payment_status": "unpaid",
            "intent_id": None,
            "intent_status": None,
            "created": int(self.now.timestamp()),
            **fields,
        }
        sale = Sale(payment(f"cs_test_{len(self.sales)}", **says), key)
        self.sales.append(sale)
        return sale

    def reconcile(self, run_id: str, rules: Rules, scope: Scope) -> list[Change]:
        """Run reconcile as the command does, one enrollment after the other; return the changes that were made."""
        rules = rules._replace(now=self.now)
        made: list[Change] = []
        run = Run(run_id, self, self, lambda: self.now, lambda: self)
        read = self.scan(completed=rules.audit)
        table = Table(read.enrollments, dict.fromkeys(COURSES, PRICE))
        for batch in Reconcile(self, self, rules, scope, EventRules("publish", self.now)).batches(table):
            for work in batch:
                for change, _ in zip(work.changes, EnrollmentWork(work, run).carry_out(), strict=True):
                    made.append(change)
        return made

    # The gateway.

    def read_payment(self, session_id: str) -> Payment | None:
        self.requests += 1
        return next((sale.payment for sale in self.sales if sale.payment.session_id == session_id), None)

    def read_reversals(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        now = {s.payment.intent_id: s.payment.reversals for s in self.sales if s.payment.intent_id}
        return [replace(payment, reversals=now.get(payment.intent_id or "", ())) for payment in payments]

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        found = [
            sale.payment
            for sale in reversed(self.sales)
            if (window.since is None or sale.payment.created >= window.since)
            and (window.until is None or sale.payment.created < window.until)
            and status in (None, sale.payment.status)
        ]
        for start in range(0, len(found) or 1, PAGE_SIZE):
            self.requests += 1
            yield [replace(p, reversals=()) if p.reversals else p for p in found[start : start + PAGE_SIZE]]

    def list_reversed(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Payment]]:
        self.requests += 1
        found = [p for sale in self.sales if (p := sale.payment).intent_id and _reversed_in(p, kind, window)]
        yield [_as_in_list(payment, kind) for payment in found]

    def find_payments(self, by: FoundBy, value: str) -> Sequence[Payment]:
        self.requests += 1
        complete = [sale.payment for sale in self.sales if sale.payment.status == "complete"]
        if by == "payment_intent":
            return [payment for payment in complete if payment.intent_id == value]
        return [payment for payment in complete if by == "customer" and payment.customer_id == value]

    def expire_session(self, session_id: str) -> Payment:
        self._count()
        sale = next(sale for sale in self.sales if sale.payment.session_id == session_id)
        if sale.payment.status == "open":
            sale.become(status="expired")
        return sale.payment

    # The reader.

    def scan(self, *, completed: bool) -> TableRead:
        wanted = [e for e in self.items.values() if e.pending or e.intent or (completed and e.status == "completed")]
        return TableRead([Course(course_id, {}) for course_id in COURSES], wanted)

    def list_of_course(self, course_id: str, *, completed: bool) -> Iterator[Enrollment]:
        return (e for e in self.scan(completed=completed).enrollments if e.key.course_id == course_id)

    def list_of_user(self, user_id: str, *, completed: bool) -> Iterator[Enrollment]:
        return (e for e in self.scan(completed=completed).enrollments if e.key.user_id == user_id)

    def read_enrollments(self, keys: Iterable[EnrollmentKey]) -> Mapping[EnrollmentKey, Enrollment]:
        return {key: self.items[key] for key in keys if key in self.items}

    def read_enrollment(self, key: EnrollmentKey) -> Enrollment | None:
        return self.items.get(key)

    def read_students(self, user_ids: Iterable[str]) -> Mapping[str, Student]:
        return {user: Student(user, None, self.customers.get(user)) for user in user_ids if user in STUDENTS}

    # The writer and the publisher.

    def put_completed(self, enrollment: Enrollment, payment: Payment, intent: EventIntent | None) -> None:
        self._write(enrollment)
        done = replace(enrollment, status="completed", intent=intent or enrollment.intent, revoked=None)
        named = replace(done, session_id=payment.session_id, payment_intent=payment.intent_id)
        self.items[enrollment.key] = named

    def revoke(self, enrollment: Enrollment, revocation: Revocation) -> None:
        self._write(enrollment)
        self.items[enrollment.key] = replace(enrollment, status="pending", revoked=revocation)

    def keep(self, enrollment: Enrollment, kept: Kept, intent: EventIntent | None) -> None:
        self._write(enrollment)
        done = replace(enrollment, status=kept.status, intent=intent or enrollment.intent, revoked=None)
        self.items[enrollment.key] = replace(done, kept_at=kept.at)

    def create(self, new: NewEnrollment) -> None:
        self._count()
        session_id = str(new.extra["stripeSessionId"])
        item = Enrollment(new.key, new.status, new.enrollment_type, new.enrolled_at, session_id, new.intent)
        intent_id = new.extra.get("stripePaymentIntentId")
        item = replace(item, payment_intent=None if intent_id is None else str(intent_id))
        assert new.key not in self.items
        self.items[new.key] = item

    def release(self, enrollment: Enrollment) -> None:
        self._write(enrollment)
        del self.items[enrollment.key]

    def put_customer(self, user_id: str, customer_id: str) -> None:
        self._count()
        if self.customers.setdefault(user_id, customer_id) != customer_id:
            raise SupersededError("there is another", hint="")

    def take_event(self, enrollment: Enrollment, intent: EventIntent) -> None:
        self._write(enrollment)
        self.items[enrollment.key] = replace(enrollment, intent=intent)

    def clear_event(self, key: EnrollmentKey, intent: EventIntent) -> None:
        self._count()
        item = self.items[key]
        assert intent == item.intent
        self.items[key] = replace(item, intent=None)

    def publish_completed(self, key: EnrollmentKey, enrollment_type: str, enrolled_at: str) -> None:
        self._count()
        item = self.items[key]
        assert (item.enrollment_type, item.enrolled_at) == (enrollment_type, enrolled_at)
        self.events.append(key)

    def _write(self, enrollment: Enrollment) -> None:
        self._count()
        if self.items.get(enrollment.key) != enrollment:
            raise SupersededError("changed meanwhile", hint="")

    def _count(self) -> None:
        if self.writes_left == 0:
            raise KilledError
        if self.writes_left is not None:
            self.writes_left -= 1


def pending_item(key: EnrollmentKey, session_id: str | None, now: datetime) -> Enrollment:
    """Return the item that the site or `checkout create` writes."""
    return Enrollment(key, "pending", "paid", site_time(now), session_id)


def _as_in_list(payment: Payment, kind: ReversalKind) -> Payment:
    """Return a payment as a list of refunds or disputes shows it: only our own payment intents say whose it is."""
    unread = (Reversal(kind, UNREAD, PRICE.amount, PRICE.currency, 0),)
    shown = replace(payment, session_id=payment.intent_id or "", reference_user=None, reversals=unread)
    return shown if payment.marker.managed and not payment.link_id else replace(shown, metadata_user=None)


def _reversed_in(payment: Payment, kind: ReversalKind, window: Window) -> bool:
    return any(r.kind == kind and r.created >= (window.since or 0) for r in payment.reversals)
