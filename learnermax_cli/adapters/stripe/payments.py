"""Reads Checkout Sessions with their payments; implements `enrollments.model.PaymentGateway`."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.disputes import StripeDisputes
from learnermax_cli.adapters.stripe.lists import list_raw, read_raw
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import decode_reference, read_marker
from learnermax_cli.enrollments.model import DISPUTES_UNREAD, Payment, Window

_CHARGE = "payment_intent.latest_charge"


class StripePayments:
    """Sessions, each with its payment intent and latest charge in the same answer."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client
        self._disputes = StripeDisputes(client)

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            try:
                raw = read_raw(self._client, f"/v1/checkout/sessions/{session_id}", expand=[_CHARGE])
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    return None
                raise
        payment = _payment(raw)
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
            yield [_payment(raw) for raw in page]

    def read_disputes(self, payments: Sequence[Payment], max_pages: int) -> Sequence[Payment]:
        """Return payments with the disputes of the disputed ones read; `max_pages` pages of a list of them at most."""
        return self._disputes.read(payments, max_pages)


def _charge(raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
    intent = raw["payment_intent"]
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return charge if isinstance(charge, dict) else None


def _payment(raw: Mapping[str, Any]) -> Payment:
    intent = raw["payment_intent"] if isinstance(raw["payment_intent"], dict) else {}
    charge = _charge(raw)
    metadata = raw["metadata"] or {}
    reference = raw["client_reference_id"]
    customer = raw["customer"]
    return Payment(
        session_id=raw["id"],
        status=_shared(raw["status"]),
        payment_status=sys.intern(raw["payment_status"]),
        mode=sys.intern(raw["mode"]),
        livemode=raw["livemode"],
        created=raw["created"],
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
        customer_id=customer["id"] if isinstance(customer, dict) else customer,
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
