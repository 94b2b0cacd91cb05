"""Who has access by right: sales with what became of their money, and what operators decided. Knows nothing of lmx."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Event = Literal["pay", "refund", "fail", "fail_silently", "dispute", "won", "lost"]
"""What may happen to a sale; where a refund fails silently, its charge goes on saying that it is refunded."""
Named = Literal[Event, "run", "deliver", "buy", "buy disputed", "buy unnamed"]
"""Also a run that may take access away, deliveries to a receiver that may, and a purchase of the same student."""
Step = Named | int
"""A number stands for one of what is possible."""

PRICE = 9_999
_MOST = 0.9
STORIES: Sequence[tuple[Step, ...]] = (
    ("refund", "run", "fail", "run", "refund", "deliver", "fail_silently"),
    ("refund", "run", "buy", "deliver"),
    ("buy", "refund", "run", "fail"),
    ("buy disputed", "refund", "run", "fail"),
    ("buy unnamed", "refund", "run", "fail"),
    ("buy disputed", "dispute", "lost", "deliver", "won"),
    ("dispute", "lost", "dispute", "run", "lost", "run", "won"),
    ("dispute", "won", "run", "lost"),
    ("refund", "dispute", "won", "run", "fail"),
    ("dispute", "lost", "run", "buy", "run", "won"),
)
"""What a short history hardly comes to by itself."""


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

    def step(self, number: int) -> "Named":
        """Return the step that a number stands for: every fourth a run, and every seventh deliveries."""
        if number % 4 == 0:
            return "run"
        possible = list(self.possible())
        return "deliver" if number % 7 == 0 else possible[number % len(possible)]

    def possible(self) -> Iterator[Event]:
        """Yield what may happen next."""
        if not self.paid:
            yield "pay"
            return
        if self.disputes and self.disputes[-1].state in ("needs_response", "won"):
            yield "lost"
        else:
            yield "dispute"
        if self.disputes and self.disputes[-1].state in ("needs_response", "lost"):
            yield "won"
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


@dataclass(frozen=True)
class Access:
    """A student's access to the course, who decided on it by hand, and the mails that came of it."""

    inside: bool = False
    kept: bool = False
    revoked_at: float | None = None
    """When an operator took it away."""
    through: str | None = None
    """The session that let the student in last; None for one who never was in."""
    mails: int = 0

    def keep(self, through: str) -> "Access":
        """An operator lets the student in; one who never was in gets the mail of a purchase."""
        mails = self.mails + (not self.inside and self.through is None)
        return Access(inside=True, kept=True, through=through, mails=mails)

    def revoke(self, at: float) -> "Access":
        """An operator takes the access away, if it is not taken away by hand yet."""
        since = at if self.revoked_at is None else self.revoked_at
        return replace(self, inside=False, kept=False, revoked_at=since)

    def claim(self, through: str) -> "Access":
        """A payment that an operator has found lets the student in."""
        mails = self.mails + (not self.inside and self.through != through)
        return replace(self, inside=True, revoked_at=None, through=through, mails=mails)

    def follow(self, own: Iterable[Sale], unclaimed: Iterable[Sale]) -> "Access":
        """Let access follow the money: `own` are the student's sales, `unclaimed` those that only have the address."""
        if self.kept:
            return self
        sales = [sale for sale in own if self.revoked_at is None or sale.created > self.revoked_at]
        if any(sale.valid for sale in sales):
            return replace(self, inside=True, revoked_at=None)
        if self.inside and not any(sale.waiting for sale in sales) and not any(sale.valid for sale in unclaimed):
            return replace(self, inside=False)
        return self

    def named(self, through: str, *, before: "Access") -> "Access":
        """Note the session that lets a student in; who was not in before through the same one gets a mail."""
        if not self.inside:
            return self
        mails = self.mails + (not before.inside and before.through != through)
        return replace(self, through=through, mails=mails)
