"""Times of other programs, read or refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.times import parse_time, read_http_date, show_time, site_time


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


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59Z", "9999-01-01T00:00:00+14:00", "0001-01-01T00:00:00+14:00", "0001-12-31"]
)
def test_the_ends_of_the_calendar_are_no_times(text: str) -> None:
    """What is added to them would be out of it."""
    assert parse_time(text) is None


@given(st.datetimes(timezones=st.timezones()), st.integers(-300, 300))
def test_any_time_that_is_read_can_be_counted_with(moment: object, days: int) -> None:
    """In either direction, and in UTC."""
    time = parse_time(str(moment))
    if time is not None:
        assert site_time(time + timedelta(days=days))
