"""Requests that DynamoDB refuses, and numbers as it gives them back."""

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from learnermax_cli.sandbox.client import SandboxError
from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

TABLE = "learnermax-education-sandbox"
KEY = {"PK": {"S": "a"}, "SK": {"S": "b"}}
VALUE = {":v": {"S": "x"}}

REFUSED: list[tuple[Callable[["DynamoDBClient"], object], str]] = [
    (
        lambda client: client.scan(TableName=TABLE, ProjectionExpression="PK, name"),
        "Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: name",
    ),
    (
        lambda client: client.scan(TableName=TABLE, FilterExpression="v = :w", ExpressionAttributeValues=VALUE),
        "An expression attribute value used in expression is not defined; attribute value: :w",
    ),
    (
        lambda client: client.scan(TableName=TABLE, FilterExpression="#q = :v", ExpressionAttributeValues=VALUE),
        "An expression attribute name used in the document path is not defined; attribute name: #q",
    ),
    (
        lambda client: client.scan(
            TableName=TABLE, FilterExpression="v = :v", ExpressionAttributeValues={**VALUE, ":w": {"S": "y"}}
        ),
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
    ),
    (
        lambda client: client.get_item(TableName=TABLE, Key={**KEY, "GSI1PK": {"S": "c"}}),
        "The provided key element does not match the schema",
    ),
    (
        lambda client: client.get_item(TableName=TABLE, Key={"PK": {"N": "1"}, "SK": {"S": "b"}}),
        "The provided key element does not match the schema",
    ),
    (
        lambda client: client.get_item(TableName=TABLE, Key={**KEY, "PK": {"S": "\u6f22" * 683}}),
        "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        lambda client: client.batch_get_item(RequestItems={TABLE: {"Keys": [KEY, {**KEY, "SK": {"S": "s" * 1_025}}]}}),
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
    (
        lambda client: client.put_item(TableName=TABLE, Item={**KEY, "GSI1SK": {"S": "s" * 1_025}}),
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
    (
        lambda client: client.query(
            TableName=TABLE,
            KeyConditionExpression="PK = :p AND SK = :s",
            ExpressionAttributeValues={":p": {"S": "p"}, ":s": {"S": "s" * 1_025}},
        ),
        "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
    (
        lambda client: client.put_item(TableName=TABLE, Item={**KEY, "GSI1PK": {"N": "1"}}),
        "Type mismatch for Index Key GSI1PK Expected: S Actual: N IndexName: GSI1",
    ),
    (
        lambda client: client.put_item(TableName=TABLE, Item={**KEY, "n": {"N": "1" * 39}}),
        "Attempting to store more than 38 significant digits in a Number",
    ),
    (
        lambda client: client.put_item(TableName=TABLE, Item={**KEY, "n": {"N": "1E126"}}),
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    (
        lambda client: client.put_item(TableName=TABLE, Item={**KEY, "n": {"NS": ["1E-131"]}}),
        "Number underflow. Attempting to store a number with magnitude smaller than supported range",
    ),
    (
        lambda client: client.scan(TableName=TABLE, FilterExpression=" OR ".join(["attribute_exists(v)"] * 200)),
        "Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4596",
    ),
    (
        lambda client: client.query(
            TableName=TABLE, IndexName="GSI9", KeyConditionExpression="v = :v", ExpressionAttributeValues=VALUE
        ),
        "The table does not have the specified index: GSI9",
    ),
    (
        lambda client: client.batch_write_item(
            RequestItems={TABLE: [{"PutRequest": {"Item": {"PK": {"S": str(n)}, "SK": {"S": "b"}}}} for n in range(26)]}
        ),
        "Too many items requested for the BatchWriteItem call",
    ),
]


@pytest.mark.parametrize(("call", "message"), REFUSED)
def test_refused_requests(sandbox: Sandbox, call: Callable[["DynamoDBClient"], object], message: str) -> None:
    """A request that AWS refuses is refused here, with AWS's words."""
    with pytest.raises(ClientError) as refused:
        call(sandbox.dynamodb_client())

    error = refused.value.response["Error"]
    assert "ValidationException" == error["Code"]
    assert message in error["Message"]


@pytest.mark.parametrize(
    ("written", "read"),
    [("49.90", "49.9"), ("100", "100"), ("1E+2", "100"), ("0.00", "0"), ("-0.50", "-0.5"), ("1" * 38, "1" * 38)],
)
def test_numbers_lose_their_zeros(sandbox: Sandbox, written: str, read: str) -> None:
    """A price written as 49.90 is read as 49.9."""
    client = sandbox.dynamodb_client()

    client.put_item(TableName=TABLE, Item={**KEY, "price": {"N": written}})

    assert {"N": read} == client.get_item(TableName=TABLE, Key=KEY)["Item"]["price"]


def test_nested_and_updated_numbers_are_trimmed_too(sandbox: Sandbox) -> None:
    """Trimming reaches into lists, maps, sets and updates."""
    table = sandbox.dynamodb()
    table.update_item(
        Key={"PK": "a", "SK": "b"},
        UpdateExpression="SET v = :v",
        ExpressionAttributeValues={":v": {"list": [Decimal("1.10")], "set": {Decimal("2.20")}}},
    )

    assert {"list": [Decimal("1.1")], "set": {Decimal("2.2")}} == table.get_item(Key={"PK": "a", "SK": "b"})["Item"][
        "v"
    ]


def test_binary_values_come_back_whole(sandbox: Sandbox) -> None:
    """Bytes are the same after a round trip, projected or not."""
    client = sandbox.dynamodb_client()
    client.put_item(TableName=TABLE, Item={**KEY, "v": {"B": b"\x00\xff"}})

    assert {"v": {"B": b"\x00\xff"}} == client.get_item(TableName=TABLE, Key=KEY, ProjectionExpression="v")["Item"]
    assert {"B": b"\x00\xff"} == client.get_item(TableName=TABLE, Key=KEY)["Item"]["v"]


def test_items_stored_in_bulk(sandbox: Sandbox) -> None:
    """They are what PutItem would have made of them, and what it refuses is refused."""
    item = {**KEY, "email": {"S": "a@example.com"}, "price": {"N": "49.90"}}
    sandbox.control.put_items(TABLE, [item])
    assert {**KEY, "email": {"S": "a@example.com"}, "price": {"N": "49.9"}} == sandbox.dynamodb_client().get_item(
        TableName=TABLE, Key=KEY
    )["Item"]
    with pytest.raises(SandboxError, match="Type mismatch for Index Key email"):
        sandbox.control.put_items(TABLE, [{**item, "email": {"N": "1"}}])
    with pytest.raises(SandboxError, match="not found"):
        sandbox.control.put_items("another", [item])
