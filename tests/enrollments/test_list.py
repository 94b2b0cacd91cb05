"""`enrollments list`: by status, course and student, each with the cheapest read there is."""

import pytest

from tests.checkout import worlds
from tests.ran import last_entry
from tests.running import Sandbox

KEYS = [("user-1", "A", "pending"), ("user-1", "B", "completed"), ("user-2", "A", "free"), ("user-2", "B", "pending")]


def _three_courses(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, "A", "9.99")
    worlds.put_student(sandbox, "user-1")
    for user, course, status in KEYS:
        worlds.put_enrollment(sandbox, user, course, paymentStatus=status)


def _listed(sandbox: Sandbox, *args: str) -> tuple[list[tuple[str, str, str]], set[str]]:
    before = last_entry(sandbox)
    ran = worlds.run(sandbox, "enrollments", "list", *args)
    assert 0 == ran.exit_code
    operations = {entry["operation"] for entry in sandbox.control.journal(before)}
    return [(row["user_id"], row["course_id"], row["status"]) for row in ran.report["items"]], operations


def test_filters_and_their_reads(sandbox: Sandbox) -> None:
    """A scan only without course and student; a query for either; a read by key for both."""
    _three_courses(sandbox)
    assert (KEYS, {"Scan"}) == _listed(sandbox)
    assert ([KEYS[0], KEYS[3]], {"Scan"}) == _listed(sandbox, "--status", "pending")
    assert ([KEYS[0], KEYS[2]], {"Query"}) == _listed(sandbox, "--course", "A")
    assert ([KEYS[2], KEYS[3]], {"Query"}) == _listed(sandbox, "--user", "user-2")
    assert ([KEYS[2]], {"Query"}) == _listed(sandbox, "--user", "user-2", "--status", "free")
    assert ([KEYS[1]], {"BatchGetItem"}) == _listed(sandbox, "--user", "user-1", "--course", "B")


@pytest.mark.parametrize(
    ("args", "said", "unknown"),
    [
        ((), "No enrollments.", []),
        (("--status", "free"), "No free enrollments.", []),
        (("--course", "A"), "No enrollments in course A.", []),
        (("--course", "a"), "No enrollments in course a.", ["Warning: {table} has no course a; see lmx courses list"]),
        (("--user", "user-1"), "No enrollments of student user-1.", []),
        (
            ("--user", "[1m\x1b[1m", "--course", "nobody", "--status", "pending"),
            "No pending enrollments in course nobody of student [1m\\x1b[1m.",
            [
                "Error: student [1m\\x1b[1m not found",
                "Warning: {table} has no course nobody; see lmx courses list",
            ],
        ),
    ],
)
def test_nothing_found_names_what_was_asked_for(
    sandbox: Sandbox, args: tuple[str, ...], said: str, unknown: list[str]
) -> None:
    """A typo can be seen: a course that the table does not have is warned of, such a student is an error."""
    worlds.put_course(sandbox, "A", "9.99")
    worlds.put_student(sandbox, "user-1")
    done = sandbox.run("enrollments", "list", *args)
    told = sorted(line for line in done.stderr.splitlines() if line.startswith(("Warning: ", "Error: ")))
    code = int(any(line.startswith("Error: ") for line in unknown))
    expected = [line.format(table=f"table {sandbox.dynamodb().name}") for line in unknown]
    assert (code, f"{said}\n", expected) == (done.returncode, done.stdout, told)


def test_second_course_is_wrong_usage(sandbox: Sandbox) -> None:
    """Not one of the two is left out in silence."""
    done = sandbox.run("enrollments", "list", "--course", "A", "--course", "B")
    said = ["Error: only one --course is allowed", "  List each course separately, or all without --course."]
    assert (2, "", said) == (done.returncode, done.stdout, done.stderr.splitlines())


def test_status_that_does_not_exist_is_wrong_usage(sandbox: Sandbox) -> None:
    """The answer names those that do."""
    done = sandbox.run("enrollments", "list", "--status", "paid")
    error = "Error: Invalid value for '--status': 'paid' is not one of 'pending', 'completed', 'free'."
    assert (2, [error, "  See lmx enrollments list --help."]) == (done.returncode, done.stderr.splitlines())


def test_row_holds_what_the_item_says(sandbox: Sandbox) -> None:
    """Type, time, session, and since when an event is owed."""
    worlds.put_enrollment(
        sandbox, stripeSessionId="cs_test_1", enrollmentEvent={"run": "r", "at": "2025-10-15T12:35:00.000Z"}
    )
    row = worlds.run(sandbox, "enrollments", "list").report["items"][0]
    assert {
        "user_id": worlds.USER,
        "course_id": worlds.COURSE,
        "status": "pending",
        "enrollment_type": "paid",
        "enrolled_at": "2025-10-15T12:34:56.789Z",
        "session_id": "cs_test_1",
        "event_owed_since": "2025-10-15T12:35:00.000Z",
        "access_revoked_at": None,
        "access_revoked_reason": None,
        "access_kept_at": None,
        "access_kept_reason": None,
    } == row


def test_access_that_was_decided_on_is_shown(sandbox: Sandbox) -> None:
    """Revoked, with the reason; the columns are there where an enrollment has any of it."""
    worlds.put_enrollment(sandbox)
    assert "access" not in sandbox.run("enrollments", "list").stdout
    at = "2026-10-15T12:35:00.000Z"
    worlds.put_enrollment(sandbox, accessRevokedAt=at, accessRevokedReason="refunded")
    row = worlds.run(sandbox, "enrollments", "list").report["items"][0]
    assert (at, "refunded", None, None) == tuple(value for name, value in row.items() if name.startswith("access"))
    heading, line = sandbox.run("enrollments", "list").stdout.splitlines()
    assert (True, [at, "refunded"]) == (
        heading.endswith("access revoked at         access revoked reason"),
        line.split()[-2:],
    )


def test_table_shows_the_rows(sandbox: Sandbox) -> None:
    """The table has a line for each enrollment, and says so when there is none."""
    assert "No enrollments.\n" == sandbox.run("enrollments", "list").stdout
    worlds.put_enrollment(sandbox)
    lines = sandbox.run("enrollments", "list").stdout.splitlines()
    assert [True, True] == [lines[0].startswith("user id"), worlds.USER in lines[1]]
