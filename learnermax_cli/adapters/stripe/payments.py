"""Reads Checkout Sessions with their payments; implements `enrollments.model.PaymentGateway`."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, list_raw, read_or_none
from learnermax_cli.adapters.stripe.reversals import Reversals, unread_reversals
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import decode_reference, read_marker
from learnermax_cli.core.times import unix_time
from learnermax_cli.enrollments.model import FoundBy, Payment, ReversalKind, Window

_SESSIONS = "/v1/checkout/sessions"
_CHARGE = "payment_intent.latest_charge"


class StripePayments:
    """Sessions, each with its payment intent and latest charge in the same answer."""

    def __init__(self, client: stripe.StripeClient, *, lenient: bool = False) -> None:
        self._client = client
        self._reversals = Reversals(client, lenient=lenient)

    def lenient(self) -> "StripePayments":
        """Return a gateway that goes on where the key may not read refunds or disputes."""
        return StripePayments(self._client, lenient=True)

    @property
    def denied(self) -> Mapping[ReversalKind, str]:
        """What the key may not read, and how Stripe refused it."""
        return self._reversals.denied

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            raw = read_or_none(self._client, _SESSIONS, session_id, expand=[_CHARGE])
        if raw is None:
            return None
        payment = read_as(parse_payment, raw)
        return self._reversals.read([payment], max_pages=0)[0]

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time; reversals are left unread."""
        created = {"gte": window.since, "lt": window.until}
        params: dict[str, Any] = {"created": {name: value for name, value in created.items() if value is not None}}
        if status is not None:
            params["status"] = status
        for page in list_raw(self._client, _SESSIONS, expand=[f"data.{_CHARGE}"], **params):
            yield [read_as(parse_payment, raw) for raw in page]

    def list_reversed(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Payment]]:
        """Read the payments of the refunds, or disputes, created in a window; one without charge or intent is none of
        a session."""
        for page in self._reversals.list_created(kind, window):
            yield [read_as(parse_reversed, raw) for raw in page if raw["charge"] and raw["payment_intent"]]

    def find_payments(self, by: FoundBy, value: str) -> Sequence[Payment]:
        """Read the complete sessions of a customer, an address (as it stands) or a payment intent; reversals are left
        unread."""
        wanted: dict[str, Any] = {"customer_details": {"email": value}} if by == "email" else {by: value}
        pages = list_raw(self._client, _SESSIONS, expand=[f"data.{_CHARGE}"], status="complete", **wanted)
        return [read_as(parse_payment, raw) for page in pages for raw in page]

    def read_reversals(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        """Return payments with their reversals read, in lists of at most `max_pages` pages each, or of as many as
        there are payments to be read; None: each by itself."""
        return self._reversals.read(payments, max_pages)


def charge_of(raw: Raw) -> Raw | None:
    """Return the charge that a session was read with, if it has one."""
    intent = raw["payment_intent"]
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return charge if isinstance(charge, dict) else None


def parse_payment(raw: Raw) -> Payment:
    """Return the payment of a session that was read with its payment intent and charge."""
    intent = raw["payment_intent"] if isinstance(raw["payment_intent"], dict) else {}
    charge = charge_of(raw)
    metadata = raw["metadata"] or {}
    claimed = metadata.get("claimed") == "true"
    reference = None if claimed else raw["client_reference_id"]
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
        captured=None if charge is None else _money(charge["amount_captured"], charge["currency"]),
        charged_at=None if charge is None else unix_time(charge["created"]),
        reversals=() if charge is None else unread_reversals(charge),
        customer_id=id_of(raw["customer"]),
        money=None if raw["amount_total"] is None else _money(raw["amount_total"], raw["currency"]),
        claimed=claimed,
    )


def parse_reversed(raw: Raw) -> Payment:
    """Return the payment of a refund or dispute, as far as its payment intent and charge say what it is for."""
    intent, charge = raw["payment_intent"], raw["charge"]
    metadata = intent["metadata"] or {}
    return Payment(
        session_id=intent["id"],
        status="complete",
        payment_status="paid",
        mode="payment",
        livemode=intent["livemode"],
        created=unix_time(intent["created"]),
        course_id=_shared(metadata.get("courseId")),
        metadata_user=metadata.get("userId"),
        reference_user=None,
        marker=read_marker(metadata),
        intent_id=intent["id"],
        intent_status=_shared(intent["status"]),
        captured=_money(charge["amount_captured"], charge["currency"]),
        charged_at=unix_time(charge["created"]),
        reversals=unread_reversals(charge),
        customer_id=id_of(intent["customer"]),
        money=_money(charge["amount"], charge["currency"]),
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
