"""Each bad row against each main command: no traceback, the others go through, the row is named with its reason."""

import json
from collections.abc import Mapping

import pytest

from tests.hostile.rows import ALL_ROWS, BAD, EVE, GOOD, HUGE, LONG_NAME, ROWS, Item, Row, course
from tests.hostile.worlds import COMMANDS, GOES_THROUGH, outcomes, place_of, put_world
from tests.products.worlds import put_courses
from tests.running import Sandbox
from tests.sampling import sampled

CASES = [(row, command) for row in ROWS for command in COMMANDS]


@pytest.mark.parametrize("case", sampled(CASES, 97, in_ci=23), ids=[f"{row.name}-{command}" for row, command in CASES])
def test_row_stops_nothing(sandbox: Sandbox, case: tuple[Row, str]) -> None:
    """Everything good goes through, and what is said of the row names it and the reason."""
    row, command = case
    place = place_of(sandbox)
    put_world(place, [row])
    ran = place.run(*COMMANDS[command])
    said = json.dumps(ran.report, ensure_ascii=False)
    assert GOES_THROUGH[command](ran.report), ran.stderr
    assert row.says.get(command, "") in said
    assert [] == [text for text in row.silent if text in said]
    if command != "doctor":  # of a sandbox it has more to say
        assert int(row.refused and command == "sync") == ran.exit_code, ran.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_all_rows_at_once_stop_nothing(sandbox: Sandbox, command: str) -> None:
    """Each is named in the one report."""
    place = place_of(sandbox)
    put_world(place, ALL_ROWS)
    ran = place.run(*COMMANDS[command])
    said = json.dumps(ran.report, ensure_ascii=False)
    assert GOES_THROUGH[command](ran.report), ran.stderr
    assert [] == [row.name for row in ALL_ROWS if row.says.get(command, "") not in said]


ON_THE_ROW: Mapping[str, tuple[str, ...]] = {
    "price": ("courses", "set-price", BAD, "59.99"),
    "sync": ("products", "sync", "--yes", "--course", BAD),
    "checkout": ("checkout", "create", BAD, "--user", "ada"),
    "enroll": ("enrollments", "create", BAD, "--user", "ada"),
    "link": ("checkout", "link", BAD),
    "checkout of eve": ("checkout", "create", GOOD, "--user", EVE),
    "reconcile of eve": ("enrollments", "reconcile", "--user", EVE, "--release-expired"),
    "release of eve": ("enrollments", "release", GOOD, "--user", EVE, "--yes"),
    "list of eve": ("enrollments", "list", "--user", EVE),
    "list of the course": ("enrollments", "list", "--course", GOOD),
}
ROW_CASES = [(row, command) for row in ROWS for command in ON_THE_ROW]


@pytest.mark.parametrize(
    "case", sampled(ROW_CASES, 97, in_ci=23), ids=[f"{row.name}-{command}" for row, command in ROW_CASES]
)
def test_row_itself_is_answered(sandbox: Sandbox, case: tuple[Row, str]) -> None:
    """A command on nothing but the bad row does it, or says in two lines why not."""
    row, command = case
    place = place_of(sandbox)
    put_world(place, [row])
    ran = place.run(*ON_THE_ROW[command])
    assert {0, 1} >= {ran.exit_code}, ran.stderr
    assert "bug" != ran.report.get("error", {}).get("code")
    if command.startswith("list"):
        assert [] == [text for text in row.silent if text in json.dumps(ran.report)]


ODD: Item = {
    "name": {"M": {"n": HUGE, "s": {"NS": ["1", "1E+38"]}, "b": {"B": b"\x00"}}},
    "price": {"BS": [b"\x00", b"\x01"]},
    "curriculum": {"L": [{"L": [{"SS": ["a"]}, {"NULL": True}]}]},
    "comingSoon": HUGE,
    "stripeProductId": {"L": []},
}


def test_seed_course_is_replaced_whatever_it_holds(sandbox: Sandbox) -> None:
    """Its plan shows any type; a second run has nothing to do."""
    place = place_of(sandbox)
    place.put({**course("TEST-COURSE-001"), **ODD})
    ran = place.run("courses", "seed", "--replace", "--yes")
    assert (0, "applied") == (ran.exit_code, dict(outcomes(ran.report))["TEST-COURSE-001"])
    assert [] == place.run("courses", "seed", "--replace", "--yes").report["changes"]


def test_list_grows_with_its_texts_alone(sandbox: Sandbox) -> None:
    """A hundred courses beside one with a name of 99,000 characters."""
    put_courses(sandbox, (f"c{number:03}" for number in range(100)))
    place_of(sandbox).put(course(name={"S": LONG_NAME}))
    listed = sandbox.run("courses", "list").stdout
    assert LONG_NAME in listed
    assert len(listed) < len(LONG_NAME) + 102 * 500
