"""Sessions at Stripe that count how often they are asked for, and pending enrollments that name them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from random import Random

from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    EnrollmentKey,
    FoundBy,
    Payment,
    ReversalKind,
    Window,
)
from tests.enrollments.values import NOW, payment

SHAPES = ("even", "burst", "one moment", "growing", "far apart")


@dataclass
class CountingGateway:
    """Sessions by creation time, and how often they were asked for; as at Stripe, lists show no reversals."""

    sessions: list[Payment] = field(default_factory=list)
    reads: int = 0
    pages: int = 0

    def read_payment(self, session_id: str) -> Payment | None:
        self.reads += 1
        return next((session for session in self.sessions if session.session_id == session_id), None)

    def read_reversals(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        back = {session.session_id: session for session in self.sessions if session.reversals}
        return [back.get(payment.session_id, payment) for payment in payments]

    def list_reversed(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Payment]]:
        raise NotImplementedError

    def find_payments(self, by: FoundBy, value: str) -> Sequence[Payment]:
        raise NotImplementedError

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        found = [s for s in self.sessions if _within(window, s.created) and status in (None, s.status)]
        found.sort(key=lambda session: (session.created, session.session_id), reverse=True)
        for start in range(0, len(found) or 1, PAGE_SIZE):
            self.pages += 1
            yield [replace(s, reversals=()) if s.reversals else s for s in found[start : start + PAGE_SIZE]]

    def pages_of(self, enrollments: Sequence[Enrollment]) -> int:
        """Return how many pages the sessions of the enrollments' whole window fill."""
        times = [int(datetime.fromisoformat(e.enrolled_at).timestamp()) for e in enrollments]
        window = Window(min(times) - 900, max(times) + 900)
        return -(-sum(_within(window, session.created) for session in self.sessions) // PAGE_SIZE)


def _within(window: Window, created: int) -> bool:
    return (window.since or 0) <= created and (window.until is None or created < window.until)


def pending_enrollment(number: int, created: int, session_id: str | None) -> Enrollment:
    """Return a pending enrollment of a time that names a session."""
    at = datetime.fromtimestamp(created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Enrollment(EnrollmentKey(f"u{number}", "c"), "pending", "paid", at, session_id)


def _moments(shape: str, count: int, random: Random) -> list[int]:
    end, day = int(NOW.timestamp()), 86_400
    if shape == "burst":
        return [end - 7 * day + random.randrange(900) + random.choice([0, day]) for _ in range(count)]
    if shape == "one moment":
        return [end - day] * count
    if shape == "growing":
        return [end - int(30 * day * random.random() ** 3) for _ in range(count)]
    if shape == "far apart":
        return [end - day * random.randrange(1, 700) for _ in range(count)]
    return [end - random.randrange(7 * day) for _ in range(count)]


def make_sessions(shape: str, sessions: int, pending: int, seed: int) -> tuple[CountingGateway, list[Enrollment]]:
    """Return so many sessions, of which some belong to pending enrollments, each made seconds after its session."""
    random = Random(seed)
    moments = _moments(shape, sessions, random)
    gateway = CountingGateway([payment(f"cs_test_{n}", created=at) for n, at in enumerate(moments)])
    chosen = random.sample(gateway.sessions, min(pending, sessions))
    named = [pending_enrollment(n, s.created + random.randrange(5), s.session_id) for n, s in enumerate(chosen)]
    return gateway, named
