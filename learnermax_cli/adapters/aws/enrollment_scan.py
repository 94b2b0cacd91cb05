"""Reads all enrollments, whatever their status, with one parallel scan."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.table import table_errors
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

SEGMENTS = 4
_NAMES = {
    "#PK": "PK",
    "#SK": "SK",
    "#status": "paymentStatus",
    "#type": "enrollmentType",
    "#at": "enrolledAt",
    "#session": "stripeSessionId",
    "#event": "enrollmentEvent",
}


class EnrollmentScan:
    """The one reader that asks for more than what is pending."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def list_all(self, status: str | None) -> Iterator[Enrollment]:
        """Read all enrollments, or those of one status."""
        with ThreadPoolExecutor(SEGMENTS) as pool:
            for found in pool.map(lambda segment: list(self._segment(segment, status)), range(SEGMENTS)):
                yield from found

    def _segment(self, segment: int, status: str | None) -> Iterator[Enrollment]:
        wanted = "" if status is None else " AND #status = :status"
        request: dict[str, Any] = {
            "TableName": self._table,
            "Segment": segment,
            "TotalSegments": SEGMENTS,
            "ConsistentRead": True,
            "FilterExpression": f"begins_with(#PK, :user) AND begins_with(#SK, :course){wanted}",
            "ProjectionExpression": ", ".join(_NAMES),
            "ExpressionAttributeNames": _NAMES,
            "ExpressionAttributeValues": {
                ":user": {"S": "USER#"},
                ":course": {"S": "COURSE#"},
                **({} if status is None else {":status": {"S": status}}),
            },
            "ReturnConsumedCapacity": "TOTAL",
        }
        while True:
            with table_errors(f"reading table {self._table}", self._table):
                page = self._client.scan(**request)
            yield from (_enrollment(item) for item in page["Items"])
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _enrollment(item: Mapping[str, Any]) -> Enrollment:
    key = EnrollmentKey(item["PK"]["S"].removeprefix("USER#"), item["SK"]["S"].removeprefix("COURSE#"))
    event = item.get("enrollmentEvent", {}).get("M")
    intent = EventIntent(_text(event, "run"), _text(event, "at")) if event else None
    status, kind, at = (_text(item, name) for name in ("paymentStatus", "enrollmentType", "enrolledAt"))
    return Enrollment(key, status, kind, at, _text(item, "stripeSessionId") or None, intent)


def _text(item: Mapping[str, Any], name: str) -> str:
    return str(item.get(name, {}).get("S", ""))
