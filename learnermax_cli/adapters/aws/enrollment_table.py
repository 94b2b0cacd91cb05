"""Reads enrollments and students from the single DynamoDB table; the writes are in `enrollment_writes`."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.table import table_errors, to_python
from learnermax_cli.courses.model import Course
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent, Student, TableRead

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SEGMENTS = 4
_BATCH = 100  # the most keys of a BatchGetItem [doc "BatchGetItem"]
_COURSE_ATTRIBUTES = ("name", "pricingModel", "price", "currency", "priceUnit", "comingSoon")
_NAMES = {
    "#PK": "PK",
    "#SK": "SK",
    "#status": "paymentStatus",
    "#type": "enrollmentType",
    "#at": "enrolledAt",
    "#session": "stripeSessionId",
    "#event": "enrollmentEvent",
}
_STUDENT_NAMES = {"#PK": "PK", "#email": "email", "#customer": "stripeCustomerId"}
_OPEN = "#status = :pending OR attribute_exists(#event)"

Item = Mapping[str, Any]


class EnrollmentTable:
    """Reads enrollments; only the attributes that are needed travel."""

    def __init__(
        self, client: "DynamoDBClient", table: str, course_attributes: Sequence[str] = _COURSE_ATTRIBUTES
    ) -> None:
        self._client = client
        self._table = table
        self._course_names = {f"#c{index}": name for index, name in enumerate(course_attributes)}

    def scan(self, *, completed: bool) -> TableRead:
        """Read all courses, and all enrollments that are pending or owe an event, with one parallel scan."""
        read = TableRead([], [])
        with ThreadPoolExecutor(SEGMENTS) as pool:
            for found in pool.map(lambda segment: self._segment(segment, completed), range(SEGMENTS)):
                read.courses.extend(found.courses)
                read.enrollments.extend(found.enrollments)
        return read

    def list_of_course(self, course_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a course with one index query; the index may lag, writes are conditional."""
        values = {":course": {"S": f"COURSE#{course_id}"}, ":user": {"S": "USER#"}}
        condition = {"IndexName": "GSI1", "KeyConditionExpression": "GSI1PK = :course AND begins_with(GSI1SK, :user)"}
        yield from self._query(condition, values, completed)

    def list_of_user(self, user_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a user with one strongly consistent query."""
        values = {":user": {"S": f"USER#{user_id}"}, ":course": {"S": "COURSE#"}}
        condition = {"ConsistentRead": True, "KeyConditionExpression": "#PK = :user AND begins_with(#SK, :course)"}
        yield from self._query(condition, values, completed)

    def read_enrollments(self, keys: Iterable[EnrollmentKey]) -> dict[EnrollmentKey, Enrollment]:
        """Read enrollments by key, strongly consistent, a hundred at a time."""
        wanted = [{"PK": {"S": f"USER#{key.user_id}"}, "SK": {"S": f"COURSE#{key.course_id}"}} for key in set(keys)]
        found = (_enrollment(item) for item in self._batch_get(wanted, _NAMES))
        return {enrollment.key: enrollment for enrollment in found}

    def read_enrollment(self, key: EnrollmentKey) -> Enrollment | None:
        """Read one enrollment, strongly consistent: what each delivery of a webhook costs."""
        with table_errors(f"reading enrollment {key}", self._table):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"PK": {"S": f"USER#{key.user_id}"}, "SK": {"S": f"COURSE#{key.course_id}"}},
                ConsistentRead=True,
                ProjectionExpression=", ".join(_NAMES),
                ExpressionAttributeNames=_NAMES,
                ReturnConsumedCapacity="TOTAL",
            )
        return _enrollment(answer["Item"]) if "Item" in answer else None

    def read_students(self, user_ids: Iterable[str]) -> dict[str, Student]:
        """Read students by id, strongly consistent, a hundred at a time."""
        wanted = [{"PK": {"S": f"USER#{user_id}"}, "SK": {"S": "METADATA"}} for user_id in set(user_ids)]
        found = (_student(item) for item in self._batch_get(wanted, _STUDENT_NAMES))
        return {student.user_id: student for student in found}

    def _segment(self, segment: int, completed: bool) -> TableRead:
        statuses = f"({_OPEN} OR #status = :completed)" if completed else f"({_OPEN})"
        enrollment = f"begins_with(#PK, :user) AND begins_with(#SK, :course) AND {statuses}"
        names = {**_NAMES, **self._course_names}
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
            "ConsistentRead": True,
            "FilterExpression": f"({enrollment}) OR (#SK = :metadata AND begins_with(#PK, :course))",
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {
                ":user": {"S": "USER#"},
                ":course": {"S": "COURSE#"},
                ":metadata": {"S": "METADATA"},
                ":pending": {"S": "pending"},
                **({":completed": {"S": "completed"}} if completed else {}),
            },
            "ReturnConsumedCapacity": "TOTAL",
        }
        read = TableRead([], [])
        for item in self._pages(self._client.scan, request):
            _sort_in(item, read, self._course_names.values())
        return read

    def _query(self, condition: dict[str, Any], values: dict[str, Any], completed: bool) -> Iterator[Enrollment]:
        more = {} if completed else {"FilterExpression": _OPEN}
        request: dict[str, Any] = {
            "TableName": self._table,
            **condition,
            **more,
            "ProjectionExpression": ", ".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": values if completed else {**values, ":pending": {"S": "pending"}},
            "ReturnConsumedCapacity": "TOTAL",
        }
        for item in self._pages(self._client.query, request):
            yield _enrollment(item)

    def _pages(self, call: Any, request: dict[str, Any]) -> Iterator[Item]:
        while True:
            with table_errors(f"reading table {self._table}", self._table):
                page = call(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _batch_get(self, keys: Sequence[dict[str, Any]], names: Mapping[str, str]) -> Iterator[Item]:
        shape = {
            "ConsistentRead": True,
            "ProjectionExpression": ", ".join(names),
            "ExpressionAttributeNames": dict(names),
        }
        for start in range(0, len(keys), _BATCH):
            waiting: Any = {self._table: {"Keys": list(keys[start : start + _BATCH]), **shape}}
            while waiting:  # what did not fit comes back unprocessed [doc "BatchGetItem"]
                with table_errors(f"reading table {self._table}", self._table):
                    answer = self._client.batch_get_item(RequestItems=waiting, ReturnConsumedCapacity="TOTAL")
                yield from answer["Responses"].get(self._table, ())
                waiting = answer.get("UnprocessedKeys")


def _sort_in(item: Item, read: TableRead, course_attributes: Iterable[str]) -> None:
    if item["SK"]["S"] == "METADATA":
        values = {name: to_python(item[name]) for name in course_attributes if name in item}
        read.courses.append(Course(item["PK"]["S"].removeprefix("COURSE#"), values))
    else:
        read.enrollments.append(_enrollment(item))


def _enrollment(item: Item) -> Enrollment:
    # Read by hand and interned: a hundred thousand of these are held at once.
    key = EnrollmentKey(item["PK"]["S"].removeprefix("USER#"), sys.intern(item["SK"]["S"].removeprefix("COURSE#")))
    event = item.get("enrollmentEvent", {}).get("M")
    intent = EventIntent(_text(event, "run"), _text(event, "at")) if event else None
    status, kind = _text(item, "paymentStatus"), _text(item, "enrollmentType")
    session = _text(item, "stripeSessionId") or None
    return Enrollment(key, sys.intern(status), sys.intern(kind), _text(item, "enrolledAt"), session, intent)


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _student(item: Item) -> Student:
    user_id = item["PK"]["S"].removeprefix("USER#")
    return Student(user_id, _text(item, "email") or None, _text(item, "stripeCustomerId") or None)
