"""Buyers' actions in a sandbox, and what happens to their payments later, over its control routes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from learnermax_cli.sandbox.control_http import ControlHttp


@dataclass(frozen=True, slots=True)
class Session:
    """A checkout session as a buyer left it; amounts are in minor units."""

    id: str
    status: str
    payment_status: str
    amount_total: int
    currency: str
    url: str | None
    payment_intent: str | None
    customer: str | None


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund."""

    id: str
    amount: int
    charge: str
    status: str
    currency: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """A dispute."""

    id: str
    status: str
    charge: str
    amount: int
    currency: str


Method = Literal["card", "delayed", "declined"]
SEEDING_SECONDS = 300.0


class SalesClient(ControlHttp):
    """The control routes for buyers; each raises SandboxError for what is not possible."""

    def pay(
        self,
        target: str,
        method: Method = "card",
        *,
        email: str | None = None,
        client_reference_id: str | None = None,
        discount_percent: int = 0,
    ) -> Session:
        """Pay a session (id or URL) or through a payment link (id or URL); 100 percent off needs no payment."""
        body = {"target": target, "method": method, "discount_percent": discount_percent}
        return self._session("/pay", body, email=email, client_reference_id=client_reference_id)

    def pay_with_code(self, target: str, promotion_code: str) -> Session:
        """Pay by card with a promotion code, as it is typed into the checkout page."""
        return self._session("/pay", {"target": target, "promotion_code": promotion_code})

    def open_link(self, link: str, *, email: str | None = None, client_reference_id: str | None = None) -> Session:
        """Open a payment link (id or URL) and return the session that it makes."""
        return self._session("/open_link", {"target": link}, email=email, client_reference_id=client_reference_id)

    def settle(self, session_id: str, *, succeed: bool) -> Session:
        """Settle the delayed payment of a session: it succeeds or fails."""
        return self._session("/settle", {"session_id": session_id, "succeed": succeed})

    def expire(self, session_id: str) -> Session:
        """Expire an open session."""
        return self._session("/expire", {"session_id": session_id})

    def read_session(self, session_id: str) -> Session:
        """Return a session, named by its id or URL."""
        return self._session("/session", {"session_id": session_id})

    def refund(
        self, session_id: str, amount: int | None = None, *, status: str = "succeeded", fails_later: bool = False
    ) -> Refund:
        """Refund a session's payment, all that is left of it unless an amount in minor units is named.

        With `fails_later` the refund fails once the clock has moved on by three days.
        """
        body = {"session_id": session_id, "amount": amount, "status": status, "fails_later": fails_later}
        return self._refund("/refund", body)

    def change_refund(
        self, session_id: str, status: str = "failed", *, refund_id: str | None = None, charge_follows: bool = True
    ) -> Refund:
        """Give a session's refund, the newest unless one is named, another status: failed, canceled or succeeded.

        Without `charge_follows` the charge goes on saying that it is refunded.
        """
        body = {"session_id": session_id, "status": status, "refund_id": refund_id, "charge_follows": charge_follows}
        return self._refund("/change_refund", body)

    def dispute(self, session_id: str, status: str = "needs_response", amount: int | None = None) -> Dispute:
        """Dispute a session's payment, or a part of it; a status `warning_...` makes it an inquiry."""
        return self._dispute("/dispute", {"session_id": session_id, "status": status, "amount": amount})

    def change_dispute(self, session_id: str, status: str) -> Dispute:
        """Give the newest dispute of a session's payment another status; one that was won may be lost after all."""
        return self._dispute("/change_dispute", {"session_id": session_id, "status": status})

    def bring_dispute(self, session_id: str, status: str, amount: int | None = None) -> Dispute:
        """Open a dispute of a session's payment, or end its newest one; an end opens it first where there is none."""
        return self._dispute("/bring_dispute", {"session_id": session_id, "status": status, "amount": amount})

    def make_promotion(self, code: str, **coupon: Any) -> str:
        """Make a promotion code of a new coupon (`percent_off`, or `amount_off` and `currency`), and return its id."""
        answer = self._call("POST", "/promo", {"code": code, "coupon": coupon})
        return str(answer["id"])

    def seed_sessions(
        self, sessions: Sequence[Mapping[str, Any]] = (), *, generate: Mapping[str, Any] | None = None, **options: Any
    ) -> list[str]:
        """Store many sessions at once, as rows or as a pattern, and return their ids (see `buyer.seeding.seed`)."""
        body = {"sessions": list(sessions), "generate": generate, **options}
        ids: list[str] = self._call("POST", "/seed_sessions", body, timeout=SEEDING_SECONDS)["sessions"]
        return ids

    def _session(self, path: str, body: Mapping[str, Any], **optional: str | None) -> Session:
        given = {name: value for name, value in optional.items() if value is not None}
        answer = self._call("POST", path, {**body, **given})
        return Session(**{name: answer[name] for name in Session.__slots__})

    def _refund(self, path: str, body: Mapping[str, Any]) -> Refund:
        answer = self._call("POST", path, body)
        return Refund(**{name: answer[name] for name in Refund.__slots__})

    def _dispute(self, path: str, body: Mapping[str, Any]) -> Dispute:
        answer = self._call("POST", path, body)
        return Dispute(**{name: answer[name] for name in Dispute.__slots__})
