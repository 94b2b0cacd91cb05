"""One table in two emulators, DynamoDB Local and the sandbox: each operation goes to both."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.exceptions import ClientError

from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

_BATCH = 25
_DEFINITION = ("AttributeDefinitions", "KeySchema")
Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True)
class TablePair:
    """The same table, empty, in DynamoDB Local and in the sandbox."""

    local: "DynamoDBClient"
    sandbox: "DynamoDBClient"
    name: str

    def outcomes(self, operation: str, **request: Any) -> tuple[Outcome, Outcome]:
        """Send one operation to both; return DynamoDB Local's outcome and the sandbox's."""
        return self._outcome(self.local, operation, request), self._outcome(self.sandbox, operation, request)

    def put(self, *items: Mapping[str, Any]) -> None:
        """Put items, in DynamoDB's own JSON, into both tables."""
        for first in range(0, len(items), _BATCH):
            requests: Any = [{"PutRequest": {"Item": item}} for item in items[first : first + _BATCH]]
            for client in (self.local, self.sandbox):
                client.batch_write_item(RequestItems={self.name: requests})

    def _outcome(self, client: "DynamoDBClient", operation: str, request: Mapping[str, Any]) -> Outcome:
        try:
            answer = getattr(client, operation)(TableName=self.name, **request)
        except ClientError as error:
            failure: Outcome = {"status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
            failure["code"] = error.response["Error"]["Code"]
            item = cast("dict[str, Any]", error.response).get("Item")
            if item is not None:
                failure["Item"] = item
            return failure
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@cache
def client_of(url: str) -> "DynamoDBClient":
    """Return the client of an emulator, with the sandbox's credentials: one for each, since making it is slow."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
    )
    return session.client("dynamodb", endpoint_url=url)


def copy_table(source: "DynamoDBClient", target: "DynamoDBClient", name: str) -> None:
    """Make a table in the target as it is in the source, with its keys and indexes; an older one is dropped."""
    described: Any = source.describe_table(TableName=name)["Table"]
    with suppress(target.exceptions.ResourceNotFoundException):
        target.delete_table(TableName=name)
    indexes: Any = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in described["GlobalSecondaryIndexes"]
    ]
    target.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=indexes,
        **{part: described[part] for part in _DEFINITION},
    )
