"""How much a reconcile holds: 100,000 pending enrollments may take 100 MB, which is a kilobyte for each."""

import tracemalloc
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest

from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.model import PAGE_SIZE, Enrollment, EnrollmentKey, Payment, Window
from learnermax_cli.enrollments.plan_event import EventRules
from learnermax_cli.enrollments.read_table import Scope, Table
from learnermax_cli.enrollments.reconcile_pass import Reconcile
from learnermax_cli.planning.change import Result, planned
from tests.enrollments.history import History
from tests.enrollments.values import NOW, PRICE, RULES, payment, unpaid

SPACING = 6
BYTES_EACH = 1_024


class MadeUpSessions(History):
    """Sessions six seconds apart, each made when it is asked for, as those of Stripe's pages are."""

    def __init__(self, count: int, *, paid: bool) -> None:
        super().__init__()
        self._first = int(NOW.timestamp()) - count * SPACING
        self._size = count
        self._paid = paid

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        low = max(0, -(-((window.since or 0) - self._first) // SPACING))
        high = min(self._size, -(-((window.until or 1 << 40) - self._first) // SPACING))
        for end in range(high, low, -PAGE_SIZE):
            yield [self._session(number) for number in range(end - 1, max(low, end - PAGE_SIZE) - 1, -1)]

    def enrollments(self) -> list[Enrollment]:
        """Return the pending enrollments of all sessions."""
        return [
            Enrollment(
                EnrollmentKey(_user(number), "a"),
                "pending",
                "paid",
                site_time(NOW - timedelta(seconds=(self._size - number) * SPACING)),
                _session_id(number),
            )
            for number in range(self._size)
        ]

    def _session(self, number: int) -> Payment:
        user = _user(number)
        says: dict[str, Any] = {
            "created": self._first + number * SPACING,
            "metadata_user": user,
            "reference_user": user,
        }
        made = payment(_session_id(number), course_id="a", **says)
        return made if self._paid else unpaid("open", made.session_id, course_id="a", **says)


def _user(number: int) -> str:
    return f"0b8f6d0c-8a0e-4a39-8f5e-{number:012}"


def _session_id(number: int) -> str:
    return f"cs_test_a1{number:056}"


def _peak(count: int, *, paid: bool) -> int:
    """Return the most bytes held while so many pending enrollments are read, decided and noted for the report."""
    gateway = MadeUpSessions(count, paid=paid)
    tracemalloc.start()
    try:
        table = Table(gateway.enrollments(), {"a": PRICE})
        job = Reconcile(gateway, gateway, RULES, Scope(), EventRules("publish", NOW))
        batches = job.batches(table)
        del table
        results: list[Result] = []
        for batch in batches:
            results += planned(change for work in batch for change in work.changes)
        assert count == job.tally.examined
        assert (2 * count if paid else 0) == len(results)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.parametrize("paid", [True, False], ids=["paid", "open"])
def test_a_kilobyte_for_each_pending_enrollment(paid: bool) -> None:
    """12,000 pending enrollments take at most a kilobyte each more than 2,000."""
    few, many = _peak(2_000, paid=paid), _peak(12_000, paid=paid)
    assert (many - few) / 10_000 <= BYTES_EACH
