"""Reads the refunds and disputes of payments: all of a span in a list, or those of one payment, whichever takes fewer
requests."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.reads import id_of, list_raw
from learnermax_cli.core.errors import CredentialsError
from learnermax_cli.core.times import unix_time
from learnermax_cli.enrollments.model import PAGE_SIZE, UNREAD, Payment, Reversal, ReversalKind, Window

_DAY = 86_400
_FEW = 2
_PATHS: dict[ReversalKind, str] = {"refund": "/v1/refunds", "dispute": "/v1/disputes"}

OfIntents = dict[str, tuple[Reversal, ...]]


def unread_reversals(charge: Raw) -> tuple[Reversal, ...]:
    """Return what a charge says of its refunds and disputes, to be read where it matters.

    A refund may have failed since, and how a dispute ended is only on the dispute [stripe.Charge.disputed]. A refund of
    a part matters only beside a dispute.
    """
    refunded = charge["refunded"] or (charge["disputed"] and charge["amount_refunded"] > 0)
    amount = charge["amount_captured"] if charge["refunded"] else charge["amount_refunded"]
    unread = (("refund", amount),) * bool(refunded) + (("dispute", charge["amount_captured"]),) * charge["disputed"]
    return tuple(Reversal(kind, UNREAD, amount, charge["currency"], 0) for kind, amount in unread)


class Reversals:
    """What went back of payments, with all that was read so far; threads may share it.

    With `lenient` a permission that the key lacks is noted in `denied`; what was not read stands as its charge says.
    """

    def __init__(self, client: stripe.StripeClient, *, lenient: bool = False) -> None:
        self._lists = {kind: _List(client, kind) for kind in _PATHS}
        self._lenient = lenient
        self.denied: dict[ReversalKind, str] = {}

    def read(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        """Return payments with their reversals read; a list is read where `max_pages` pages suffice."""
        for kind in _PATHS:
            payments = self._read(payments, kind, max_pages)
        return payments

    def list_created(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Raw]]:
        """Read the refunds, or disputes, created in a window, with their charges and payment intents."""
        with self._noting(kind):
            yield from self._lists[kind].list_created(window)

    def _read(self, payments: Sequence[Payment], kind: ReversalKind, max_pages: int | None) -> Sequence[Payment]:
        unread = {p.intent_id: p for p in payments if p.intent_id and _unread(p, kind)}
        if unread and kind not in self.denied:
            with self._noting(kind):
                known = self._lists[kind].read(unread, max_pages)
                return [_with(p, kind, known.get(p.intent_id, ())) if p.intent_id in unread else p for p in payments]
        return payments

    @contextmanager
    def _noting(self, kind: ReversalKind) -> Iterator[None]:
        try:
            yield
        except CredentialsError as error:
            if error.code != "credentials.permission":
                raise
            if not self._lenient:
                error.ends_run = False  # other payments were not disputed
                raise
            self.denied[kind] = error.message


def _unread(payment: Payment, kind: ReversalKind) -> bool:
    return any(reversal.kind == kind and reversal.status == UNREAD for reversal in payment.reversals)


def _with(payment: Payment, kind: ReversalKind, read: tuple[Reversal, ...]) -> Payment:
    """Return a payment with reversals of a kind read; where none were found, what its charge says of them stands."""
    others = tuple(reversal for reversal in payment.reversals if reversal.kind != kind)
    return replace(payment, reversals=(*others, *read)) if read else payment


class _List:
    """The refunds, or the disputes, that were read so far, by payment intent."""

    def __init__(self, client: stripe.StripeClient, kind: ReversalKind) -> None:
        self._client = client
        self._kind = kind
        self._known: OfIntents = {}
        self._since: int | None = None
        self._lock = threading.Lock()

    def read(self, unread: Mapping[str, Payment], max_pages: int | None) -> OfIntents:
        """Return the reversals of payments, given by their intents; without `max_pages` no list is read."""
        with self._lock:
            wanted = {intent_id: payment for intent_id, payment in unread.items() if not self._knows(payment)}
            pages = 0 if max_pages is None else max(max_pages, len(wanted))
            if not wanted:
                return self._known
            if pages > _FEW and self._list_since(min(payment.created for payment in wanted.values()), pages):
                return self._known
            return {**self._known, **{intent_id: self._read_one(intent_id) for intent_id in wanted}}

    def _knows(self, payment: Payment) -> bool:
        """Return whether all reversals of a payment were listed: they are younger than it; or refunds of all of it."""
        if self._since is not None and self._since <= payment.created:
            return True
        listed = self._known.get(payment.intent_id or "", ())
        whole = payment.captured.amount if payment.captured else 0
        return self._kind == "refund" and 0 < whole <= sum(r.amount for r in listed if r.status == "succeeded")

    def list_created(self, window: Window) -> Iterator[Sequence[Raw]]:
        """Read what was created in a window; all since a time is remembered."""
        expand = ["data.charge", "data.payment_intent"]
        created = {name: at for name, at in {"gte": window.since, "lt": window.until}.items() if at is not None}
        pages = []
        for page in self._pages(created=created, expand=expand):
            pages.append(page)
            yield page
        if window.until is None and window.since is not None:
            with self._lock:
                self._known, self._since = _by_intent(pages, self._kind), window.since

    def _read_one(self, intent_id: str) -> tuple[Reversal, ...]:
        return _by_intent(self._pages(payment_intent=intent_id), self._kind).get(intent_id, ())

    def _list_since(self, since: int, max_pages: int) -> bool:
        """List what is not known yet since a time; give up, and return False, after `max_pages` pages."""
        span = {"gte": since - _DAY} if self._since is None else {"gte": since - _DAY, "lt": self._since}
        pages: list[Sequence[Raw]] = []
        for page in self._pages(created=span):
            pages.append(page)
            if len(pages) >= max_pages and len(page) == PAGE_SIZE:
                return False
        for intent_id, reversals in _by_intent(pages, self._kind).items():
            self._known[intent_id] = (*self._known.get(intent_id, ()), *reversals)
        self._since = since - _DAY
        return True

    def _pages(self, **params: Any) -> Iterable[Sequence[Raw]]:
        return list_raw(self._client, _PATHS[self._kind], **params)


def _by_intent(pages: Iterable[Sequence[Raw]], kind: ReversalKind) -> OfIntents:
    found: OfIntents = {}
    for page in pages:
        for one in (read_as(_of_intent, {**raw, "kind": kind}) for raw in page):
            intent_id = one.intent_id or ""
            found[intent_id] = (*found.get(intent_id, ()), one.reversal)
    return found


class _OfIntent(NamedTuple):
    intent_id: str | None
    reversal: Reversal


def _of_intent(raw: Raw) -> _OfIntent:
    created = unix_time(raw["created"])
    reversal = Reversal(raw["kind"], raw["status"], raw["amount"], raw["currency"], created)
    return _OfIntent(id_of(raw["payment_intent"]), reversal)
