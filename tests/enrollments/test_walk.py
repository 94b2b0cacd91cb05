"""The walk through a long history: windows without gap or overlap, cut where they are too long, grown back after."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.enrollments.walk import Walk, read_walk

NOW = datetime(2026, 11, 23, 12, 0, 0, 500_000, tzinfo=UTC)
THEN = datetime(2026, 10, 1, tzinfo=UTC)


def on(walk: Walk) -> Walk:
    """Return the walk after a window that brought nothing."""
    return walk.on(applied=0, failed=0, findings=0)


def test_windows_cover_the_span() -> None:
    """Each window begins where the one before ended; the last ends with the span."""
    walk = read_walk({"since": "2026-10-01T00:00:00Z", "until": "2026-10-20T00:00:00Z", "step": "7d"}, NOW)
    ends = []
    while not walk.done:
        ends.append(walk.end)
        walk = on(walk)
    assert [THEN + timedelta(days=days) for days in (7, 14, 19)] == ends


def test_output_is_the_next_input() -> None:
    """What a run returns names the same walk, whenever it is read."""
    walk = on(read_walk({"since": "42d", "step": "90m"}, NOW))
    assert walk == read_walk(walk.as_json(), NOW + timedelta(days=1))


def test_end_is_fixed_at_the_beginning() -> None:
    """Without an end it is the present, in whole seconds as Stripe has them."""
    assert NOW.replace(microsecond=0) == read_walk({"since": "1d"}, NOW).until


def test_window_is_cut_and_grows_back() -> None:
    """A window that was too long is halved, and doubled again up to the step."""
    walk = read_walk({"since": "42d", "step": "8d"}, NOW)
    cut = walk.shorter().shorter()
    assert (walk.cursor, timedelta(days=2)) == (cut.cursor, cut.size)
    sizes = [on(cut).size, on(on(cut)).size, on(on(on(cut))).size]
    assert [timedelta(days=days) for days in (4, 8, 8)] == sizes


def test_last_window_is_cut_by_its_own_length() -> None:
    """The last window is shorter than a step: half of it is half of what is left, or nothing would be gained."""
    walk = on(read_walk({"since": "9d", "step": "8d"}, NOW))
    assert timedelta(hours=12) == walk.shorter().size


def test_counts_add_up() -> None:
    """What each window brought is added to what those before it did."""
    walk = read_walk({"since": "42d", "windows": 2, "applied": 30, "failed": 20, "findings": 10}, NOW)
    after = walk.on(applied=3, failed=2, findings=1)
    assert (3, 33, 22, 11) == (after.windows, after.applied, after.failed, after.findings)


def test_two_minutes_are_cut_to_the_shortest_window() -> None:
    """A window of exactly a minute is still tried."""
    assert timedelta(minutes=1) == read_walk({"since": "42d", "step": "2m"}, NOW).shorter().size


def test_shortest_window_is_not_cut() -> None:
    """Below a minute nothing is gained: a person has to look."""
    with pytest.raises(FailedError, match="not done in one run"):
        read_walk({"since": "42d", "step": "1m"}, NOW).shorter()


@pytest.mark.parametrize(
    ("step", "written"), [("3m", "3m"), ("90m", "1h30m"), ("7d", "7d"), ("900d", "900d"), ("99999m", "69d10h39m")]
)
def test_step_survives_being_written(step: str, written: str) -> None:
    """Any step can be read again from the output."""
    walk = read_walk({"since": "2000d", "step": step}, NOW).as_json()
    assert (written, written) == (walk["step"], read_walk(walk, NOW).as_json()["step"])


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"since": ""},
        {"since": "yesterday"},
        {"since": "1d", "until": "2d"},
        {"since": "1d", "until": "1d"},
        {"since": "1d", "step": "week"},
        {"since": "1d", "step": "0d"},
        {"since": "1d", "cursor": "?"},
        {"since": "1d", "cursor": "2d"},
        {"since": "1d", "failed": "x"},
        {"since": "1d", "failed": "3"},
        {"since": "1d", "findings": -1},
        {"since": "1d", "windows": None},
        {"since": "1d", "applied": True},
    ],
)
def test_senseless_input(event: dict[str, object]) -> None:
    """Nothing is guessed, and what is wrong comes with a remedy."""
    with pytest.raises(UsageError) as refused:
        read_walk(event, NOW)
    assert re.search(r"[Gg]ive|Start with", refused.value.hint)
