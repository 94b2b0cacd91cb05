"""How many requests reading the sessions of enrollments takes, and which account they are asked of."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnermax_cli.core.errors import GuardError
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    EnrollmentKey,
    FoundBy,
    Payment,
    ReversalKind,
    Window,
)
from learnermax_cli.enrollments.read_payments import WINDOW_SIZE, Strategy, read_all, read_windows
from tests.enrollments.values import CREATED, NOW, payment, reversals

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


def _enrollment(number: int, created: int, session_id: str | None) -> Enrollment:
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


def _population(shape: str, sessions: int, pending: int, seed: int) -> tuple[CountingGateway, list[Enrollment]]:
    """Return so many sessions, of which some belong to pending enrollments, each made seconds after its session."""
    random = Random(seed)
    moments = _moments(shape, sessions, random)
    gateway = CountingGateway([payment(f"cs_test_{n}", created=at) for n, at in enumerate(moments)])
    chosen = random.sample(gateway.sessions, min(pending, sessions))
    named = [_enrollment(n, s.created + random.randrange(5), s.session_id) for n, s in enumerate(chosen)]
    return gateway, named


@given(
    shape=st.sampled_from(SHAPES),
    sessions=st.integers(0, 4_000),
    pending=st.one_of(st.integers(0, 30), st.integers(0, 2_500)),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=60, deadline=None)
def test_requests_are_bounded(shape: str, sessions: int, pending: int, seed: int) -> None:
    """Auto asks at most twice the smaller of the sessions wanted and the pages of their window, and ten."""
    gateway, enrollments = _population(shape, sessions, pending, seed)
    read = list(read_windows(gateway, [*enrollments], {}, "auto"))
    found = {session_id for named in read for session_id in named.payments}
    assert {enrollment.session_id for enrollment in enrollments} <= found
    if enrollments:
        bound = 2 * min(len(enrollments), gateway.pages_of(enrollments)) + 10
        assert gateway.reads + gateway.pages <= bound


@pytest.mark.parametrize("strategy", ["auto", "list", "retrieve"])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_enrollment_is_read_once(shape: str, strategy: Strategy) -> None:
    """Whatever the strategy, each enrollment comes once, with its session, and at most 1,000 at a time."""
    gateway, enrollments = _population(shape, 1_500, 1_200, 1)
    read = list(read_windows(gateway, [*enrollments], {}, strategy))
    assert sorted(e.key for e in enrollments) == sorted(e.key for named in read for e in named.enrollments)
    assert all(e.session_id in named.payments for named in read for e in named.enrollments)
    assert max(len(named.enrollments) for named in read) <= WINDOW_SIZE
    assert frozenset().union(*(named.missing for named in read)) == frozenset()


@pytest.mark.parametrize("strategy", ["auto", "list", "retrieve"])
def test_reversals_are_read_whatever_the_strategy(strategy: Strategy) -> None:
    """A disputed session is known as such, whether a list has shown it or it was asked for by its id."""
    gateway, enrollments = _population("even", 300, 200, 7)
    lost = reversals(("lost",))
    gateway.sessions = [replace(session, reversals=lost) for session in gateway.sessions]
    read = list(read_windows(gateway, enrollments, {}, strategy))
    assert {lost} == {payment.reversals for named in read for payment in named.payments.values()}


def test_three_among_many_are_asked_for_one_by_one() -> None:
    """Three pending enrollments among thousands of sessions cost no more than six requests."""
    gateway, enrollments = _population("even", 4_000, 3, 7)
    list(read_windows(gateway, [*enrollments], {}, "auto"))
    assert gateway.reads + gateway.pages <= 6


def test_list_asks_for_no_session_that_a_page_has_shown() -> None:
    """The strategy `list` reads the pages of the window alone."""
    gateway, enrollments = _population("even", 2_000, 3, 7)
    list(read_windows(gateway, [*enrollments], {}, "list"))
    assert (0, True) == (gateway.reads, gateway.pages <= gateway.pages_of(enrollments))


def test_retrieve_lists_nothing() -> None:
    """The strategy `retrieve` asks for each session by its id."""
    gateway, enrollments = _population("even", 300, 200, 7)
    list(read_windows(gateway, [*enrollments], {}, "retrieve"))
    assert (200, 0) == (gateway.reads, gateway.pages)


def test_known_sessions_are_not_asked_for() -> None:
    """What the window of --since has shown already costs nothing more."""
    gateway, enrollments = _population("even", 300, 200, 7)
    known = {session.session_id: session for session in gateway.sessions}
    read = list(read_windows(gateway, [*enrollments], known, "auto"))
    assert (0, 0) == (gateway.reads, gateway.pages)
    assert {e.session_id for e in enrollments} == {session_id for named in read for session_id in named.payments}


@pytest.mark.parametrize("session_id", [None, "garbage", "cs_test_", "cs_test_a b", "pi_1"])
def test_unusable_session_ids_are_not_asked_for(session_id: str | None) -> None:
    """An item without a session id that Stripe could have made costs no request."""
    gateway = CountingGateway()
    read = list(read_windows(gateway, [_enrollment(1, 1_790_000_000, session_id)], {}, "auto"))
    assert (0, 0) == (gateway.reads, gateway.pages)
    assert [({}, frozenset())] == [(named.payments, named.missing) for named in read]


def test_session_made_long_before_its_item_is_found_by_its_id() -> None:
    """An item whose time does not tell when its session was made is asked for by id."""
    old = payment("cs_test_old", created=int((NOW - timedelta(days=90)).timestamp()))
    gateway = CountingGateway([old])
    [named] = read_windows(gateway, [_enrollment(1, int(NOW.timestamp()), "cs_test_old")], {}, "auto")
    assert {"cs_test_old": old} == named.payments


@pytest.mark.parametrize("at", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_time_of_an_item_may_be_anything(at: str) -> None:
    """Garbage for a time hinders nobody from being found."""
    gateway, enrollments = _population("even", 50, 5, 3)
    odd = Enrollment(EnrollmentKey("odd", "c"), "pending", "paid", at, gateway.sessions[0].session_id)
    read = list(read_windows(gateway, [*enrollments, odd], {}, "auto"))
    assert gateway.sessions[0] == read[-1].payments[gateway.sessions[0].session_id]


def _missing(count: int) -> list[Enrollment]:
    return [_enrollment(n, int(NOW.timestamp()) - 60 * n, f"cs_test_missing{n}") for n in range(count)]


@pytest.mark.parametrize("strategy", ["auto", "list", "retrieve"])
def test_ten_missing_sessions_stop_the_run(strategy: Strategy) -> None:
    """When the first ten asked for are all missing, account or mode is wrong, and nothing more is asked."""
    gateway = CountingGateway()
    with pytest.raises(GuardError) as stopped:
        list(read_windows(gateway, _missing(2_000), {}, strategy))
    assert "guard.sessions_missing" == stopped.value.code
    assert gateway.reads < 20


def test_nine_missing_sessions_are_missing() -> None:
    """Fewer than ten are reported one by one."""
    [named] = read_windows(CountingGateway(), _missing(9), {}, "retrieve")
    assert {f"cs_test_missing{n}" for n in range(9)} == named.missing


@pytest.mark.parametrize("count", [10, 11, 30])
def test_the_tenth_missing_session_stops_the_run(count: int) -> None:
    """Ten are asked for, not one more, however many there are."""
    gateway = CountingGateway()
    with pytest.raises(GuardError) as stopped:
        list(read_windows(gateway, _missing(count), {}, "retrieve"))
    told = "the first 10 sessions asked for were not found at Stripe: wrong account or mode?"
    assert (10, told) == (gateway.reads, stopped.value.message)


def test_session_found_at_the_tenth_shows_that_the_account_is_right() -> None:
    """Nine missing ones, one that is there, and any number of missing ones after it."""
    tenth = payment("cs_test_missing16a")  # asked for in the order of ids: 0, 1, 10 to 16, and then this one
    enrollments = [*_missing(30), _enrollment(99, tenth.created, tenth.session_id)]
    [named] = read_windows(CountingGateway([tenth]), enrollments, {}, "retrieve")
    assert (30, {tenth.session_id: tenth}) == (len(named.missing), named.payments)


@pytest.mark.parametrize("strategy", ["auto", "retrieve"])
def test_one_session_found_shows_that_the_account_is_right(strategy: Strategy) -> None:
    """Where any session was found, in a list or by its id, missing ones are missing, however many."""
    gateway, enrollments = _population("one moment", 5, 5, 1)
    [named] = read_windows(gateway, [*_missing(30), *enrollments], {}, strategy)
    assert 30 == len(named.missing)


def test_known_session_shows_that_the_account_is_right() -> None:
    """Sessions that --since has shown count as found."""
    known = payment("cs_test_known")
    enrollments = [*_missing(30), _enrollment(99, known.created, known.session_id)]
    [named] = read_windows(CountingGateway(), enrollments, {known.session_id: known}, "auto")
    assert 30 == len(named.missing)


@pytest.mark.parametrize("shape", SHAPES)
def test_read_all_reads_each_session_once(shape: str) -> None:
    """Every session of a window comes exactly once, though it is read in slices side by side."""
    gateway, _ = _population(shape, 1_000, 0, 5)
    pages = read_all(gateway, Window(0, None), status=None, now=NOW)
    assert sorted(s.session_id for s in gateway.sessions) == sorted(p.session_id for page in pages for p in page)


def test_read_all_reads_every_second() -> None:
    """No moment falls between two slices of time."""
    now = int(NOW.timestamp())
    gateway = CountingGateway([payment(f"cs_test_{at}", created=at) for at in range(now - 7_300, now)])
    pages = read_all(gateway, Window(now - 7_300, None), status=None, now=NOW)
    assert list(range(now - 7_300, now)) == sorted(payment.created for page in pages for payment in page)


def test_reading_ends_with_its_reader() -> None:
    """Who stops asking for windows stops the reading ahead."""
    gateway, enrollments = _population("far apart", 4_000, 4_000, 5)
    windows = read_windows(gateway, [*enrollments], {}, "retrieve")
    next(windows)
    windows.close()  # type: ignore[attr-defined]
    assert gateway.reads < 4_000


class Meeting(CountingGateway):
    """Answers reads by id only in groups of four that are under way at the same time, after the first."""

    def __init__(self, sessions: list[Payment]) -> None:
        super().__init__(sessions)
        self.barrier = threading.Barrier(4, timeout=30)
        self.met = 0

    def read_payment(self, session_id: str) -> Payment | None:
        found = super().read_payment(session_id)
        if self.reads > 1:
            self.barrier.wait()
            self.met += 1
        return found


def test_what_is_read_by_its_id_is_read_side_by_side() -> None:
    """Once a session was found, so that the account is not the wrong one."""
    gateway = Meeting([payment(f"cs_test_{number}") for number in range(9)])
    enrollments = [_enrollment(number, CREATED, f"cs_test_{number}") for number in range(9)]
    [read] = read_windows(gateway, enrollments, {}, "retrieve")
    assert (9, 8) == (len(read.payments), gateway.met)
