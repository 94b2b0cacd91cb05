"""DynamoDB Local and the sandbox answer alike: results, refusals and consumed capacity of single requests."""

from typing import Any

import pytest

from tests.conformance.items import Item, Value, course, key
from tests.conformance.tables import TablePair

LONG = "x" * 30_000
VALUES: dict[str, Value] = {
    "two decimals": {"N": "49.90"},
    "exponent": {"N": "1E2"},
    "leading zeros": {"N": "007.50"},
    "negative zero": {"N": "-0.0"},
    "38 digits": {"N": "12345678901234567890123456789012345678"},
    "text": {"S": "49.90"},
    "empty text": {"S": ""},
    "null": {"NULL": True},
    "false": {"BOOL": False},
    "map": {"M": {"amount": {"N": "49.9"}}},
    "list": {"L": [{"N": "1"}, {"S": ""}]},
    "set": {"NS": ["1", "2.5"]},
    "binary": {"B": b"\x00\xff"},
}


def names(**placeholders: str) -> dict[str, str]:
    """Return expression attribute names."""
    return {f"#{placeholder}": name for placeholder, name in placeholders.items()}


def texts(**values: str) -> Item:
    """Return expression attribute values, texts all."""
    return {f":{name}": {"S": text} for name, text in values.items()}


def put(item: Item, **options: Any) -> tuple[str, dict[str, Any]]:
    """Return a PutItem that reports its capacity."""
    return "put_item", {"Item": item, "ReturnConsumedCapacity": "INDEXES", **options}


def get(**options: Any) -> tuple[str, dict[str, Any]]:
    """Return a GetItem of the course that is there."""
    return "get_item", {"Key": key("a"), "ReturnConsumedCapacity": "INDEXES", **options}


def update(expression: str, values: Item | None = None, **options: Any) -> tuple[str, dict[str, Any]]:
    """Return an UpdateItem of the course that is there."""
    given = {"ExpressionAttributeValues": values} if values else {}
    request = {"Key": key("a"), "UpdateExpression": expression, "ReturnConsumedCapacity": "INDEXES", **given}
    return "update_item", {**request, **options}


def query(expression: str, values: Item, **options: Any) -> tuple[str, dict[str, Any]]:
    """Return a Query."""
    request = {"KeyConditionExpression": expression, "ExpressionAttributeValues": values}
    return "query", {**request, "ReturnConsumedCapacity": "INDEXES", **options}


def scan(**options: Any) -> tuple[str, dict[str, Any]]:
    """Return a Scan."""
    return "scan", {"ReturnConsumedCapacity": "INDEXES", **options}


ALL_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
WITHOUT_INDEX = {name: value for name, value in course("a").items() if not name.startswith("GSI1")}
REQUESTS: dict[str, tuple[str, dict[str, Any]]] = {
    "put a new item": put(course("b")),
    "put the same item again": put(course("a", description={"S": "old"})),
    "put a larger item": put(course("a", description={"S": "x" * 3_000})),
    "put into another index partition": put(course("a", GSI1PK={"S": "OTHER"})),
    "put out of the index": put(WITHOUT_INDEX),
    "put into a second index": put(course("a", email={"S": "a@example.com"})),
    "put and return the old": put(course("a"), ReturnValues="ALL_OLD"),
    "put if absent, absent": put(course("b"), ConditionExpression="attribute_not_exists(PK)", **ALL_OLD),
    "put if absent, there": put(course("a"), ConditionExpression="attribute_not_exists(PK)", **ALL_OLD),
    "put an empty text": put(course("b", description={"S": ""})),
    "put an empty key": put({**course("b"), "PK": {"S": ""}}),
    "put an empty index key": put(course("b", GSI1PK={"S": ""})),
    "put a null index key": put(course("b", GSI1PK={"NULL": True})),
    "put a number as index key": put(course("b", GSI1PK={"N": "1"})),
    "put an empty set": put(course("b", tags={"SS": []})),
    "put without sort key": put({"PK": {"S": "COURSE#b"}}),
    "put more than 400 KB": put(course("b", description={"S": "x" * 410_000})),
    "put a number of 39 digits": put(course("b", price={"N": "1" * 39})),
    "put a number that is too large": put(course("b", price={"N": "1E126"})),
    "put a number that is too small": put(course("b", price={"N": "1E-131"})),
    "put the largest number": put(course("b", price={"N": "9.9E125"})),
    "put the smallest number": put(course("b", price={"N": "-1E-130"})),
    "put a number that is none": put(course("b", price={"N": "free"})),
    "get": get(ConsistentRead=True),
    "get eventually consistent": get(),
    "get what is not there": get(Key=key("z")),
    "get a projection": get(ProjectionExpression="#n, price", ExpressionAttributeNames=names(n="name")),
    "get a reserved word": get(ProjectionExpression="name"),
    "get with an unused name": get(ProjectionExpression="price", ExpressionAttributeNames=names(n="name")),
    "get by half a key": get(Key={"PK": {"S": "COURSE#a"}}),
    "get by an empty key": get(Key={**key("a"), "PK": {"S": ""}}),
    "get by a partition key of 2,049 bytes": get(Key={**key("a"), "PK": {"S": "\u6f22" * 683}}),
    "get by a sort key of 1,025 bytes": get(Key={**key("a"), "SK": {"S": "é" * 512 + "e"}}),
    "get by the longest keys": get(Key={"PK": {"S": "p" * 2_048}, "SK": {"S": "é" * 512}}),
    "put a partition key of 2,049 bytes": put({**course("b"), "PK": {"S": "p" * 2_049}}),
    "put a sort key of 1,025 bytes": put({**course("b"), "SK": {"S": "s" * 1_025}}),
    "put an index key of 1,025 bytes": put(course("b", GSI1SK={"S": "s" * 1_025})),
    "update by a sort key of 1,025 bytes": update(
        "SET a = :a", texts(a="b"), Key={**key("a"), "SK": {"S": "s" * 1_025}}
    ),
    "delete by a partition key of 2,049 bytes": ("delete_item", {"Key": {**key("a"), "PK": {"S": "p" * 2_049}}}),
    "query a sort key of 1,025 bytes": query("PK = :p AND SK = :s", texts(p="COURSE#a", s="s" * 1_025)),
    "query the beginning of a sort key, of 1,025 bytes": query(
        "PK = :p AND begins_with(SK, :s)", texts(p="COURSE#a", s="s" * 1_025)
    ),
    "update": update("SET stripeProductId = :p", texts(p="prod_1")),
    "update to what it is": update("SET description = :d", texts(d="old")),
    "update and return the new": update("SET description = :d", texts(d=""), ReturnValues="ALL_NEW"),
    "update what is not there": update("SET stripeProductId = :p", texts(p="prod_1"), Key=key("z")),
    "update a reserved word": update("SET name = :n", texts(n="New")),
    "update a key": update("SET PK = :p", texts(p="COURSE#b")),
    "update with an unused value": update("SET description = :d", texts(d="new", e="other")),
    "update with a missing value": update("SET description = :d, extra = :e", texts(d="new")),
    "update a path twice": update("SET description = :d, description = :e", texts(d="new", e="other")),
    "update an index key to empty": update("SET GSI1PK = :g", texts(g="")),
    "update out of the index": update("REMOVE GSI1PK"),
    "update if there, not there": update(
        "SET description = :d", texts(d="new"), Key=key("z"), ConditionExpression="attribute_exists(PK)", **ALL_OLD
    ),
    "update if as read, it is": update(
        "SET stripeProductId = :p", texts(p="prod_1", d="old"), ConditionExpression="description = :d", **ALL_OLD
    ),
    "update if as read, it is not": update(
        "SET stripeProductId = :p", texts(p="prod_1", d="new"), ConditionExpression="description = :d", **ALL_OLD
    ),
    "update if as read, it is not, without the item": update(
        "SET stripeProductId = :p", texts(p="prod_1", d="new"), ConditionExpression="description = :d"
    ),
    "update if absent, it is null": update(
        "SET stripeProductId = :p", texts(p="prod_1"), ConditionExpression="attribute_not_exists(nothing)", **ALL_OLD
    ),
    "update with a condition value of 30 KB": update(
        "SET stripeProductId = :p", texts(p="prod_1", d=LONG), ConditionExpression="description <> :d", **ALL_OLD
    ),
    "update with an expression above 4 KB": update(
        "SET stripeProductId = :p", texts(p="prod_1"), ConditionExpression=" OR ".join(["attribute_exists(PK)"] * 190)
    ),
    "delete": ("delete_item", {"Key": key("a"), "ReturnConsumedCapacity": "INDEXES"}),
    "delete what is not there": ("delete_item", {"Key": key("z"), "ReturnConsumedCapacity": "INDEXES"}),
    "delete if pending, it is not": (
        "delete_item",
        {
            "Key": key("a"),
            "ConditionExpression": "pricingModel = :p",
            "ExpressionAttributeValues": texts(p="free"),
            **ALL_OLD,
        },
    ),
    "query the table": query("PK = :p", texts(p="COURSE#a"), ConsistentRead=True),
    "query an index": query("GSI1PK = :p AND begins_with(GSI1SK, :s)", texts(p="COURSE", s="C"), IndexName="GSI1"),
    "query an index consistently": query("GSI1PK = :p", texts(p="COURSE"), IndexName="GSI1", ConsistentRead=True),
    "query an unknown index": query("GSI9PK = :p", texts(p="COURSE"), IndexName="GSI9"),
    "query without the partition key": query("SK = :s", texts(s="METADATA")),
    "query with a filter on a key": query("PK = :p", texts(p="COURSE#a", s="M"), FilterExpression="SK = :s"),
    "query with a filter that keeps nothing": query(
        "PK = :p", texts(p="COURSE#a", m="free"), FilterExpression="pricingModel = :m"
    ),
    "query with a limit": query("PK = :p", texts(p="COURSE#a"), Limit=1),
    "query a count": query("PK = :p", texts(p="COURSE#a"), Select="COUNT"),
    "scan": scan(ConsistentRead=True),
    "scan an index": scan(IndexName="GSI1"),
    "scan an index consistently": scan(IndexName="GSI1", ConsistentRead=True),
    "scan an unknown index": scan(IndexName="GSI9"),
    "scan with a filter on a key": scan(
        FilterExpression="SK = :s AND begins_with(PK, :p)", ExpressionAttributeValues=texts(s="METADATA", p="COURSE#")
    ),
    "scan a reserved word": scan(ProjectionExpression="name"),
    "scan a segment that is none": scan(Segment=4, TotalSegments=4),
    "scan a limit of one": scan(Limit=1),
}


@pytest.mark.parametrize("request_", REQUESTS.values(), ids=REQUESTS)
def test_a_request_has_the_same_outcome(tables: TablePair, request_: tuple[str, dict[str, Any]]) -> None:
    """One course is there, with a null attribute; the outcome is the answer, or the refusal with its item."""
    tables.put(course("a", description={"S": "old"}, nothing={"NULL": True}))
    operation, options = request_
    local, sandbox = tables.outcomes(operation, **options)
    assert local == sandbox
    after_local, after_sandbox = tables.outcomes("scan", ConsistentRead=True)
    assert by_key(after_local["Items"]) == by_key(after_sandbox["Items"])


def by_key(items: list[Item]) -> list[Item]:
    """Return items in the order of their keys: a scan has an order of its own in each emulator."""
    return sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_is_stored_alike_and_meets_itself(tables: TablePair, value: Value) -> None:
    """As it was sent, whatever form its number has."""
    for operation, options in (
        put(course("a", price=value)),
        get(ConsistentRead=True),
        update("SET ok = :v", {":v": value}, ConditionExpression="price = :v", **ALL_OLD),
    ):
        local, sandbox = tables.outcomes(operation, **options)
        assert local == sandbox
        assert "code" not in local
