"""Reads enrollments and students from the single DynamoDB table; the writes are in `enrollment_writes`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.adapters.aws.values import Item, key_text, to_item, to_python
from learnermax_cli.courses.model import Course, is_course
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent, Revocation, Student
from learnermax_cli.enrollments.store_model import TableRead

_COURSE_ATTRIBUTES = ("name", "pricingModel", "price", "currency", "priceUnit", "comingSoon")
_NAMES = {
    "#PK": "PK",
    "#SK": "SK",
    "#status": "paymentStatus",
    "#type": "enrollmentType",
    "#at": "enrolledAt",
    "#session": "stripeSessionId",
    "#event": "enrollmentEvent",
    "#entity": "entityType",
    "#intent": "stripePaymentIntentId",
    "#since": "accessRevokedAt",
    "#reason": "accessRevokedReason",
    "#by": "accessRevokedBy",
    "#kept": "accessKeptAt",
    "#why": "accessKeptReason",
}
OPERATOR = "operator"
"""The accessRevokedBy of what was revoked by hand."""
_OWN_TYPE = {"S": "ENROLLMENT"}
_STUDENT_NAMES = {"#PK": "PK", "#email": "email", "#customer": "stripeCustomerId", "#name": "name"}
_ENROLLMENT = "begins_with(#PK, :user) AND begins_with(#SK, :course)"
_PREFIXES = {":user": "USER#", ":course": "COURSE#"}
_OPEN = "#status = :pending OR attribute_exists(#event)"


class EnrollmentTable:
    """Reads enrollments; only the attributes that are needed travel."""

    def __init__(self, table: Table, course_attributes: Sequence[str] = _COURSE_ATTRIBUTES) -> None:
        self._table = table
        self._course_names = {f"#c{index}": name for index, name in enumerate(course_attributes)}

    def scan(self, *, completed: bool) -> TableRead:
        """Read all courses, and all enrollments that are pending or owe an event, with one parallel scan."""
        statuses = f"({_OPEN} OR #status = :completed)" if completed else f"({_OPEN})"
        where = f"({_ENROLLMENT} AND {statuses}) OR (#SK = :metadata AND begins_with(#PK, :course))"
        values = {**_PREFIXES, ":metadata": "METADATA", ":pending": "pending"}
        if completed:
            values[":completed"] = "completed"
        read = TableRead([], [])
        for found in self._table.scan({**_NAMES, **self._course_names}, where, values, self._read):
            if isinstance(found, Course):
                read.courses.append(found)
            elif found is not None:
                read.enrollments.append(found)
        return read

    def list_all(self, status: str | None, *, owed: bool) -> Iterator[Enrollment]:
        """Read all enrollments, or those of one status, or with an event that is owed, with one parallel scan."""
        where, values = _ENROLLMENT, _PREFIXES
        if owed:
            where += " AND attribute_exists(#event)"
        if status is not None:
            where, values = f"{where} AND #status = :status", {**_PREFIXES, ":status": status}
        found = self._table.scan(_NAMES, where, values, _enrollment)
        return (enrollment for enrollment in found if enrollment is not None)

    def list_of_course(self, course_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a course with one index query; the index may lag, writes are conditional."""
        condition = {"IndexName": "GSI1", "KeyConditionExpression": "GSI1PK = :course AND begins_with(GSI1SK, :user)"}
        found = self._query(condition, {":course": f"COURSE#{course_id}", ":user": "USER#"}, completed)
        return (enrollment for enrollment in found if enrollment.key.course_id == course_id)

    def list_of_user(self, user_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a user with one strongly consistent query."""
        condition = {"ConsistentRead": True, "KeyConditionExpression": "#PK = :user AND begins_with(#SK, :course)"}
        return self._query(condition, {":user": f"USER#{user_id}", ":course": "COURSE#"}, completed)

    def read_enrollments(self, keys: Iterable[EnrollmentKey]) -> dict[EnrollmentKey, Enrollment]:
        """Read enrollments by key, strongly consistent, a hundred at a time."""
        found = _enrollments(self._table.batch_get([item_key(key) for key in set(keys)], _NAMES))
        return {enrollment.key: enrollment for enrollment in found}

    def read_enrollment(self, key: EnrollmentKey) -> Enrollment | None:
        """Read one enrollment, strongly consistent: what each delivery of a webhook costs."""
        item = self._table.get(f"reading enrollment {key}", item_key(key), _NAMES)
        return None if item is None else _enrollment(item)

    def read_students(self, user_ids: Iterable[str]) -> dict[str, Student]:
        """Read students by id, strongly consistent, a hundred at a time."""
        found = map(
            _student, self._table.batch_get([student_key(user_id) for user_id in set(user_ids)], _STUDENT_NAMES)
        )
        return {student.user_id: student for student in found}

    def find_user_ids(self, address: str) -> list[str]:
        """Return the students whose address is exactly this one, with one index query; other items may have one too."""
        condition: dict[str, Any] = {"IndexName": "email-index", "KeyConditionExpression": "email = :address"}
        values = to_item({":address": address})
        found = self._table.query({"#PK": "PK", "#SK": "SK"}, **condition, ExpressionAttributeValues=values)
        keys = sorted(key_text(item, "PK") for item in found if key_text(item, "SK") == "METADATA")
        return [key.removeprefix("USER#") for key in keys if key.startswith("USER#")]

    def _query(self, condition: dict[str, Any], values: dict[str, str], completed: bool) -> Iterator[Enrollment]:
        if not completed:
            condition, values = {**condition, "FilterExpression": _OPEN}, {**values, ":pending": "pending"}
        return _enrollments(self._table.query(_NAMES, **condition, ExpressionAttributeValues=to_item(values)))

    def _read(self, item: Item) -> Course | Enrollment | None:
        if key_text(item, "SK") != "METADATA":
            return _enrollment(item)
        values = {name: to_python(item[name]) for name in self._course_names.values() if name in item}
        course_id = key_text(item, "PK").removeprefix("COURSE#")
        return Course(course_id, values) if is_course(course_id, values) else None


def item_key(key: EnrollmentKey) -> Item:
    """Return the key of an enrollment's item."""
    return {"PK": {"S": f"USER#{key.user_id}"}, "SK": {"S": f"COURSE#{key.course_id}"}}


def student_key(user_id: str) -> Item:
    """Return the key of a student's item."""
    return {"PK": {"S": f"USER#{user_id}"}, "SK": {"S": "METADATA"}}


def _enrollments(items: Iterable[Item]) -> Iterator[Enrollment]:
    return (enrollment for item in items if (enrollment := _enrollment(item)) is not None)


def _enrollment(item: Item) -> Enrollment | None:
    """Return the enrollment of an item; None for what has another key shape, such as a note on an enrollment."""
    (user_kind, _, user_id), (course_kind, _, course_id) = (
        key_text(item, name).partition("#") for name in ("PK", "SK")
    )
    if (user_kind, course_kind) != ("USER", "COURSE") or not user_id or not course_id or "#" in user_id + course_id:
        return None
    # Read by hand and interned: a hundred thousand of these are held at once.
    key = EnrollmentKey(user_id, sys.intern(course_id))
    event = item.get("enrollmentEvent", {}).get("M")
    intent = EventIntent(_text(event, "run"), _text(event, "at")) if event else None
    status, kind = _text(item, "paymentStatus"), _text(item, "enrollmentType")
    session = _text(item, "stripeSessionId") or None
    entity = item.get("entityType", _OWN_TYPE)
    other_type = None if entity == _OWN_TYPE else sys.intern(_text(item, "entityType") or "no text")
    return Enrollment(
        key,
        sys.intern(status),
        sys.intern(kind),
        _text(item, "enrolledAt"),
        session,
        intent,
        other_type,
        payment_intent=_text(item, "stripePaymentIntentId") or None,
        revoked=_revocation(item),
        kept_at=_text(item, "accessKeptAt") or None,
        kept_reason=_text(item, "accessKeptReason") or None,
    )


def _revocation(item: Item) -> Revocation | None:
    at = _text(item, "accessRevokedAt")
    by_operator = _text(item, "accessRevokedBy") == OPERATOR
    return Revocation(at, _text(item, "accessRevokedReason"), by_operator) if at else None


def _text(item: Item, name: str) -> str:
    return str(item.get(name, {}).get("S", ""))


def _student(item: Item) -> Student:
    user_id = key_text(item, "PK").removeprefix("USER#")
    texts = (_text(item, name) or None for name in ("email", "stripeCustomerId", "name"))
    return Student(user_id, *texts)
