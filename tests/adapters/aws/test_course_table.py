"""Courses are read whatever their shape, and written only as long as they are what was read."""

from decimal import Decimal
from typing import Any

import pytest

from learnermax_cli.adapters.aws.course_table import CourseTable
from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.core.errors import ConfigError, FailedError
from learnermax_cli.courses.model import Course
from tests.items import course_item
from tests.products.worlds import edit_course, put_course, read_course
from tests.running import Sandbox

TABLE = "learnermax-education-sandbox"


def table(sandbox: Sandbox, name: str = TABLE) -> CourseTable:
    """Return the adapter under test."""
    return CourseTable(Table(sandbox.dynamodb_client(), name))


def require_course(sandbox: Sandbox, course_id: str) -> Course:
    """Read a course that is there."""
    course = table(sandbox).read_course(course_id)
    assert course is not None
    return course


def test_both_key_shapes_are_courses_and_nothing_else_is(sandbox: Sandbox) -> None:
    """Items with and without index keys and entity type; students and enrollments are not listed."""
    put_course(sandbox, "with-index", "49.99")
    bare = {"PK": "COURSE#bare", "SK": "METADATA", "courseId": "bare", "name": "Bare", "pricingModel": "free"}
    for item in (
        bare,
        {"PK": "USER#u", "SK": "METADATA", "userId": "u"},
        {"PK": "USER#u", "SK": "COURSE#with-index", "paymentStatus": "pending"},
        {"PK": "COURSE#with-index", "SK": "REVIEW#1"},
    ):
        sandbox.dynamodb().put_item(Item=item)
    found = {course.course_id: course for course in table(sandbox).list_courses()}
    assert {"with-index", "bare"} == set(found)
    assert Course("bare", {"name": "Bare", "pricingModel": "free"}) == found["bare"]


def test_only_used_attributes_travel(sandbox: Sandbox) -> None:
    """A large curriculum stays where it is."""
    put_course(sandbox, "a", "49.99", curriculum=["x" * 1000] * 30, priceUnit="major", comingSoon=False)
    assert {
        "name": "Course a",
        "description": "All about it.",
        "imageUrl": "https://example.com/course.png",
        "pricingModel": "paid",
        "price": Decimal("49.99"),
        "priceUnit": "major",
        "comingSoon": False,
    } == dict(require_course(sandbox, "a").attributes)


def test_course_that_is_not_there_is_none(sandbox: Sandbox) -> None:
    """Neither reading gives an empty course."""
    assert table(sandbox).read_course("none") is None
    assert table(sandbox).read_item("none") is None


def test_ids_are_written_and_nothing_else_changes(sandbox: Sandbox) -> None:
    """Every other attribute is as before."""
    put_course(sandbox, "a", "49.90", title="kept")
    before = read_course(sandbox, "a")
    table(sandbox).put_stripe_ids(require_course(sandbox, "a"), "prod_1", "price_1")
    assert {**before, "stripeProductId": "prod_1", "stripePriceId": "price_1"} == read_course(sandbox, "a")


@pytest.mark.parametrize(
    "edit",
    [
        {"name": "Other"},
        {"price": Decimal("49.91")},
        {"price": "49.90"},
        {"priceUnit": "minor"},
        {"comingSoon": True},
        {"stripeProductId": "prod_other"},
        {"pricingModel": "free"},
    ],
)
def test_course_edited_since_it_was_read_is_not_written(sandbox: Sandbox, edit: dict[str, Any]) -> None:
    """Any used attribute counts, one that was not there before too."""
    put_course(sandbox, "a", "49.90")
    course = require_course(sandbox, "a")
    edit_course(sandbox, "a", **edit)
    with pytest.raises(FailedError) as refused:
        table(sandbox).put_stripe_ids(course, "prod_1", "price_1")
    assert ("failed.superseded", "course a was changed while lmx ran, so nothing was written to it") == (
        refused.value.code,
        refused.value.message,
    )
    assert "stripePriceId" not in read_course(sandbox, "a")


def test_edit_of_another_attribute_is_no_reason(sandbox: Sandbox) -> None:
    """A curriculum may grow while lmx runs."""
    put_course(sandbox, "a", "49.90")
    course = require_course(sandbox, "a")
    edit_course(sandbox, "a", curriculum=["new"], updatedAt="2026-01-01T00:00:00.000Z")
    table(sandbox).put_stripe_ids(course, "prod_1", "price_1")
    assert ["new"] == read_course(sandbox, "a")["curriculum"]


def test_same_ids_from_another_run_are_success(sandbox: Sandbox) -> None:
    """A retry after a lost answer finds its own work."""
    put_course(sandbox, "a", "49.90")
    course = require_course(sandbox, "a")
    edit_course(sandbox, "a", stripeProductId="prod_1", stripePriceId="price_1")
    table(sandbox).put_stripe_ids(course, "prod_1", "price_1")
    assert "price_1" == read_course(sandbox, "a")["stripePriceId"]


def test_deleted_course_does_not_come_back(sandbox: Sandbox) -> None:
    """An update must not make an item of two ids."""
    put_course(sandbox, "a", "49.90")
    course = require_course(sandbox, "a")
    sandbox.dynamodb().delete_item(Key={"PK": "COURSE#a", "SK": "METADATA"})
    with pytest.raises(FailedError, match="course a was deleted while lmx ran"):
        table(sandbox).put_stripe_ids(course, "prod_1", "price_1")
    assert table(sandbox).read_item("a") is None


def test_price_is_written_with_its_unit(sandbox: Sandbox) -> None:
    """A price that was stated in major units says so."""
    put_course(sandbox, "a", "4999")
    table(sandbox).put_price(require_course(sandbox, "a"), Decimal("49.99"))
    item = read_course(sandbox, "a")
    assert (Decimal("49.99"), "major") == (item["price"], item["priceUnit"])


def test_price_edited_since_it_was_read_is_not_overwritten(sandbox: Sandbox) -> None:
    """The other person's price stays."""
    put_course(sandbox, "a", "4999")
    course = require_course(sandbox, "a")
    edit_course(sandbox, "a", price=Decimal(20))
    with pytest.raises(FailedError):
        table(sandbox).put_price(course, Decimal("49.99"))
    assert Decimal(20) == read_course(sandbox, "a")["price"]


def test_course_that_is_there_is_not_created_again(sandbox: Sandbox) -> None:
    """Unless it is to be replaced."""
    put_course(sandbox, "a", "20")
    other = course_item("a", "30")
    with pytest.raises(FailedError):
        table(sandbox).create_course(other, replace=False)
    assert Decimal(20) == read_course(sandbox, "a")["price"]
    table(sandbox).create_course(other, replace=True)
    assert other == read_course(sandbox, "a")


def test_missing_table_is_configuration(sandbox: Sandbox) -> None:
    """Reading, scanning and writing say the same."""
    missing = table(sandbox, "none")
    course = Course("a", {})
    for ask in (
        lambda: list(missing.list_courses()),
        lambda: missing.read_course("a"),
        lambda: missing.put_stripe_ids(course, "prod_1", "price_1"),
    ):
        with pytest.raises(ConfigError) as refused:
            ask()
        assert ("config.table", "table none not found in this account and region") == (
            refused.value.code,
            refused.value.message,
        )
