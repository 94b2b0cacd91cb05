"""Sessions that Stripe does not have: a few are missing, ten without one that is there are of a wrong account."""

import pytest

from learnermax_cli.core.errors import GuardError
from learnermax_cli.enrollments.model import Enrollment
from learnermax_cli.enrollments.read_payments import Strategy, read_windows
from tests.enrollments.counting import CountingGateway, make_sessions, pending_enrollment
from tests.enrollments.values import NOW, payment


def _missing(count: int) -> list[Enrollment]:
    return [pending_enrollment(n, int(NOW.timestamp()) - 60 * n, f"cs_test_missing{n}") for n in range(count)]


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
    enrollments = [*_missing(30), pending_enrollment(99, tenth.created, tenth.session_id)]
    [named] = read_windows(CountingGateway([tenth]), enrollments, {}, "retrieve")
    assert (30, {tenth.session_id: tenth}) == (len(named.missing), named.payments)


@pytest.mark.parametrize("strategy", ["auto", "retrieve"])
def test_one_session_found_shows_that_the_account_is_right(strategy: Strategy) -> None:
    """Where any session was found, in a list or by its id, missing ones are missing, however many."""
    gateway, enrollments = make_sessions("one moment", 5, 5, 1)
    [named] = read_windows(gateway, [*_missing(30), *enrollments], {}, strategy)
    assert 30 == len(named.missing)


def test_known_session_shows_that_the_account_is_right() -> None:
    """Sessions that --since has shown count as found."""
    known = payment("cs_test_known")
    enrollments = [*_missing(30), pending_enrollment(99, known.created, known.session_id)]
    [named] = read_windows(CountingGateway(), enrollments, {known.session_id: known}, "auto")
    assert 30 == len(named.missing)
