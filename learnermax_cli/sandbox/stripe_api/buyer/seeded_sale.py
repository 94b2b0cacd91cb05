"""One seeded session and all that follows from it: a few values, of which each object is made when it is read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from learnermax_cli.sandbox.stripe_api.resources.disputes import CLOSED, built_dispute
from learnermax_cli.sandbox.stripe_api.resources.events import Happening, built_event
from learnermax_cli.sandbox.stripe_api.resources.payment_building import Outcome, Payment, built_charge, built_intent
from learnermax_cli.sandbox.stripe_api.resources.refunds import built_refund
from learnermax_cli.sandbox.stripe_api.resources.session_building import PAY_PATH, built_session, customer_details
from learnermax_cli.sandbox.stripe_api.store import Data, Maker, Object

_PREFIXES = {"payment_intent": "pi", "charge": "ch", "refund": "re", "dispute": "du"}
LIFE_SECONDS = 24 * 60 * 60
_PAID_AFTER_SECONDS = 60
# By state: the result of the payment, and what happened to it later.
_OUTCOMES: Mapping[str, Outcome] = {"processing": "processing", "failed": "declined"}
DISPUTE_STATUSES = {
    "disputed": "needs_response",
    "dispute_lost": "lost",
    "dispute_won": "won",
    "inquiry": "warning_needs_response",
}
UNPAID_STATES = ("open", "expired", "free")
REFUNDED_STATES = ("refunded", "partly_refunded")
STATES = ("paid", *UNPAID_STATES, *_OUTCOMES, *REFUNDED_STATES, *DISPUTE_STATUSES)


@dataclass(frozen=True, slots=True)
class Batch:
    """What the sales of one seeding share."""

    data: Data
    now: int
    livemode: bool
    origin: str
    environment: str


@dataclass(frozen=True, slots=True)
class SeededSale:
    """One sale; `tail` is what its ids end in."""

    batch: Batch
    tail: str
    state: str
    created: int
    item: Object
    metadata: Mapping[str, str]
    email: str | None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def session_id(self) -> str:
        """Return the session's id, unless the row names another."""
        given: str | None = self.extra.get("id")
        return given or f"cs_{'live' if self.batch.livemode else 'test'}_a1{self.tail}{self.tail[::-1]}seededsa"

    @property
    def has_payment(self) -> bool:
        """Return whether a payment was attempted."""
        return self.state not in UNPAID_STATES

    @property
    def expires_at(self) -> int:
        """Return when the session expires, or has expired."""
        end = self.created + LIFE_SECONDS
        return min(end, self.batch.now) if self.state == "expired" else end

    @property
    def paid_at(self) -> int:
        """Return when the buyer finished."""
        return min(self.created + _PAID_AFTER_SECONDS, self.batch.now)

    @property
    def amount_refunded(self) -> int:
        """Return how much of the payment was refunded."""
        total: int = self.item["amount_total"]
        return {"refunded": total, "partly_refunded": total // 2}.get(self.state, 0)

    def maker(self, kind: str) -> tuple[str, Maker]:
        """Return the id of what followed from this sale, a payment intent, charge, refund or dispute, and its maker."""
        makers = {"payment_intent": self.intent, "charge": self.charge, "refund": self.refund, "dispute": self.dispute}
        return f"{_PREFIXES[kind]}_{self.tail}", makers[kind]

    def facts(self, kind: str) -> tuple[tuple[str, str | None], ...]:
        """Return what lists of a kind find its object by."""
        paid_by = ("payment_intent", f"pi_{self.tail}" if self.has_payment else None)
        customer = ("customer", self.extra.get("customer"))
        if kind == "checkout.session":
            return (paid_by, customer, ("email", self.email))
        return {"payment_intent": (customer,), "charge": (customer, paid_by)}.get(
            kind, (paid_by, ("charge", f"ch_{self.tail}"))
        )

    def session(self) -> Object:
        """Return the checkout session."""
        item = {**self.item, "id": f"li_{self.tail}"}
        session = built_session(self.session_id, self._params(), [item], self.created)
        session["payment_link"] = self.extra.get("payment_link")
        if self.state == "open":
            return {**session, "url": f"{self.batch.origin}{PAY_PATH}{self.session_id}"}
        if self.state == "expired":
            return {**session, "status": "expired"}
        status = "no_payment_required" if self.state == "free" else "paid"
        session |= {
            "status": "complete",
            "payment_status": "unpaid" if self.state in _OUTCOMES else status,
            "payment_intent": f"pi_{self.tail}" if self.has_payment else None,
            "customer_details": customer_details(self.email),
        }
        if self.state == "free":
            session |= {"amount_total": 0, "total_details": {"amount_discount": session["amount_subtotal"],
                        "amount_shipping": 0, "amount_tax": 0}}  # fmt: skip
        return session

    def intent(self) -> Object:
        """Return the payment intent."""
        return built_intent(self._payment())

    def charge(self) -> Object:
        """Return the charge."""
        charge = built_charge(self._payment())
        charge["disputed"] = self.state in DISPUTE_STATUSES
        if self.amount_refunded:
            refunds = {**charge["refunds"], "data": [self._refund_of(charge)]}
            full = self.amount_refunded == charge["amount"]
            charge |= {"amount_refunded": self.amount_refunded, "refunded": full, "refunds": refunds}
        return charge

    def refund(self) -> Object:
        """Return the refund of a refunded sale."""
        return self._refund_of(built_charge(self._payment()))

    def dispute(self) -> Object:
        """Return the dispute of a disputed sale."""
        dispute = built_dispute(built_charge(self._payment()), DISPUTE_STATUSES[self.state], self.paid_at)
        return {**dispute, "id": f"du_{self.tail}"}

    def event_types(self) -> tuple[tuple[str, int], ...]:
        """Return the types and times of this sale's events, the oldest first."""
        if self.state == "open":
            return ()
        if self.state == "expired":
            return (("checkout.session.expired", self.expires_at),)
        types = ["checkout.session.completed"]
        if self.state == "failed":
            types.append("checkout.session.async_payment_failed")
        elif self.has_payment and self.state not in _OUTCOMES:
            types.insert(0, "payment_intent.succeeded")
        if self.state in REFUNDED_STATES:
            types.append("charge.refunded")
        if self.state in DISPUTE_STATUSES:
            types.append("charge.dispute.created")
        if DISPUTE_STATUSES.get(self.state) in CLOSED:
            types.append("charge.dispute.closed")
        return tuple((name, self.paid_at) for name in types)

    def event(self, place: int) -> Object:
        """Return one of the sale's events."""
        name, at = self.event_types()[place]
        made = {
            "payment_intent.succeeded": self.intent,
            "charge.refunded": self.charge,
            "charge.dispute.created": self.dispute,
            "charge.dispute.closed": self.dispute,
        }.get(name, self.session)
        return built_event(f"evt_{place}{self.tail}", Happening(name, made(), at), self.batch.data)

    def _params(self) -> Object:
        return {
            "client_reference_id": self.extra.get("client_reference_id", self.metadata.get("userId")),
            "customer_email": None if self.extra.get("payment_link") else self.email,
            "expires_at": self.expires_at,
            "metadata": dict(self.metadata),
            "success_url": "https://learnermax.example/enrollment/return?session_id={CHECKOUT_SESSION_ID}",
            **{name: self.extra[name] for name in ("customer", "allow_promotion_codes") if name in self.extra},
        }

    def _payment(self) -> Payment:
        return Payment(
            f"pi_{self.tail}", f"ch_{self.tail}", self.item["amount_total"], self.item["currency"], self.paid_at,
            self.batch.livemode, _OUTCOMES.get(self.state, "succeeded"), delayed=self.state in _OUTCOMES,
            email=self.email, customer=self.extra.get("customer"), intent_data={"metadata": dict(self.metadata)},
        )  # fmt: skip

    def _refund_of(self, charge: Object) -> Object:
        return {**built_refund(charge, self.amount_refunded, self.paid_at), "id": f"re_{self.tail}"}
