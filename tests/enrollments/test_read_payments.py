"""How many requests reading the sessions of enrollments takes, and that none is left out."""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment
from learnermax_cli.enrollments.read_payments import WINDOW_SIZE, Strategy, read_windows
from tests.enrollments.counting import SHAPES, CountingGateway, make_sessions, pending_enrollment
from tests.enrollments.values import CREATED, NOW, payment, reversals


@given(
    shape=st.sampled_from(SHAPES),
    sessions=st.integers(0, 4_000),
    pending=st.one_of(st.integers(0, 30), st.integers(0, 2_500)),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=60, deadline=None)
def test_requests_are_bounded(shape: str, sessions: int, pending: int, seed: int) -> None:
    """Auto asks at most twice the smaller of the sessions wanted and the pages of their window, and ten."""
    gateway, enrollments = make_sessions(shape, sessions, pending, seed)
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
    gateway, enrollments = make_sessions(shape, 1_500, 1_200, 1)
    read = list(read_windows(gateway, [*enrollments], {}, strategy))
    assert sorted(e.key for e in enrollments) == sorted(e.key for named in read for e in named.enrollments)
    assert all(e.session_id in named.payments for named in read for e in named.enrollments)
    assert max(len(named.enrollments) for named in read) <= WINDOW_SIZE
    assert frozenset().union(*(named.missing for named in read)) == frozenset()


@pytest.mark.parametrize("strategy", ["auto", "list", "retrieve"])
def test_reversals_are_read_whatever_the_strategy(strategy: Strategy) -> None:
    """A disputed session is known as such, whether a list has shown it or it was asked for by its id."""
    gateway, enrollments = make_sessions("even", 300, 200, 7)
    lost = reversals(("lost",))
    gateway.sessions = [replace(session, reversals=lost) for session in gateway.sessions]
    read = list(read_windows(gateway, enrollments, {}, strategy))
    assert {lost} == {payment.reversals for named in read for payment in named.payments.values()}


def test_three_among_many_are_asked_for_one_by_one() -> None:
    """Three pending enrollments among thousands of sessions cost no more than six requests."""
    gateway, enrollments = make_sessions("even", 4_000, 3, 7)
    list(read_windows(gateway, [*enrollments], {}, "auto"))
    assert gateway.reads + gateway.pages <= 6


def test_list_asks_for_no_session_that_a_page_has_shown() -> None:
    """The strategy `list` reads the pages of the window alone."""
    gateway, enrollments = make_sessions("even", 2_000, 3, 7)
    list(read_windows(gateway, [*enrollments], {}, "list"))
    assert (0, True) == (gateway.reads, gateway.pages <= gateway.pages_of(enrollments))


def test_retrieve_lists_nothing() -> None:
    """The strategy `retrieve` asks for each session by its id."""
    gateway, enrollments = make_sessions("even", 300, 200, 7)
    list(read_windows(gateway, [*enrollments], {}, "retrieve"))
    assert (200, 0) == (gateway.reads, gateway.pages)


def test_known_sessions_are_not_asked_for() -> None:
    """What the window of --since has shown already costs nothing more."""
    gateway, enrollments = make_sessions("even", 300, 200, 7)
    known = {session.session_id: session for session in gateway.sessions}
    read = list(read_windows(gateway, [*enrollments], known, "auto"))
    assert (0, 0) == (gateway.reads, gateway.pages)
    assert {e.session_id for e in enrollments} == {session_id for named in read for session_id in named.payments}


@pytest.mark.parametrize("session_id", [None, "garbage", "cs_test_", "cs_test_a b", "pi_1"])
def test_unusable_session_ids_are_not_asked_for(session_id: str | None) -> None:
    """An item without a session id that Stripe could have made costs no request."""
    gateway = CountingGateway()
    read = list(read_windows(gateway, [pending_enrollment(1, 1_790_000_000, session_id)], {}, "auto"))
    assert (0, 0) == (gateway.reads, gateway.pages)
    assert [({}, frozenset())] == [(named.payments, named.missing) for named in read]


def test_session_made_long_before_its_item_is_found_by_its_id() -> None:
    """An item whose time does not tell when its session was made is asked for by id."""
    old = payment("cs_test_old", created=int((NOW - timedelta(days=90)).timestamp()))
    gateway = CountingGateway([old])
    [named] = read_windows(gateway, [pending_enrollment(1, int(NOW.timestamp()), "cs_test_old")], {}, "auto")
    assert {"cs_test_old": old} == named.payments


@pytest.mark.parametrize("at", ["", "yesterday", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_time_of_an_item_may_be_anything(at: str) -> None:
    """Garbage for a time hinders nobody from being found."""
    gateway, enrollments = make_sessions("even", 50, 5, 3)
    odd = Enrollment(EnrollmentKey("odd", "c"), "pending", "paid", at, gateway.sessions[0].session_id)
    read = list(read_windows(gateway, [*enrollments, odd], {}, "auto"))
    assert gateway.sessions[0] == read[-1].payments[gateway.sessions[0].session_id]


def test_reading_ends_with_its_reader() -> None:
    """Who stops asking for windows stops the reading ahead."""
    gateway, enrollments = make_sessions("far apart", 4_000, 4_000, 5)
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
    enrollments = [pending_enrollment(number, CREATED, f"cs_test_{number}") for number in range(9)]
    [read] = read_windows(gateway, enrollments, {}, "retrieve")
    assert (9, 8) == (len(read.payments), gateway.met)
