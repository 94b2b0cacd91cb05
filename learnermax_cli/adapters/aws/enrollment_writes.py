"""Writes enrollments, each conditional on what was read; implements `enrollments.model.EnrollmentWriter`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.enrollment_conditions import AS_READ_NAMES, as_read
from learnermax_cli.adapters.aws.table import ConditionFailedError, table_errors, to_dynamodb
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent, NewEnrollment, Payment
from learnermax_cli.planning.change import SupersededError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


class EnrollmentWrites:
    """Writes the named attributes of enrollment items, and of students their customer."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def put_completed(self, enrollment: Enrollment, payment: Payment, intent: EventIntent | None) -> None:
        """Make a pending enrollment completed; raises SupersededError when it is no longer as read."""
        wanted: dict[str, object] = {"paymentStatus": "completed", "stripeSessionId": payment.session_id}
        if payment.intent_id is not None:
            wanted["stripePaymentIntentId"] = payment.intent_id
        if intent is not None:
            wanted["enrollmentEvent"] = _map(intent)
        try:
            self._update(enrollment, wanted)
        except ConditionFailedError as failure:
            _require_own(enrollment.key, failure.item, wanted)

    def create_completed(self, new: NewEnrollment) -> None:
        """Write an enrollment where there is none; raises SupersededError when there is another."""
        item = {**_item(new.key), **_attributes(new)}
        try:
            with table_errors(f"creating enrollment {new.key}", self._table):
                self._client.put_item(
                    TableName=self._table,
                    Item={name: to_dynamodb(value) for name, value in item.items()},
                    ConditionExpression="attribute_not_exists(PK)",
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL",
                )
        except ConditionFailedError as failure:
            _require_own(new.key, failure.item, _attributes(new))

    def release(self, enrollment: Enrollment) -> None:
        """Remove a pending enrollment; raises SupersededError when it is no longer as read."""
        conditions, values, names = _as_read(enrollment)
        try:
            with table_errors(f"releasing enrollment {enrollment.key}", self._table):
                self._client.delete_item(
                    TableName=self._table,
                    Key=_key(enrollment.key),
                    ConditionExpression=conditions,
                    ExpressionAttributeNames=names,
                    ExpressionAttributeValues=values,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL",
                )
        except ConditionFailedError as failure:
            if failure.item:  # gone already is what was wanted
                raise _superseded(enrollment.key) from failure

    def put_customer(self, user_id: str, customer_id: str) -> None:
        """Write a student's stripeCustomerId if there is none; one that is there stays."""
        try:
            with table_errors(f"writing the customer of {user_id}", self._table):
                self._client.update_item(
                    TableName=self._table,
                    Key={"PK": {"S": f"USER#{user_id}"}, "SK": {"S": "METADATA"}},
                    UpdateExpression="SET stripeCustomerId = :customer",
                    ConditionExpression="attribute_exists(PK) AND attribute_not_exists(stripeCustomerId)",
                    ExpressionAttributeValues={":customer": {"S": customer_id}},
                    ReturnConsumedCapacity="TOTAL",
                )
        except ConditionFailedError:
            return

    def take_event(self, enrollment: Enrollment, intent: EventIntent) -> None:
        """Take over the event that another run owes; raises SupersededError when somebody else did."""
        former = enrollment.intent
        assert former is not None
        wanted = {":new": to_dynamodb(_map(intent)), ":old": to_dynamodb(_map(former))}
        try:
            self._change_event(enrollment.key, "SET #event = :new", "#event = :old", wanted)
        except ConditionFailedError as failure:
            _require_own(enrollment.key, failure.item, {"enrollmentEvent": _map(intent)})

    def clear_event(self, key: EnrollmentKey, run: str) -> None:
        """Remove this run's intent after publishing; one that another run has taken over stays."""
        names = {"#run": "run"}  # a reserved word
        try:
            self._change_event(key, "REMOVE #event", "#event.#run = :run", {":run": {"S": run}}, **names)
        except ConditionFailedError:
            return

    def _change_event(self, key: EnrollmentKey, update: str, condition: str, values: Any, **names: str) -> None:
        with table_errors(f"noting the event of {key}", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=_key(key),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ReturnConsumedCapacity="TOTAL",
                ExpressionAttributeNames={"#event": "enrollmentEvent", **names},
            )

    def _update(self, enrollment: Enrollment, wanted: Mapping[str, object]) -> None:
        conditions, values, names = _as_read(enrollment)
        values |= {f":w{name}": to_dynamodb(value) for name, value in wanted.items()}
        with table_errors(f"completing enrollment {enrollment.key}", self._table):
            self._client.update_item(
                TableName=self._table,
                Key=_key(enrollment.key),
                UpdateExpression="SET " + ", ".join(f"{name} = :w{name}" for name in wanted),
                ConditionExpression=conditions,
                ExpressionAttributeNames=names,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                ReturnConsumedCapacity="TOTAL",
            )


def _as_read(enrollment: Enrollment) -> tuple[str, dict[str, Any], dict[str, str]]:
    condition, values = as_read(enrollment)
    values[":status"] = {"S": enrollment.status}
    return f"#status = :status AND {condition}", values, {"#status": "paymentStatus", **AS_READ_NAMES}


def _require_own(key: EnrollmentKey, item: Mapping[str, Any], wanted: Mapping[str, object]) -> None:
    # A retry after a lost answer finds this run's own values, its event's run id among them: that is success.
    if not item or any(item.get(name) != value for name, value in wanted.items()):
        raise _superseded(key)


def _superseded(key: EnrollmentKey) -> SupersededError:
    return SupersededError(
        f"{key} was changed by somebody else meanwhile", hint="Nothing is left to do.", code="superseded"
    )


def _attributes(new: NewEnrollment) -> dict[str, object]:
    return {
        "userId": new.key.user_id,
        "courseId": new.key.course_id,
        "enrollmentType": new.enrollment_type,
        "enrolledAt": new.enrolled_at,
        "paymentStatus": new.status,
        "progress": 0,
        "completed": False,
        **new.extra,
        **({} if new.intent is None else {"enrollmentEvent": _map(new.intent)}),
    }


def _item(key: EnrollmentKey) -> dict[str, object]:
    user, course = f"USER#{key.user_id}", f"COURSE#{key.course_id}"
    return {"PK": user, "SK": course, "GSI1PK": course, "GSI1SK": user, "entityType": "ENROLLMENT"}


def _key(key: EnrollmentKey) -> dict[str, Any]:
    return {"PK": {"S": f"USER#{key.user_id}"}, "SK": {"S": f"COURSE#{key.course_id}"}}


def _map(intent: EventIntent) -> dict[str, str]:
    return {"run": intent.run, "at": intent.at}
