"""Who has access by right: sales with what became of their money, and what operators decided. Knows nothing of lmx."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

Event = Literal["pay", "refund", "fail", "fail_silently", "dispute", "won", "lost"]
"""What may happen to a sale; where a refund fails silently, its charge goes on saying that it is refunded."""

PRICE = 9_999
_MOST = 0.9


@dataclass
class Part:
    """A refund or a dispute of a sale: its amount, and whether it failed, or was lost, won, or is open."""

    amount: int
    state: str
    refund_id: str = ""


@dataclass
class Sale:
    """A session at Stripe as a buyer and their bank left it."""

    session_id: str
    student: str | None
    """Whom it names."""
    address: str
    created: float
    paid: bool = True
    refunds: list[Part] = field(default_factory=list)
    disputes: list[Part] = field(default_factory=list)

    def possible(self) -> Iterator[Event]:
        """Yield what may happen next."""
        if not self.paid:
            yield "pay"
            return
        if self.disputes and self.disputes[-1].state in ("needs_response", "won"):
            yield "lost"
            if self.disputes[-1].state == "needs_response":
                yield "won"
        else:
            yield "dispute"
        if self.standing_refunds:
            yield "fail"
            yield "fail_silently"
        yield "refund"

    @property
    def standing_refunds(self) -> list[Part]:
        """The refunds that have not failed, the newest last."""
        return [part for part in self.refunds if part.state == "succeeded"]

    @property
    def _refunded(self) -> int:
        return sum(part.amount for part in self.standing_refunds)

    @property
    def void(self) -> bool:
        """Whether the money came and went back for good, as far as can be known."""
        lost = sum(part.amount for part in self.disputes if part.state == "lost")
        charged_back = bool(lost) and not self._has_open_dispute and lost + self._refunded >= _MOST * PRICE
        return self.paid and (self._refunded >= PRICE or charged_back)

    @property
    def waiting(self) -> bool:
        """Whether the bank has not decided yet."""
        return self.paid and not self.void and self._has_open_dispute

    @property
    def valid(self) -> bool:
        """Whether the money is here."""
        return self.paid and not self.void and not self.waiting

    @property
    def _has_open_dispute(self) -> bool:
        return any(part.state == "needs_response" for part in self.disputes)


@dataclass
class Access:
    """A student's access to the course, and who decided on it by hand."""

    inside: bool = False
    kept: bool = False
    revoked_at: float | None = None
    """When an operator took it away."""

    def keep(self) -> None:
        """An operator lets the student in."""
        self.inside, self.kept, self.revoked_at = True, True, None

    def revoke(self, at: float) -> None:
        """An operator takes the access away."""
        self.inside, self.kept, self.revoked_at = False, False, at

    def follow(self, own: Iterable[Sale], unclaimed: Iterable[Sale]) -> None:
        """Let access follow the money: `own` are the student's sales, `unclaimed` those that only have the address."""
        if self.kept:
            return
        sales = [sale for sale in own if self.revoked_at is None or sale.created > self.revoked_at]
        if any(sale.valid for sale in sales):
            self.inside, self.revoked_at = True, None
        elif self.inside and not any(sale.waiting for sale in sales) and not any(sale.valid for sale in unclaimed):
            self.inside = False
