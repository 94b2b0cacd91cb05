"""Reads Checkout Sessions with their payments; implements `enrollments.model.PaymentGateway`."""

import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, list_raw, read_or_none
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import decode_reference, read_marker
from learnermax_cli.core.times import unix_time
from learnermax_cli.enrollments.model import DISPUTES_UNREAD, PAGE_SIZE, Payment, Window

_CHARGE = "payment_intent.latest_charge"
_DAY = 86_400
_NOT_FOUND = ("unknown",)  # disputed, says the charge, but no dispute was found
_FEW = 2

Statuses = dict[str, tuple[str, ...]]


class StripePayments:
    """Sessions, each with its payment intent and latest charge in the same answer."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client
        self._disputes = _Disputes(client)

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            raw = read_or_none(self._client, "/v1/checkout/sessions", session_id, expand=[_CHARGE])
        if raw is None:
            return None
        payment = read_as(_payment, raw)
        if payment.disputes == DISPUTES_UNREAD and payment.intent_id is not None:
            return replace(payment, disputes=self._disputes.read_one(payment.intent_id))
        return payment

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time; disputes are left unread."""
        created = {"gte": window.since, "lt": window.until}
        params: dict[str, Any] = {"created": {name: value for name, value in created.items() if value is not None}}
        if status is not None:
            params["status"] = status
        for page in list_raw(self._client, "/v1/checkout/sessions", expand=[f"data.{_CHARGE}"], **params):
            yield [read_as(_payment, raw) for raw in page]

    def read_disputes(self, payments: Sequence[Payment], max_pages: int) -> Sequence[Payment]:
        """Return payments with the disputes of the disputed ones read, in a list of at most `max_pages` pages,
        or of as many as there are disputed payments."""
        return self._disputes.read(payments, max_pages)


def _charge(raw: Raw) -> Raw | None:
    intent = raw["payment_intent"]
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return charge if isinstance(charge, dict) else None


def _payment(raw: Raw) -> Payment:
    intent = raw["payment_intent"] if isinstance(raw["payment_intent"], dict) else {}
    charge = _charge(raw)
    metadata = raw["metadata"] or {}
    reference = raw["client_reference_id"]
    return Payment(
        session_id=raw["id"],
        status=_shared(raw["status"]),
        payment_status=sys.intern(raw["payment_status"]),
        mode=sys.intern(raw["mode"]),
        livemode=raw["livemode"],
        created=unix_time(raw["created"]),
        course_id=_shared(metadata.get("courseId")),
        metadata_user=metadata.get("userId"),
        reference_user=_reference_user(reference, metadata.get("userId")),
        marker=read_marker(metadata),
        link_id=raw["payment_link"],
        intent_id=intent.get("id") or raw["payment_intent"],
        intent_status=_shared(intent.get("status")),
        refunded=bool(charge and charge["refunded"]),
        # The charge only says that it was disputed; how that ended is on the dispute [stripe.Charge.disputed].
        disputes=DISPUTES_UNREAD if charge and charge["disputed"] else (),
        customer_id=id_of(raw["customer"]),
        money=None if raw["amount_total"] is None else _money(raw["amount_total"], raw["currency"]),
    )


def _reference_user(reference: str | None, named: str | None) -> str | None:
    """Return the user of a client_reference_id; sessions hold it plain, links encoded where Stripe would drop it."""
    if reference is None or reference == named:
        return named if reference is not None else None
    return decode_reference(reference)


def _shared(text: str | None) -> str | None:
    # Of a hundred thousand payments, most say the same few words.
    return None if text is None else sys.intern(text)


@cache
def _money(amount: int, currency: str) -> Money:
    return Money(amount, currency)


class _Disputes:
    """The disputes read so far, by payment intent: all of a span in a list, or one payment at a time, whichever takes
    fewer requests. Threads may share it."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client
        self._known: Statuses = {}
        self._since: int | None = None
        self._lock = threading.Lock()

    def read(self, payments: Sequence[Payment], max_pages: int) -> Sequence[Payment]:
        """Return payments with their disputes read; a list is read where `max_pages` pages suffice."""
        unread = {p.intent_id: p.created for p in payments if p.disputes == DISPUTES_UNREAD and p.intent_id}
        if not unread:
            return payments
        with self._lock:
            known = self._statuses(unread, max(max_pages, len(unread)))
        return [
            replace(p, disputes=known.get(p.intent_id or "", _NOT_FOUND)) if p.disputes == DISPUTES_UNREAD else p
            for p in payments
        ]

    def read_one(self, intent_id: str) -> tuple[str, ...]:
        """Return the statuses of all disputes of one payment."""
        return _statuses_of(self._pages(payment_intent=intent_id)).get(intent_id, _NOT_FOUND)

    def _statuses(self, unread: dict[str, int], max_pages: int) -> Statuses:
        since = min(unread.values())  # a dispute is always younger than its payment
        known = self._since is not None and self._since <= since
        if known or (max_pages > _FEW and self._list_since(since, max_pages)):
            return self._known
        return {intent_id: self.read_one(intent_id) for intent_id in unread}

    def _list_since(self, since: int, max_pages: int) -> bool:
        """List what is not known yet since a time; give up, and return False, after `max_pages` pages."""
        span = {"gte": since - _DAY} if self._since is None else {"gte": since - _DAY, "lt": self._since}
        pages: list[Sequence[Raw]] = []
        for page in self._pages(created=span):
            pages.append(page)
            if len(pages) >= max_pages and len(page) == PAGE_SIZE:
                return False
        for intent_id, statuses in _statuses_of(pages).items():
            self._known[intent_id] = (*self._known.get(intent_id, ()), *statuses)
        self._since = since - _DAY
        return True

    def _pages(self, **params: Any) -> Iterable[Sequence[Raw]]:
        return list_raw(self._client, "/v1/disputes", **params)


def _statuses_of(pages: Iterable[Sequence[Raw]]) -> Statuses:
    found: Statuses = {}
    for page in pages:
        for dispute in (read_as(_dispute, raw) for raw in page):
            intent_id = dispute.intent_id or ""
            found[intent_id] = (*found.get(intent_id, ()), dispute.status)
    return found


class _Dispute(NamedTuple):
    intent_id: str | None
    status: str


def _dispute(raw: Raw) -> _Dispute:
    return _Dispute(raw["payment_intent"], raw["status"])
