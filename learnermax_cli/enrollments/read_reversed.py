"""Which payments of students who are in went back: read from lists, never one request per enrollment."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from learnermax_cli.core.retries import side_by_side
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.decide_case import Case
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    EnrollmentKey,
    Payment,
    PaymentGateway,
    ReversalKind,
    Student,
    Window,
    usable_session_id,
)
from learnermax_cli.enrollments.payment_state import Realm, read_state

DISPUTE_SPAN = timedelta(days=180)
"""How long ago a dispute may have begun that is still looked at: it may be lost months later."""
_KINDS: tuple[ReversalKind, ...] = ("refund", "dispute")


class Reversed:
    """The payments that went back, or may, by the enrollment that they were for."""

    def __init__(self, gateway: PaymentGateway, realm: Realm) -> None:
        self._gateway = gateway
        self._realm = realm
        self.by_key: dict[EnrollmentKey, list[Payment]] = {}

    def read(self, span: Window, now: datetime, covers: Callable[[EnrollmentKey], bool]) -> None:
        """Read the refunds of a span, and the disputes that began in it or in the last 180 days."""
        found: dict[str, Payment] = {}
        longer = int((now - DISPUTE_SPAN).timestamp())
        for kind in _KINDS:
            since = span.since if kind == "refund" or span.since is None else min(span.since, longer)
            found |= self._list(kind, Window(since, span.until))
        read = self._gateway.read_reversals(list(found.values()), len(found) // PAGE_SIZE)
        readings = [(payment, read_state(payment, None, self._realm)) for payment in read]
        went = [payment for payment, reading in readings if reading.void or reading.state == "disputed"]
        # The session is asked for where the intent names nobody, and where it still pays: an item may be to name it.
        unnamed = [p.intent_id for p in went if p.key is None and p.intent_id]
        paying = [p.intent_id for p, reading in readings if reading.partly_lost and p.intent_id]
        of_intent = partial(self._gateway.find_payments, "payment_intent")
        listed = [payment for payments in side_by_side(of_intent, unnamed + paying) for payment in payments]
        sessions = self._gateway.read_reversals(listed, len(listed) // PAGE_SIZE)
        for payment in (*went, *sessions):
            if payment.key is not None and covers(payment.key):
                self.by_key.setdefault(payment.key, []).append(payment)

    def _list(self, kind: ReversalKind, window: Window) -> dict[str, Payment]:
        pages = self._gateway.list_reversed(kind, window)
        return {p.intent_id: p for page in pages for p in page if p.intent_id and self._is_here(p)}

    def _is_here(self, payment: Payment) -> bool:
        return payment.livemode == self._realm.livemode and payment.marker.environment in (
            None,
            self._realm.environment,
        )

    def cases(self, cases: Sequence[Case]) -> list[Case]:
        """Return cases of enrollments that are not pending, with what went back; the own payment of each is read where
        only another one is known: it may have gone back earlier."""
        with_own = [self._own(case) for case in cases]
        own = [case.enrollment.session_id or "" for case in with_own if case.enrollment and case.named is None]
        there = {payment.session_id for case in with_own for payment in case.others}
        wanted = [session_id for session_id in own if usable_session_id(session_id) and session_id not in there]
        read = dict(zip(wanted, side_by_side(self._gateway.read_payment, wanted), strict=True))
        return [self._joined(case, read) for case in with_own]

    def _own(self, case: Case) -> Case:
        """Return a case with its own payment, if that is among those that went back."""
        intent = None if case.enrollment is None else case.enrollment.payment_intent
        own = next((p for p in self.by_key.get(case.key, ()) if intent and p.intent_id == intent), None)
        if own is None or case.enrollment is None:
            return case
        return replace(case, named=replace(own, session_id=case.enrollment.session_id or own.session_id))

    def _joined(self, case: Case, read: Mapping[str, Payment | None]) -> Case:
        """Return a case with all its payments, each of them once."""
        session = "" if case.enrollment is None else case.enrollment.session_id or ""
        named = case.named or read.get(session)
        known = {p.intent_id for p in (*case.others, *((named,) if named else ()))}
        more = [payment for payment in self.by_key.get(case.key, ()) if payment.intent_id not in known]
        missing = named is None and session in read
        return replace(case, named=named, named_missing=missing, others=(*case.others, *more))


def search_others(gateway: PaymentGateway, case: Case, student: Student | None, realm: Realm) -> Case:
    """Return a case with the payments of the student's customer and address: nobody loses access who paid again."""
    found: dict[str, Payment] = {}
    if student is not None and student.customer_id:
        found |= _by_session(gateway.find_payments("customer", student.customer_id))
    for address in dict.fromkeys((student.email, student.email.lower()) if student and student.email else ()):
        found |= _by_session(gateway.find_payments("email", address))
    known = {payment.session_id for payment in case.others} | ({case.named.session_id} if case.named else set())
    course, new = case.key.course_id, [p for session_id, p in found.items() if session_id not in known]
    # Each by itself: a receiver runs for weeks, and what it has listed once would not be read again.
    read = gateway.read_reversals([p for p in new if p.key == case.key or _is_unclaimed(p, course)], None)
    others = [payment for payment in read if payment.key == case.key]
    unclaimed = [payment for payment in read if _is_unclaimed(payment, course) and _paid(payment, realm)]
    return replace(case, others=(*case.others, *others), unclaimed=tuple(unclaimed), searched=True)


def _by_session(payments: Iterable[Payment]) -> dict[str, Payment]:
    return {payment.session_id: payment for payment in payments}


def _is_unclaimed(payment: Payment, course_id: str) -> bool:
    return payment.user_id is None and payment.course_id == course_id


def _paid(payment: Payment, realm: Realm) -> bool:
    return read_state(payment, None, realm).state == "paid"


def is_settled(enrollment: Enrollment, now: datetime) -> bool:
    """Return whether access was taken away so long ago that the payment is not looked at any more, unless asked."""
    if enrollment.revoked is None:
        return False
    at = parse_time(enrollment.revoked.at)
    begun = parse_time(enrollment.enrolled_at)
    return at is not None and now - at > DISPUTE_SPAN and (begun is None or begun <= at)
