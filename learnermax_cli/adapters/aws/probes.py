"""The table and the topic without what is in them; implements `doctor.model.TableDescriber` and `TopicReader`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.clients import aws_errors
from learnermax_cli.adapters.aws.table import table_errors
from learnermax_cli.doctor.model import Index, TableDescription, Topic

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_sns.client import SNSClient

_NO_TOPIC = ("NotFound", "NotFoundException", "InvalidParameter", "InvalidParameterException")


class TableProbe:
    """Describes the table."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def describe_table(self) -> TableDescription:
        """Describe the table; raises LmxError when there is none, or the identity may not ask."""
        with table_errors(f"describing table {self._table}", self._table):
            table = self._client.describe_table(TableName=self._table)["Table"]
        return TableDescription(
            status=table.get("TableStatus", ""),
            keys=_keys(table.get("KeySchema", ())),
            indexes={
                index.get("IndexName", ""): Index(
                    _keys(index.get("KeySchema", ())),
                    str(index.get("Projection", {}).get("ProjectionType", "")),
                    # moto tells it, local stand-ins may not.
                    index.get("IndexStatus", "ACTIVE"),
                )
                for index in table.get("GlobalSecondaryIndexes", ())
            },
            items=table.get("ItemCount", 0),
        )


class TopicProbe:
    """Reads the topic's attributes."""

    def __init__(self, client: "SNSClient", topic_arn: str) -> None:
        self._client = client
        self._topic_arn = topic_arn

    def read_topic(self) -> Topic | None:
        """Read the topic's attributes; None when there is no such topic, or the text is no topic's ARN."""
        with aws_errors(f"reading topic {self._topic_arn}"):
            try:
                attributes = self._client.get_topic_attributes(TopicArn=self._topic_arn)["Attributes"]
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
