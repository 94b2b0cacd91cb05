"""Reads Checkout Sessions with their payments; implements `enrollments.model.PaymentGateway`."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import stripe

from learnermax_cli.adapters.stripe_client import stripe_errors
from learnermax_cli.client_reference import decode_reference
from learnermax_cli.enrollments.model import PAGE_SIZE, Payment, Window
from learnermax_cli.money import Money
from learnermax_cli.products.model import MANAGED_BY

_DAY = 86_400
_UNKNOWN = ("unknown",)  # disputed, says the charge, but no dispute was found
_CHARGE = "payment_intent.latest_charge"


class StripePayments:
    """Reads raw answers: the SDK's typed objects take thirty times as long to build for a page of a hundred."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client
        self._disputes: dict[str, tuple[str, ...]] = {}
        self._disputes_since: int | None = None
        self._lock = threading.Lock()

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            try:
                raw = self._get(f"/v1/checkout/sessions/{session_id}", expand=[_CHARGE])
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing":
                    return None
                raise
        intent = raw["payment_intent"]
        if not _is_disputed(raw):
            return _payment(raw, ())
        return _payment(raw, self._list_disputes(payment_intent=intent["id"]).get(intent["id"], _UNKNOWN))

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time."""
        created = {"gte": window.since, "lt": window.until}
        params: dict[str, Any] = {"created": {name: value for name, value in created.items() if value is not None}}
        if status is not None:
            params["status"] = status
        for page in self._pages("/v1/checkout/sessions", expand=[f"data.{_CHARGE}"], **params):
            if any(_is_disputed(raw) for raw in page):
                oldest = min(raw["created"] for raw in page)
                self._read_disputes(oldest if window.since is None else window.since)
            yield [_payment(raw, self._disputes_of(raw)) for raw in page]

    def _disputes_of(self, raw: Mapping[str, Any]) -> tuple[str, ...]:
        return self._disputes.get(raw["payment_intent"]["id"], _UNKNOWN) if _is_disputed(raw) else ()

    def _read_disputes(self, since: int) -> None:
        """Read all disputes since a payment's time: a dispute is always younger, and a list beats a call for each."""
        with self._lock:
            known = self._disputes_since
            if known is not None and known <= since:
                return
            created = {"gte": since - _DAY} if known is None else {"gte": since - _DAY, "lt": known}
            self._disputes |= self._list_disputes(created=created)
            self._disputes_since = since - _DAY

    def _list_disputes(self, **params: Any) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for page in self._pages("/v1/disputes", **params):
            for raw in page:
                found[raw["payment_intent"]] = (*found.get(raw["payment_intent"], ()), raw["status"])
        return found

    def _pages(self, path: str, **params: Any) -> Iterator[list[dict[str, Any]]]:
        after: dict[str, Any] = {}
        while True:
            with stripe_errors(f"listing {path.rpartition('/')[2]}"):
                page = self._get(path, limit=PAGE_SIZE, **params, **after)
            yield page["data"]
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def _get(self, path: str, **params: Any) -> dict[str, Any]:
        return cast("dict[str, Any]", cast("Any", self._client.raw_request("get", path, **params)).data)


def _is_disputed(raw: Mapping[str, Any]) -> bool:
    # The charge only says that it was disputed; how that ended is on the dispute [stripe.Charge.disputed].
    charge = _charge(raw)
    return charge is not None and bool(charge["disputed"])


def _charge(raw: Mapping[str, Any]) -> Mapping[str, Any] | None:
    intent = raw["payment_intent"]
    charge = intent.get("latest_charge") if isinstance(intent, dict) else None
    return charge if isinstance(charge, dict) else None


def _payment(raw: Mapping[str, Any], disputes: tuple[str, ...]) -> Payment:
    intent = raw["payment_intent"] if isinstance(raw["payment_intent"], dict) else {}
    charge = _charge(raw)
    metadata = raw["metadata"] or {}
    reference = raw["client_reference_id"]
    customer = raw["customer"]
    return Payment(
        session_id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        mode=raw["mode"],
        livemode=raw["livemode"],
        created=raw["created"],
        course_id=metadata.get("courseId"),
        metadata_user=metadata.get("userId"),
        reference_user=_reference_user(reference, metadata.get("userId")),
        managed=metadata.get("managedBy") == MANAGED_BY,
        environment=metadata.get("environment"),
        link_id=raw["payment_link"],
        intent_id=intent.get("id") or raw["payment_intent"],
        intent_status=intent.get("status"),
        refunded=bool(charge and charge["refunded"]),
        disputes=disputes,
        customer_id=customer["id"] if isinstance(customer, dict) else customer,
        money=None if raw["amount_total"] is None else Money(raw["amount_total"], raw["currency"]),
    )


def _reference_user(reference: str | None, named: str | None) -> str | None:
    """Return the user of a client_reference_id; sessions hold it plain, links encoded where Stripe would drop it."""
    if reference is None or reference == named:
        return reference
    return decode_reference(reference)
