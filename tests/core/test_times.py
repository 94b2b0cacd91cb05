"""Times of other programs, read or refused."""

import pytest

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.times import read_http_date, show_time


@pytest.mark.parametrize("header", ["Mon, 23 Nov 2026 09:30:00 GMT", "Mon, 23 Nov 2026 10:30:00 +0100"])
def test_http_date(header: str) -> None:
    """In UTC, whatever the offset."""
    assert "2026-11-23T09:30:00Z" == show_time(read_http_date(header, "Stripe"))


@pytest.mark.parametrize(
    "header",
    [None, "", "soon", "Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "Mon, 23 Nov 2026 09:30:00 +99999999999999"],
)
def test_header_that_is_no_time(header: str | None) -> None:
    """Also one that no calendar has."""
    with pytest.raises(FailedError, match="Stripe does not say its time"):
        read_http_date(header, "Stripe")
