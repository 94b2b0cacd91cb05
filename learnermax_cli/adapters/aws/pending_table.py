"""The writes of a checkout to pending enrollments; implements `checkout.model.PendingStore`."""

from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.enrollment_conditions import AS_READ_NAMES, as_read
from learnermax_cli.adapters.aws.table import ConditionFailedError, table_errors
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey
from learnermax_cli.planning.change import SupersededError

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

_NAMES = {"#status": "paymentStatus", **AS_READ_NAMES}
_PENDING = {"S": "pending"}


class PendingTable:
    """Changes `enrolledAt` and `stripeSessionId` of pending enrollments, and nothing else."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def restart(self, enrollment: Enrollment, enrolled_at: str) -> None:
        """Begin a pending enrollment anew, without session; raises SupersededError when it is no longer as read."""
        condition, values = as_read(enrollment)
        mine = "(#at = :new AND attribute_not_exists(#session))"  # a retry after a lost answer
        self._update(
            enrollment.key,
            "SET #at = :new REMOVE #session",
            f"#status = :pending AND (({condition}) OR {mine})",
            {**values, ":new": {"S": enrolled_at}},
        )

    def put_session(self, key: EnrollmentKey, enrolled_at: str, session_id: str) -> None:
        """Write the session of a pending enrollment that was begun at `enrolled_at`; one that is there stays."""
        self._update(
            key,
            "SET #session = :session",
            "#status = :pending AND #at = :at AND (attribute_not_exists(#session) OR #session IN (:empty, :session))",
            {":at": {"S": enrolled_at}, ":session": {"S": session_id}, ":empty": {"S": ""}},
        )

    def _update(self, key: EnrollmentKey, update: str, condition: str, values: dict[str, Any]) -> None:
        try:
            with table_errors(f"writing the pending enrollment {key}", self._table):
                self._client.update_item(
                    TableName=self._table,
                    Key={"PK": {"S": f"USER#{key.user_id}"}, "SK": {"S": f"COURSE#{key.course_id}"}},
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeNames=_NAMES,
                    ExpressionAttributeValues={":pending": _PENDING, **values},
                    ReturnConsumedCapacity="TOTAL",
                )
        except ConditionFailedError as failure:
            raise SupersededError(
                f"{key} was changed by somebody else meanwhile", hint="Run again.", code="superseded"
            ) from failure
