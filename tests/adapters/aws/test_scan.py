"""A scan reads the segments of a table side by side."""

import pytest

from learnermax_cli.adapters.aws.course_table import CourseTable
from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.core.errors import FailedError
from tests.ran import last_entry
from tests.running import Sandbox
from tests.sandbox.course_items import KB, put_courses

TABLE = "learnermax-education-sandbox"


def count_scans(sandbox: Sandbox, since: int) -> int:
    """Return how many Scan requests came after a journal entry."""
    return [entry["operation"] for entry in sandbox.control.journal(since)].count("Scan")


def test_segment_that_fails_ends_the_others(sandbox: Sandbox) -> None:
    """What the others would read is paid for and of no use."""
    put_courses(sandbox, 32, 390 * KB)
    courses = CourseTable(Table(sandbox.dynamodb_client(), TABLE))
    begun = last_entry(sandbox)
    assert 32 == len(list(courses.list_courses()))
    whole = count_scans(sandbox, begun)
    sandbox.control.add_fault("error", operation="Scan", status=400, code="ValidationException")
    begun = last_entry(sandbox)

    with pytest.raises(FailedError, match="ValidationException"):
        list(courses.list_courses())

    assert count_scans(sandbox, begun) < whole
