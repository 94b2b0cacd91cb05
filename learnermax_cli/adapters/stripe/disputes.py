"""Reads how disputes stand: all of a span in a list, or one payment at a time, whichever takes fewer requests."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.lists import list_raw
from learnermax_cli.enrollments.model import DISPUTES_UNREAD, PAGE_SIZE, Payment

_DAY = 86_400
_NOT_FOUND = ("unknown",)  # disputed, says the charge, but no dispute was found
_FEW = 2

Statuses = dict[str, tuple[str, ...]]


class StripeDisputes:
    """The disputes read so far, by payment intent; threads may share it."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client
        self._known: Statuses = {}
        self._since: int | None = None
        self._lock = threading.Lock()

    def read(self, payments: Sequence[Payment], max_pages: int) -> Sequence[Payment]:
        """Return payments with their disputes read; a list of more than `max_pages` pages is not worth it."""
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
        pages: list[list[dict[str, Any]]] = []
        for page in self._pages(created=span):
            pages.append(page)
            if len(pages) >= max_pages and len(page) == PAGE_SIZE:
                return False
        for intent_id, statuses in _statuses_of(pages).items():
            self._known[intent_id] = (*self._known.get(intent_id, ()), *statuses)
        self._since = since - _DAY
        return True

    def _pages(self, **params: Any) -> Iterable[list[dict[str, Any]]]:
        return list_raw(self._client, "/v1/disputes", **params)


def _statuses_of(pages: Iterable[list[dict[str, Any]]]) -> Statuses:
    found: Statuses = {}
    for page in pages:
        for raw in page:
            found[raw["payment_intent"]] = (*found.get(raw["payment_intent"], ()), raw["status"])
    return found
