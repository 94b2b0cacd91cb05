"""Courses in the single DynamoDB table; implements `courses.model.CourseStore`."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from learnermax_cli.adapters.aws.table import ConditionFailedError, Table
from learnermax_cli.adapters.aws.values import Item, from_item, key_text, to_dynamodb, to_item
from learnermax_cli.core.errors import FailedError
from learnermax_cli.courses.model import USED_ATTRIBUTES, Course, is_course

_PREFIX = "COURSE#"
_SORT_KEY = "METADATA"
_PLACEHOLDERS = {name: f"#a{index}" for index, name in enumerate(USED_ATTRIBUTES)}
_NAMES = {"#PK": "PK", **{placeholder: name for name, placeholder in _PLACEHOLDERS.items()}}


class CourseTable:
    """Reads and writes course items; only the named attributes are written."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def list_courses(self) -> Iterator[Course]:
        """Read all courses with one scan: no index lists both key shapes."""
        where = "SK = :sk AND begins_with(#PK, :prefix)"
        found = self._table.scan(_NAMES, where, {":sk": _SORT_KEY, ":prefix": _PREFIX}, _course)
        return (course for course in found if is_course(course.course_id, course.attributes))

    def read_course(self, course_id: str) -> Course | None:
        """Read one course, strongly consistent."""
        item = self._table.get(f"reading course {course_id}", _key(course_id), _NAMES)
        return None if item is None else _course(item)

    def read_item(self, course_id: str) -> Mapping[str, object] | None:
        """Read one whole course item, strongly consistent."""
        item = self._table.get(f"reading course {course_id}", _key(course_id))
        return None if item is None else from_item(item)

    def put_stripe_ids(self, course: Course, product_id: str, price_id: str) -> bool:
        """Write the two ids, if the used attributes are still as read; raises FailedError if not.

        Returns False where another run has written the same ids.
        """
        wanted = {"stripeProductId": product_id, "stripePriceId": price_id}
        return self._update(course, wanted, conditions=USED_ATTRIBUTES)

    def put_price(self, course: Course, price: Decimal) -> None:
        """Write a price in major units with its unit, if the price is still as read; raises FailedError if not."""
        self._update(course, {"price": price, "priceUnit": "major"}, conditions=("price", "priceUnit", "currency"))

    def create_course(self, item: Mapping[str, object], *, replace: bool) -> None:
        """Write a whole course item; without `replace` it raises FailedError where another item is there."""
        condition = {} if replace else {"ConditionExpression": "attribute_not_exists(PK)"}
        try:
            self._table.write("put_item", "writing a course", item, Item=to_item(item), **condition)
        except ConditionFailedError as failure:
            raise _superseded(str(item["courseId"]), failure) from failure

    def _update(self, course: Course, wanted: Mapping[str, object], conditions: tuple[str, ...]) -> bool:
        as_read = {name: course.attributes[name] for name in conditions if name in course.attributes}
        clauses = [
            f"{_PLACEHOLDERS[name]} = :r{name}" if name in as_read else f"attribute_not_exists({_PLACEHOLDERS[name]})"
            for name in conditions
        ]
        values = {f":r{name}": to_dynamodb(value) for name, value in as_read.items()}
        values |= {f":w{name}": to_dynamodb(value) for name, value in wanted.items()}
        try:
            return self._table.write(
                "update_item",
                f"writing to course {course.course_id}",
                wanted,
                Key=_key(course.course_id),
                UpdateExpression="SET " + ", ".join(f"{_PLACEHOLDERS[name]} = :w{name}" for name in wanted),
                ConditionExpression=" AND ".join(("attribute_exists(PK)", *clauses)),
                ExpressionAttributeNames={_PLACEHOLDERS[name]: name for name in {*conditions, *wanted}},
                ExpressionAttributeValues=values,
            )
        except ConditionFailedError as failure:
            raise _superseded(course.course_id, failure) from failure


def _superseded(course_id: str, failure: ConditionFailedError) -> FailedError:
    what = "was changed" if failure.item else "was deleted"
    return FailedError(
        f"course {course_id} {what} while lmx ran, so nothing was written to it",
        hint="Run the command again to use the course as it is now.",
        code="failed.superseded",
    )


def _key(course_id: str) -> dict[str, Any]:
    return {"PK": {"S": _PREFIX + course_id}, "SK": {"S": _SORT_KEY}}


def _course(item: Item) -> Course:
    course_id = key_text(item, "PK").removeprefix(_PREFIX)
    values = from_item(item)
    del values["PK"]
    return Course(course_id, values)
