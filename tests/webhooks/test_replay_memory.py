"""How much a replay holds: 100,000 events may take 100 MB, which is a kilobyte for each."""

import threading
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta

import pytest

from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.change import Change, OutcomeWord, Result
from learnermax_cli.webhooks.model import EventHint, Handled
from learnermax_cli.webhooks.replay_pass import ReplayPass, Tally
from tests.enrollments.values import NOW

BYTES_EACH = 1_024
DAY_AGO = int((NOW - timedelta(days=1)).timestamp())


def _hints(count: int) -> Iterator[EventHint]:
    """Make up events, each when it is asked for, as long as those of Stripe are."""
    for number in range(count):
        yield EventHint(
            f"evt_{number:024}",
            "checkout.session.completed",
            DAY_AGO + number // 10,
            livemode=False,
            session_id=f"cs_test_a1{number:056}",
            key=EnrollmentKey(f"0b8f6d0c-8a0e-4a39-8f5e-{number:012}", "course"),
            managed=True,
            environment="sandbox",
        )


def _completed(hint: EventHint, outcome: OutcomeWord) -> Handled:
    after = {"paymentStatus": "completed", "stripeSessionId": str(hint.session_id)}
    changes = (
        Change("enrollment", str(hint.key), "complete", {"paymentStatus": "pending"}, after),
        Change("event", str(hint.key), "publish", None, {"eventType": "EnrollmentCompleted"}),
    )
    return Handled(hint, "changed", "paid", tuple(Result(change, outcome) for change in changes))


def _peak(count: int, outcome: OutcomeWord) -> int:
    """Return the most bytes held while so many events are handled and noted for the report."""
    tracemalloc.start()
    try:
        tally = Tally()
        job = ReplayPass(lambda hint: _completed(hint, outcome), lambda: NOW, threading.Event())
        for batch in job.batches(_hints(count)):
            tally.add(batch)
        assert (count, count) == (tally.events, tally.count("complete", outcome))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("outcome", ["applied", "planned"])
def test_a_kilobyte_for_each_event(outcome: OutcomeWord) -> None:
    """12,000 events take at most a kilobyte each more than 2,000."""
    few, many = _peak(2_000, outcome), _peak(12_000, outcome)
    assert (many - few) / 10_000 <= BYTES_EACH
