"""Reads what Stripe knows of one student, a request each; implements `students.model.CaseReader`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, as_documented, read_as, text
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.payments import charge_of, parse_payment, parse_reversed
from learnermax_cli.adapters.stripe.reads import id_of, read_or_none, read_raw
from learnermax_cli.adapters.stripe.reversals import Reversals
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.times import unix_time
from learnermax_cli.enrollments.model import PAGE_SIZE, FoundBy, Payment, Reversal
from learnermax_cli.students.model import Customer, EventPage, Lead, Page, Sale, SeenEvent
from learnermax_cli.webhooks.model import SESSION_EVENTS

_SESSIONS = "/v1/checkout/sessions"
_REFUNDS = "payment_intent.latest_charge.refunds"
_PATHS = {"charge": "/v1/charges", "refund": "/v1/refunds", "dispute": "/v1/disputes"}
_EVENTS = (*SESSION_EVENTS, "charge.refunded", "charge.dispute.created", "charge.dispute.closed", "refund.failed")


class StripeLookup:
    """Single objects, and first pages of lists."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read_sale(self, session_id: str) -> Sale | None:
        """Read one session, whatever its status; None when there is no such session for this key."""
        raw = self._read("session", _SESSIONS, session_id, expand=[_REFUNDS])
        return None if raw is None else read_as(_sale, raw)

    def list_sales(self, by: FoundBy, value: str) -> Page:
        """Read the newest sessions, of any status, of a customer, an address (as it stands) or a payment intent."""
        wanted: dict[str, Any] = {"customer_details": {"email": value}} if by == "email" else {by: value}
        raw = self._list("sessions", _SESSIONS, expand=[f"data.{_REFUNDS}"], **wanted)
        return Page([read_as(_sale, one) for one in raw["data"]], complete=not raw["has_more"])

    def read_intent(self, intent_id: str) -> Payment | None:
        """Read a payment that no session made; None when there is none, or nothing was charged."""
        raw = self._read("payment intent", "/v1/payment_intents", intent_id, expand=["latest_charge"])
        if raw is None or not isinstance(raw.get("latest_charge"), dict):
            return None
        return read_as(parse_reversed, {"payment_intent": raw, "charge": raw["latest_charge"]})

    def read_lead(self, kind: Literal["charge", "refund", "dispute"], object_id: str) -> Lead | None:
        """Read what a charge, a refund or a dispute is about; None when there is no such object for this key."""
        raw = self._read(kind, _PATHS[kind], object_id)
        if raw is None:
            return None
        with as_documented(f"{kind} {object_id}"):
            lead = _lead(raw)
        if lead is None:
            hint = "Look at it in the Dashboard: courses are sold through Checkout Sessions alone."
            raise FailedError(f"{kind} {object_id} is of no payment intent", hint=hint, code="invalid.unknown_payment")
        return lead

    def read_event(self, event_id: str) -> SeenEvent | None:
        """Read an event of the last 30 days."""
        raw = self._read("event", "/v1/events", event_id)
        return None if raw is None else read_as(_event, raw)

    def read_customer(self, customer_id: str) -> Customer | None:
        """Read a customer."""
        raw = self._read("customer", "/v1/customers", customer_id)
        return None if raw is None else read_as(_customer, raw)

    def search_customers(self, address: str) -> Sequence[str]:
        """Return the customers with an address, in upper or lower case; the search lags, and misses new ones."""
        quoted = address.replace("\\", "\\\\").replace('"', '\\"')
        raw = self._list("customers", "/v1/customers/search", query=f'email:"{quoted}"')
        return [read_as(_customer, one).customer_id for one in raw["data"]]

    def read_reversals(self, sale: Sale) -> Sale:
        """Return a sale with its refunds and disputes read."""
        return sale._replace(payment=Reversals(self._client).read([sale.payment], max_pages=0)[0])

    def list_events(self, since: int, until: int, after: str | None = None) -> EventPage:
        """Read the events about sessions and their payments of a span of time, newest first."""
        params: dict[str, Any] = {"types": list(_EVENTS), "created": {"gte": since, "lte": until}}
        raw = self._list("events", "/v1/events", **params, **({} if after is None else {"starting_after": after}))
        return EventPage([read_as(_event, one) for one in raw["data"]], complete=not raw["has_more"])

    def _read(self, kind: str, collection: str, object_id: str, **params: Any) -> Raw | None:
        with stripe_errors(f"reading {kind} {object_id}"):
            return read_or_none(self._client, collection, object_id, **params)

    def _list(self, kind: str, path: str, **params: Any) -> Raw:
        with stripe_errors(f"looking for {kind}"):
            return read_raw(self._client, path, limit=PAGE_SIZE, **params)


def _sale(raw: Raw) -> Sale:
    payment, charge = parse_payment(raw), charge_of(raw)
    details = raw.get("customer_details") or {}
    email = details.get("email") or raw.get("customer_email")
    listed = {} if charge is None else charge.get("refunds") or {}
    refunds = tuple(_refund(one) for one in listed.get("data", ()))
    unread = [reversal for reversal in payment.reversals if reversal.kind == "refund"]
    if unread and refunds and not listed["has_more"]:
        # What the charge says of its refunds was to be read; here they are.
        others = tuple(reversal for reversal in payment.reversals if reversal.kind != "refund")
        payment = replace(payment, reversals=(*others, *refunds))
    return Sale(payment, email, refunds)


def _refund(raw: Raw) -> Reversal:
    return Reversal("refund", raw["status"], raw["amount"], raw["currency"], unix_time(raw["created"]))


def _lead(raw: Mapping[str, Any]) -> Lead | None:
    """Return what an object is about; a payment that was made without an intent leads to its customer."""
    match raw.get("object"):
        case "checkout.session":
            return Lead("session", text(raw["id"]))
        case "payment_intent" | "customer" as kind:
            return Lead("payment_intent" if kind == "payment_intent" else "customer", text(raw["id"]))
    intent, customer = id_of(raw.get("payment_intent")), id_of(raw.get("customer"))
    if intent is not None:
        return Lead("payment_intent", intent)
    return None if customer is None else Lead("customer", customer)


def _event(raw: Raw) -> SeenEvent:
    lead = _lead(raw["data"]["object"])
    return SeenEvent(raw["id"], raw["type"], unix_time(raw["created"]), raw["pending_webhooks"], lead)


def _customer(raw: Raw) -> Customer:
    return Customer(raw["id"], raw.get("email"), bool(raw.get("deleted")))
