"""Which sessions are asked for, and how: page by page through time windows, or one by one, whichever is cheaper."""

import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal

from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.retries import side_by_side
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    Payment,
    PaymentGateway,
    Window,
    usable_session_id,
)

Strategy = Literal["auto", "list", "retrieve"]

WINDOW_SIZE = 500
"""Enrollments that are read, decided and written together."""
_READ_AHEAD = 4
_FIRST_ASKED = 10
_HOUR = 3_600
SESSION_MARGIN = 900
"""Seconds that a session may be older than the item that was written for it, and the other way round."""
# Windows overlap by their margins: shorter ones would list many sessions more than once.
_SHORTEST = timedelta(seconds=4 * SESSION_MARGIN)


@dataclass(frozen=True, slots=True)
class WindowRead:
    """The sessions that a window of enrollments names; an id that Stripe does not have is in `missing`."""

    enrollments: Sequence[Enrollment]
    payments: Mapping[str, Payment]
    missing: frozenset[str]


@dataclass
class _Missing:
    """Notices a wrong account or mode: when the first ten sessions asked for by id are all missing."""

    asked: int = 0
    found: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def right(self) -> bool:
        """Whether some session was found, so that the account is not the wrong one."""
        with self.lock:
            return self.found > 0

    def note(self, payment: Payment | None) -> None:
        """Count an answer; raises GuardError when the first ten were all missing and no list had any either."""
        with self.lock:
            self.asked += 1
            self.found += payment is not None
            if self.asked >= _FIRST_ASKED and self.found == 0:
                raise GuardError(
                    f"the first {self.asked} sessions asked for were not found at Stripe: wrong account or mode?",
                    hint="Check -e and the key: " + lmx("secrets status") + "; no flag lifts this.",
                    code="guard.sessions_missing",
                )

    def seen(self, count: int) -> None:
        """Count sessions of ours that a list has shown."""
        with self.lock:
            self.found += count


def read_windows(
    gateway: PaymentGateway, enrollments: list[Enrollment], known: Mapping[str, Payment], strategy: Strategy
) -> Iterator[WindowRead]:
    """Read the sessions that enrollments name, known ones excepted, window by window, newest first, some ahead.

    Empties the list on the way: of a hundred thousand, only those that are being read are held.
    """
    reading = _Reading(gateway, known, strategy, _Missing(), len(enrollments) // PAGE_SIZE)
    pool = ThreadPoolExecutor(_READ_AHEAD)
    running: deque[Future[WindowRead]] = deque()
    try:
        for window in _windows(enrollments):
            running.append(pool.submit(reading.read_window, window))
            if len(running) == 2 * _READ_AHEAD:
                yield from _in_parts(running.popleft().result())
        while running:
            yield from _in_parts(running.popleft().result())
    finally:
        reading.given_up.set()
        pool.shutdown(cancel_futures=True)


def _windows(enrollments: list[Enrollment]) -> Iterator[Sequence[Enrollment]]:
    """Cut enrollments into windows: long enough to be worth a page of their own, in number and in time."""
    # The newest first: a run whose time is over has then seen to those who wait, and left what was abandoned long ago.
    enrollments.sort(key=lambda enrollment: enrollment.enrolled_at)
    window: list[Enrollment] = []
    began: datetime | None = None
    while enrollments:
        time = parse_time(enrollments[-1].enrolled_at)
        if began is not None and time is not None and len(window) >= WINDOW_SIZE and began - time >= _SHORTEST:
            yield window
            window, began = [], None
        began = began or time
        window.append(enrollments.pop())
    if window:
        yield window


def _in_parts(read: WindowRead) -> Iterator[WindowRead]:
    for start in range(0, len(read.enrollments), WINDOW_SIZE):
        yield replace(read, enrollments=read.enrollments[start : start + WINDOW_SIZE])


@dataclass(frozen=True, slots=True)
class _Reading:
    gateway: PaymentGateway
    known: Mapping[str, Payment]
    strategy: Strategy
    missing: _Missing
    max_pages: int
    """How many pages of reversals may be read ahead: about as many as those of the sessions."""
    given_up: threading.Event = field(default_factory=threading.Event)
    """Set when nobody waits for what was to be read ahead."""

    def read_window(self, enrollments: Sequence[Enrollment]) -> WindowRead:
        ids = {e.session_id for e in enrollments if e.session_id and usable_session_id(e.session_id)}
        known = {session_id: payment for session_id in ids if (payment := self.known.get(session_id)) is not None}
        wanted = ids - known.keys()
        self.missing.seen(len(known))
        found = {} if self.strategy == "retrieve" else self._list_until_cheaper(enrollments, wanted)
        rest = sorted(wanted - found.keys())
        read: dict[str, Payment | None] = {}
        for session_id in rest:  # one after the other, as long as the account may be the wrong one
            if self.missing.right:
                break
            read[session_id] = self._read_one(session_id)
        left = rest[len(read) :]
        read |= zip(left, side_by_side(self._read_one, left), strict=True)
        found |= {session_id: payment for session_id, payment in read.items() if payment is not None}
        return WindowRead(enrollments, known | found, frozenset(set(rest) - found.keys()))

    def _read_one(self, session_id: str) -> Payment | None:
        """Read a session by its id, unless nobody waits for it any more."""
        if self.given_up.is_set():
            return None
        payment = self.gateway.read_payment(session_id)
        self.missing.note(payment)
        return payment

    def _list_until_cheaper(self, enrollments: Sequence[Enrollment], wanted: set[str]) -> dict[str, Payment]:
        """List until all are found; with `auto`, until a page brings nothing and the rest costs no more than the pages.

        So the requests are at most twice the smaller of the sessions wanted and the pages of the window, and one.
        """
        found: dict[str, Payment] = {}
        window = _window(enrollments)
        if not wanted or window is None:
            return found
        for pages, page in enumerate(self.gateway.list_payments(window), 1):
            new = {payment.session_id: payment for payment in page if payment.session_id in wanted}
            found |= new
            self.missing.seen(len(new))
            left = len(wanted) - len(found)
            if left == 0 or (self.strategy == "auto" and left <= pages and not new) or self.given_up.is_set():
                break
        read = self.gateway.read_reversals(list(found.values()), self.max_pages)
        return {payment.session_id: payment for payment in read}


def _window(enrollments: Sequence[Enrollment]) -> Window | None:
    """Return when the sessions of enrollments were made: about when the items were; others are asked for by id."""
    times = sorted(time for e in enrollments if (time := parse_time(e.enrolled_at)) is not None)
    if not times:
        return None
    return Window(max(0, int(times[0].timestamp()) - SESSION_MARGIN), int(times[-1].timestamp()) + SESSION_MARGIN)


def read_all(
    gateway: PaymentGateway, window: Window, *, status: str | None, now: datetime
) -> Iterator[Sequence[Payment]]:
    """Read every session of a window: the newest page first, and what is beyond it in slices of time side by side."""
    first = next(gateway.list_payments(window, status=status), ())
    yield first
    if len(first) < PAGE_SIZE:
        return
    seen = {payment.session_id for payment in first}
    rest = Window(window.since, first[-1].created + 1)  # others of the same second may be on the next page
    with ThreadPoolExecutor(_READ_AHEAD) as pool:
        slices = _slices(rest, int(now.timestamp()))
        for pages in pool.map(lambda part: list(gateway.list_payments(part, status=status)), slices):
            for page in pages:
                yield [payment for payment in page if payment.session_id not in seen]


def _slices(window: Window, now: int) -> list[Window]:
    if window.since is None:
        return [window]
    until = window.until or now + _HOUR
    step = max(_HOUR, -(-(until - window.since) // (2 * _READ_AHEAD)))
    return [Window(start, min(start + step, until)) for start in range(window.since, until, step)]
