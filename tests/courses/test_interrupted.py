"""Ctrl-C while the last write of `lmx courses` is in flight: it is applied, and the report says so."""

from decimal import Decimal

from learnermax_cli.courses.seed import read_seed_courses
from tests.enrollments.worlds import put_items
from tests.interrupting import APPLIED, interrupted
from tests.products.worlds import put_course, read_course
from tests.running import Sandbox


def test_price_is_written(sandbox: Sandbox) -> None:
    """It is in the table, and its cost in the report."""
    put_course(sandbox, "a", "4999")
    report = interrupted(sandbox, "courses", "set-price", "a", "49.99", operation="UpdateItem")
    assert (APPLIED, ["applied"], True) == (
        report["error"],
        [change["outcome"] for change in report["changes"]],
        report["meter"]["dynamodb_write_units"] > 0,
    )
    assert (Decimal("49.99"), "major") == (read_course(sandbox, "a")["price"], read_course(sandbox, "a")["priceUnit"])


def test_last_course_is_seeded(sandbox: Sandbox) -> None:
    """Nothing is left to seed."""
    *others, last = read_seed_courses()
    put_items(sandbox, others)
    report = interrupted(sandbox, "courses", "seed", operation="PutItem")
    assert (APPLIED, {"create": 1, "unchanged": len(others), "failed": 0}) == (report["error"], report["summary"])
    assert last["name"] == read_course(sandbox, last["courseId"])["name"]


def test_courses_that_were_not_begun_are_counted(sandbox: Sandbox) -> None:
    """Four are in flight; the others are left."""
    report = interrupted(sandbox, "courses", "seed", operation="PutItem", at_least=4)
    left = len(read_seed_courses()) - 4
    assert f"interrupted; {left} courses not applied" == report["error"]["message"]
    assert {"create": 4, "unchanged": 0, "failed": 0} == report["summary"]
