"""What a receiver remembers of sessions that have nothing left to tell."""

from learnermax_cli.webhooks.handle import MAX_SETTLED as MOST
from learnermax_cli.webhooks.handle import SETTLED_SECONDS as SECONDS
from learnermax_cli.webhooks.handle import Settled


def test_a_session_is_remembered_for_a_minute() -> None:
    """Then the table is asked again."""
    now = 5.0
    settled = Settled(lambda: now)
    settled.add("cs_test_1", "completed")
    now += SECONDS - 0.1
    assert "completed" == settled.status_of("cs_test_1")
    now += 0.1
    assert None is settled.status_of("cs_test_1")


def test_only_so_many_are_remembered() -> None:
    """The oldest is forgotten for the newest, so memory stays flat."""
    settled = Settled()
    for number in range(MOST + 1):
        settled.add(f"cs_test_{number}", "completed")
    assert [None, "completed", "completed"] == [settled.status_of(f"cs_test_{n}") for n in (0, 1, MOST)]


def test_a_session_that_nobody_saw_is_unknown() -> None:
    """An empty memory tells nothing."""
    assert None is Settled().status_of("cs_test_1")
