"""All sessions of a window are read, each once, in slices of time side by side."""

import pytest

from learnermax_cli.enrollments.model import Window
from learnermax_cli.enrollments.read_payments import read_all
from tests.enrollments.counting import SHAPES, CountingGateway, make_sessions
from tests.enrollments.values import NOW, payment


@pytest.mark.parametrize("shape", SHAPES)
def test_read_all_reads_each_session_once(shape: str) -> None:
    """Every session of a window comes exactly once, though it is read in slices side by side."""
    gateway, _ = make_sessions(shape, 1_000, 0, 5)
    pages = read_all(gateway, Window(0, None), status=None, now=NOW)
    assert sorted(s.session_id for s in gateway.sessions) == sorted(p.session_id for page in pages for p in page)


def test_read_all_reads_every_second() -> None:
    """No moment falls between two slices of time."""
    now = int(NOW.timestamp())
    gateway = CountingGateway([payment(f"cs_test_{at}", created=at) for at in range(now - 7_300, now)])
    pages = read_all(gateway, Window(now - 7_300, None), status=None, now=NOW)
    assert list(range(now - 7_300, now)) == sorted(payment.created for page in pages for payment in page)
