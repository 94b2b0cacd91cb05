"""What `doctor` asks AWS: whose credentials these are, its clock, the table and the topic without their contents."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.adapters.aws.table import table_errors
from learnermax_cli.config.values import topic_region
from learnermax_cli.core.times import read_http_date
from learnermax_cli.doctor.model import Caller, Index, TableDescription, Topic

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sts.client import STSClient

_NO_TOPIC = ("NotFound", "NotFoundException", "InvalidParameter", "InvalidParameterException")


class AwsIdentity:
    """Asks STS, which needs no permission [doc GetCallerIdentity]."""

    def __init__(self, client: "STSClient", origin: str) -> None:
        self._client = client
        self._origin = origin

    def read_caller(self) -> Caller:
        """Read the identity; raises LmxError when AWS rejects the credentials."""
        with aws_errors("asking whose credentials these are"):
            answer = self._client.get_caller_identity()
        return Caller(answer["Account"], answer["Arn"], self._origin)

    def read_clock(self) -> datetime:
        """Read AWS's time from an answer's Date; one that rejects our clock has a Date too."""
        with aws_errors("asking for AWS's time"):
            try:
                headers = self._client.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
            except ClientError as refusal:
                headers = refusal.response["ResponseMetadata"]["HTTPHeaders"]
        return read_http_date(headers.get("date"), "AWS")


class TableProbe:
    """Describes the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def describe_table(self) -> TableDescription:
        """Describe the table; raises LmxError when it does not exist, or the identity may not describe it."""
        with table_errors(f"describing table {self._table}", self._table):
            table = self._client.describe_table(TableName=self._table)["Table"]
        return TableDescription(
            status=table.get("TableStatus", ""),
            keys=_keys(table.get("KeySchema", ())),
            indexes={
                index.get("IndexName", ""): Index(
                    _keys(index.get("KeySchema", ())),
                    str(index.get("Projection", {}).get("ProjectionType", "")),
                    # Local emulators may leave it out.
                    index.get("IndexStatus", "ACTIVE"),
                )
                for index in table.get("GlobalSecondaryIndexes", ())
            },
            items=table.get("ItemCount", 0),
        )


class TopicProbe:
    """Reads the topic's attributes."""

    def __init__(self, connect: Callable[[str | None], "SNSClient"], topic_arn: str) -> None:
        self._connect = connect
        self._topic_arn = topic_arn

    def read_topic(self) -> Topic | None:
        """Read the topic's attributes; None when it does not exist, or the ARN is not that of a topic."""
        client = self._connect(topic_region(self._topic_arn))
        with aws_errors(f"reading topic {self._topic_arn}"):
            try:
                attributes = client.get_topic_attributes(TopicArn=self._topic_arn)["Attributes"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in _NO_TOPIC:
                    return None
                raise
        confirmed = attributes.get("SubscriptionsConfirmed")
        return Topic(None if confirmed is None else int(confirmed))


def _keys(schema: Any) -> tuple[str, ...]:
    """Return the names of a key schema, the hash key first [doc KeySchemaElement]."""
    parts: list[Mapping[str, str]] = sorted(schema, key=lambda part: part["KeyType"])
    return tuple(part["AttributeName"] for part in parts)
