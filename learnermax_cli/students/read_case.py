"""Reads what Stripe and the table have of one student, within a few requests; what was not read is noted."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Protocol

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.ownership import id_flaw
from learnermax_cli.enrollments.model import FoundBy, Student, usable_session_id
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.students.model import CaseReader, EventPage, Found, Sale, StudentJob

EVENTS_KEPT = timedelta(days=30)
_EVENT_PAGES = 2
_BEFORE, _AFTER = 300, 900  # seconds around a charge in which its events are looked for


class CaseJob(StudentJob, StripeJob, Protocol):
    """What reading a student's case works with."""

    @property
    def student_cases(self) -> CaseReader: ...


class CaseReads:
    """The reads of one case; `limit` is how many requests to Stripe they may take."""

    def __init__(self, job: CaseJob, limit: int) -> None:
        self.job = job
        self.stripe = job.student_cases
        self.found = Found()
        self._left = limit
        self._listed: set[tuple[str, str]] = set()
        self._tried: set[str] = set()
        """Sessions whose reversals were read, or were to be."""

    def read_student(self, student: Student) -> None:
        """Read the enrollments of a student, and the sessions that they, the customer and the address lead to."""
        self.found.student = student
        enrollments = self.job.enrollments.list_of_user(student.user_id, completed=True)
        self.found.enrollments = {enrollment.key.course_id: enrollment for enrollment in enrollments}
        if student.customer_id:
            self.list_sales("customer", student.customer_id)
        if student.email:
            self.list_sales("email", student.email)
        self._read_named()
        self._read_reversals()  # before what may find nothing: it decides
        if student.email:
            self.list_address(student.email)

    def list_address(self, address: str) -> None:
        """List the sessions of an address, as it stands and in lower case; where there is none, search."""
        forms = dict.fromkeys((address, address.lower()))
        for form in forms:
            self.list_sales("email", form)
        if not any(sale.email in forms for sale in self.found.sales.values()):
            self._search(address)

    def list_sales(self, by: FoundBy, value: str) -> int:
        """List sessions, unless they were listed before; return how many were found."""
        if (by, value) in self._listed:
            return 0
        self._listed.add((by, value))
        of = f"{by.replace('_', ' ').replace('email', 'address')} {value}"
        if not self._may():
            self.found.notes.append(f"sessions of {of} were not looked for")
            return 0
        page = self.stripe.list_sales(by, value)
        self.keep(page.sales)
        if not page.complete:
            self.found.notes.append(f"only the newest {len(page.sales)} sessions of {of} were read")
        return len(page.sales)

    def read_rest(self) -> None:
        """Read what went back of the sales found, their events, and whom and what they name."""
        self._read_reversals()
        self._read_events()
        self._read_names()

    def keep(self, sales: Iterable[Sale]) -> None:
        """Note sales that were found."""
        self.found.sales |= {sale.payment.session_id: sale for sale in sales}

    def require_left(self) -> None:
        """Count a request that is made whatever was made before."""
        self._left -= 1

    def _search(self, address: str) -> None:
        """Look for customers with an address in other upper and lower case: Stripe's lists compare letter by letter."""
        if not self._may(2):
            self.found.notes.append(f"other spellings of {address} were not looked for")
            return
        self._left += 1
        customers: list[str] = []
        with self._permitted(f"other spellings of {address}"):
            customers = [c for c in self.stripe.search_customers(address) if ("customer", c) not in self._listed]
        for customer_id in customers:
            if self.list_sales("customer", customer_id):
                note = f"customer {customer_id} has the address {address} in another spelling: found by Stripe's search"
                self.found.notes.append(note)

    def _read_named(self) -> None:
        """Read the sessions that items name and that no list had, those of pending items first."""
        for enrollment in sorted(self.found.enrollments.values(), key=lambda e: (not e.pending, e.enrolled_at)):
            session_id, intent_id = enrollment.session_id or "", enrollment.payment_intent
            if not usable_session_id(session_id):
                if intent_id and all(sale.payment.intent_id != intent_id for sale in self.found.sales.values()):
                    self.list_sales("payment_intent", intent_id)
                continue
            if session_id in self.found.sales:
                continue
            if not self._may():
                self.found.unread.add(session_id)
                continue
            sale = self.stripe.read_sale(session_id)
            self.keep([sale] if sale else [])
            self.found.missing.update(() if sale else [session_id])

    def _read_reversals(self) -> None:
        for session_id, sale in self.found.sales.items():
            if not sale.unread or session_id in self._tried:
                continue
            self._tried.add(session_id)
            if not self._may(sale.unread):
                self.found.notes.append(f"what went back of {session_id} was not read")
                continue
            with self._permitted(f"what went back of {session_id}"):
                self.found.sales[session_id] = self.stripe.read_reversals(sale)

    def _read_events(self) -> None:
        """Look for the events of payments, those first that no completed item names, in two pages at most."""
        oldest = int((self.job.now() - EVENTS_KEPT).timestamp())
        settled = {e.session_id for e in self.found.enrollments.values() if not e.pending}
        charged = [s for s in self.found.sales.values() if (s.payment.charged_at or 0) >= oldest]
        charged.sort(key=lambda s: (s.payment.session_id in settled, -(s.payment.charged_at or 0)))
        pages = _EVENT_PAGES
        for sale in charged:
            after: str | None = None
            while pages and self._may():
                pages -= 1
                page = self._events_around(sale.payment.charged_at or 0, after)
                if page is None:
                    return
                if page.complete or not page.events:
                    self.found.events_read.add(sale.payment.session_id)
                    break
                after = page.events[-1].event_id

    def _events_around(self, at: int, after: str | None) -> EventPage | None:
        page: EventPage | None = None
        with self._permitted("events"):
            page = self.stripe.list_events(at - _BEFORE, at + _AFTER, after)
            known = {event.event_id for event in self.found.events}
            self.found.events += [event for event in page.events if event.event_id not in known]
        return page

    def _read_names(self) -> None:
        """Read which of the users and courses that sales name are in the table, as far as it matters."""
        found = self.found
        named = {u for sale in found.sales.values() if (u := sale.payment.user_id) and not id_flaw("user", u)}
        known = found.students | ({found.student.user_id} if found.student else set())
        unknown = named - known
        found.students = known | (set(self.job.enrollments.read_students(unknown)) if unknown else set())
        asked = {sale.payment.course_id for sale in found.sales.values()} - set(found.enrollments)
        courses = [c for c in asked if c and not id_flaw("course", c) and self.job.courses.read_course(c) is not None]
        found.courses = {*found.enrollments, *courses}

    def _may(self, requests: int = 1) -> bool:
        """Return whether that many requests may be made, and count them."""
        may = self._left >= requests
        self._left -= requests if may else 0
        return may

    @contextmanager
    def _permitted(self, what: str) -> Iterator[None]:
        """Note what the key may not read, or Stripe does not offer here, and go on without it."""
        try:
            yield
        except LmxError as error:
            if error.code not in ("credentials.permission", "failed.refused"):
                raise
            self.found.notes.append(f"{what} were not looked up: {error.message}")
