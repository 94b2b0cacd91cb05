"""The limiter hands out slots by a clock of its own making."""

from learnermax_cli.core.retries import RateLimiter


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def limiter(rate: float, burst: int = 1) -> tuple[RateLimiter, Time]:
    """Return a limiter and its time."""
    time = Time()
    return RateLimiter(rate, burst=burst, monotonic=time.monotonic, sleep=time.sleep), time


def elapsed(limit: RateLimiter, time: Time, slots: int) -> float:
    """Return how many seconds so many slots take."""
    started = time.now
    for _ in range(slots):
        limit.wait()
    return round(time.now - started, 6)


def test_slots_come_at_the_rate() -> None:
    """A hundred requests at 10/s take ten seconds, less what the start is spared."""
    limit, time = limiter(10.0)
    assert 9.8 <= elapsed(limit, time, 100) <= 10.0


def test_first_requests_do_not_wait() -> None:
    """A run that asks little is not slowed at all."""
    limit, time = limiter(10.0, burst=2)
    assert (0.0, 0.1) == (elapsed(limit, time, 2), elapsed(limit, time, 1))


def test_no_second_holds_more_than_the_rate_and_a_burst() -> None:
    """Neither the start nor a pause lets more through."""
    limit, time = limiter(10.0, burst=4)
    given: list[float] = []
    for index in range(60):
        if index == 30:
            time.sleep(60)
        limit.wait()
        given.append(time.now)
    assert 15 >= max(sum(start <= at < start + 1 for at in given) for start in given)


def test_throttle_halves_the_rate() -> None:
    """After a 429 the next requests come half as fast."""
    limit, _ = limiter(20.0)
    limit.slow_down()
    assert 10.0 == limit.rate


def test_threads_that_were_told_together_halve_it_once() -> None:
    """Eight answers of the same moment are one throttle."""
    limit, time = limiter(20.0)
    for _ in range(8):
        limit.slow_down()
    assert 10.0 == limit.rate
    time.sleep(1.5)
    limit.slow_down()
    assert 5.75 == limit.rate


def test_rate_is_won_back_and_no_more() -> None:
    """It grows slowly, up to where it was."""
    limit, time = limiter(20.0)
    limit.slow_down()
    time.sleep(4)
    assert 14.0 == limit.rate
    time.sleep(60)
    assert 20.0 == limit.rate


def test_rate_never_falls_to_nothing() -> None:
    """However long Stripe throttles, the run goes on."""
    limit, time = limiter(20.0)
    for _ in range(20):
        limit.slow_down()
        time.sleep(1.0)
    assert 1.0 <= limit.rate


def test_slot_too_far_away_is_not_taken() -> None:
    """Who can't wait is told at once, and leaves the slot to those who can."""
    limit, time = limiter(1.0, burst=0)
    assert [True, False, True] == [limit.wait(1.5), limit.wait(0.5), limit.wait(1.5)]
    assert 102.0 == time.now
