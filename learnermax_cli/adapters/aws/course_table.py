"""Courses in the single DynamoDB table; implements `courses.model.CourseStore`."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.table import ConditionFailedError, table_errors, to_dynamodb, to_python
from learnermax_cli.core.errors import FailedError
from learnermax_cli.courses.model import USED_ATTRIBUTES, Course

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodb.type_defs import ScanInputTypeDef

SEGMENTS = 4
_PREFIX = "COURSE#"
_SORT_KEY = "METADATA"
_NAMES = {f"#a{index}": name for index, name in enumerate(USED_ATTRIBUTES)}
_PLACEHOLDERS = {name: placeholder for placeholder, name in _NAMES.items()}


class CourseTable:
    """Reads and writes course items; other attributes than the named ones are never written."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def list_courses(self) -> Iterator[Course]:
        """Read all courses with one parallel, strongly consistent scan: no index lists both key shapes."""
        with ThreadPoolExecutor(SEGMENTS) as pool:
            for courses in pool.map(self._scan_segment, range(SEGMENTS)):
                yield from courses

    def read_course(self, course_id: str) -> Course | None:
        """Read one course, strongly consistent."""
        with self._errors(f"reading course {course_id}"):
            answer = self._client.get_item(
                TableName=self._table,
                Key=_key(course_id),
                ConsistentRead=True,
                ProjectionExpression=", ".join(("PK", *_NAMES)),
                ExpressionAttributeNames=_NAMES,
                ReturnConsumedCapacity="TOTAL",
            )
        return _course(answer["Item"]) if "Item" in answer else None

    def read_item(self, course_id: str) -> Mapping[str, object] | None:
        """Read one whole course item, strongly consistent."""
        with self._errors(f"reading course {course_id}"):
            answer = self._client.get_item(
                TableName=self._table, Key=_key(course_id), ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
            )
        item = answer.get("Item")
        return None if item is None else {name: to_python(value) for name, value in item.items()}

    def put_stripe_ids(self, course: Course, product_id: str, price_id: str) -> None:
        """Write the two ids, if the used attributes are still as read; raises FailedError if not."""
        wanted = {"stripeProductId": product_id, "stripePriceId": price_id}
        self._update(course, wanted, conditions=USED_ATTRIBUTES)

    def put_price(self, course: Course, price: Decimal) -> None:
        """Write a price in major units with its unit, if the price is still as read; raises FailedError if not."""
        self._update(course, {"price": price, "priceUnit": "major"}, conditions=("price", "priceUnit", "currency"))

    def create_course(self, item: Mapping[str, object], *, replace: bool) -> None:
        """Write a whole course item; without `replace` it raises FailedError where another item is there."""
        condition: dict[str, Any] = {}
        if not replace:
            condition["ConditionExpression"] = "attribute_not_exists(PK)"
            condition["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        try:
            with self._errors("writing a course"):
                self._client.put_item(
                    TableName=self._table,
                    Item={name: to_dynamodb(value) for name, value in item.items()},
                    ReturnConsumedCapacity="TOTAL",
                    **condition,
                )
        except ConditionFailedError as failure:
            _require_already_written(str(item["courseId"]), item, failure.item)

    def _scan_segment(self, segment: int) -> list[Course]:
        request: ScanInputTypeDef = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
            "ConsistentRead": True,
            "FilterExpression": "SK = :sk AND begins_with(PK, :prefix)",
            "ProjectionExpression": ", ".join(("PK", *_NAMES)),
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {":sk": {"S": _SORT_KEY}, ":prefix": {"S": _PREFIX}},
            "ReturnConsumedCapacity": "TOTAL",
        }
        courses: list[Course] = []
        while True:
            with self._errors(f"reading table {self._table}"):
                page = self._client.scan(**request)
            courses += [_course(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return courses
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _update(self, course: Course, wanted: Mapping[str, object], conditions: tuple[str, ...]) -> None:
        as_read = {name: course.attributes[name] for name in conditions if name in course.attributes}
        clauses = ["attribute_exists(PK)"]
        clauses += [
            f"{_PLACEHOLDERS[name]} = :r{name}" if name in as_read else f"attribute_not_exists({_PLACEHOLDERS[name]})"
            for name in conditions
        ]
        values = {f":r{name}": to_dynamodb(value) for name, value in as_read.items()}
        values |= {f":w{name}": to_dynamodb(value) for name, value in wanted.items()}
        used = {*conditions, *wanted}
        try:
            with self._errors(f"writing to course {course.course_id}"):
                self._client.update_item(
                    TableName=self._table,
                    Key=_key(course.course_id),
                    UpdateExpression="SET " + ", ".join(f"{_PLACEHOLDERS[name]} = :w{name}" for name in wanted),
                    ConditionExpression=" AND ".join(clauses),
                    ExpressionAttributeNames={_PLACEHOLDERS[name]: name for name in used},
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL",
                )
        except ConditionFailedError as failure:
            _require_already_written(course.course_id, wanted, failure.item)

    def _errors(self, doing: str) -> AbstractContextManager[None]:
        return table_errors(doing, self._table)


def _require_already_written(course_id: str, wanted: Mapping[str, object], item: Mapping[str, object]) -> None:
    # A retry after a lost answer, or another run that wants the same, finds its own values: that is success.
    if item and all(item.get(name) == value for name, value in wanted.items()):
        return
    what = "was changed" if item else "is gone"
    raise FailedError(
        f"course {course_id} {what} while lmx ran, so nothing was written to it",
        hint="Run again: it works with the course as it is now.",
        code="failed.superseded",
    )


def _key(course_id: str) -> dict[str, dict[str, str]]:
    return {"PK": {"S": _PREFIX + course_id}, "SK": {"S": _SORT_KEY}}


def _course(item: Mapping[str, Any]) -> Course:
    values = {name: to_python(value) for name, value in item.items()}
    course_id = str(values.pop("PK")).removeprefix(_PREFIX)
    return Course(course_id, values)
