"""One table in two emulators: DynamoDB Local and the sandbox. Each operation goes to both, for their answers to be compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import ClientError

from learnermax_cli.sandbox.state_file import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

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
        for client in (self.local, self.sandbox):
            for item in items:
                client.put_item(TableName=self.name, Item=item)

    def _outcome(self, client: "DynamoDBClient", operation: str, request: Mapping[str, Any]) -> Outcome:
        try:
            answer = getattr(client, operation)(TableName=self.name, **request)
        except ClientError as error:
            failure: Outcome = {"status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
            failure["code"] = error.response["Error"]["Code"]
            if "Item" in error.response:
                failure["Item"] = error.response["Item"]
            return failure
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def client_of(url: str) -> "DynamoDBClient":
    """Return a client of an emulator, with the sandbox's credentials."""
    session = boto3.Session(
        aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=REGION
    )
    return session.client("dynamodb", endpoint_url=url)


def copy_table(source: "DynamoDBClient", target: "DynamoDBClient", name: str) -> None:
    """Create a table in the target with the keys and indexes that it has in the source, or empty it by making it anew."""
    described: Any = source.describe_table(TableName=name)["Table"]
    if name in target.list_tables()["TableNames"]:
        target.delete_table(TableName=name)
    indexes = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in described["GlobalSecondaryIndexes"]
    ]
    target.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=indexes,
        **{part: described[part] for part in _DEFINITION},
    )
