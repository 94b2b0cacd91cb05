"""DynamoDB Local and the sandbox cut the same pages of Query and Scan, and count the same units for each."""

from typing import Any

import pytest

from tests.conformance.items import Item, course, lesson
from tests.conformance.tables import TablePair

Page = tuple[int, int, float]
# Of one size, so that pages do not depend on the order of a scan, which each emulator has its own.
SIZE = 9_012
MANY = 250


def pages(client: Any, operation: str, **request: Any) -> tuple[list[Page], list[Item]]:
    """Read all pages; return count, scanned count and units of each, and the items by their keys."""
    cut: list[Page] = []
    items: list[Item] = []
    start: dict[str, Any] = {}
    while True:
        answer = getattr(client, operation)(ReturnConsumedCapacity="TOTAL", **request, **start)
        cut.append((answer["Count"], answer["ScannedCount"], answer["ConsumedCapacity"]["CapacityUnits"]))
        items += answer["Items"]
        if "LastEvaluatedKey" not in answer:
            return cut, sorted(items, key=lambda item: (item["PK"]["S"], item["SK"]["S"]))
        start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}


@pytest.mark.parametrize("size", [SIZE, 16_384, 300_000])
@pytest.mark.parametrize("consistent", [False, True])
def test_a_scan_is_cut_alike(tables: TablePair, size: int, consistent: bool) -> None:
    """At 1 MB of evaluated items."""
    tables.put(*(lesson(number, size) for number in range(MANY * SIZE // size)))
    request = {"TableName": tables.name, "ConsistentRead": consistent}
    local, sandbox = (pages(client, "scan", **request) for client in (tables.local, tables.sandbox))
    assert local == sandbox


def test_a_filtered_scan_costs_what_it_evaluates(tables: TablePair) -> None:
    """And a filter that keeps nothing gives pages without items."""
    tables.put(*(lesson(number, SIZE) for number in range(MANY)))
    request = {
        "TableName": tables.name,
        "FilterExpression": "begins_with(PK, :prefix)",
        "ExpressionAttributeValues": {":prefix": {"S": "COURSE#"}},
    }
    local, sandbox = (pages(client, "scan", **request) for client in (tables.local, tables.sandbox))
    assert ([], True) == (local[1], all(page[0] == 0 for page in local[0]))
    assert local == sandbox


@pytest.mark.parametrize("index", [None, "GSI1"])
def test_a_query_is_cut_alike_and_in_order(tables: TablePair, index: str | None) -> None:
    """Of the table and of an index; backwards too."""
    text = {"description": {"S": "x" * 9_000}}
    tables.put(
        *({**course("a", **text), "SK": {"S": f"LESSON#{n:04}"}, "GSI1SK": {"S": f"L#{n:04}"}} for n in range(MANY))
    )
    name, partition = ("GSI1PK", "COURSE") if index else ("PK", "COURSE#a")
    request: dict[str, Any] = {
        "TableName": tables.name,
        "KeyConditionExpression": f"{name} = :p",
        "ExpressionAttributeValues": {":p": {"S": partition}},
        **({"IndexName": index} if index else {}),
    }
    for forward in (True, False):
        local, sandbox = (
            pages(client, "query", ScanIndexForward=forward, **request) for client in (tables.local, tables.sandbox)
        )
        assert local == sandbox


def test_segments_together_hold_everything_once(tables: TablePair) -> None:
    """Which segment an item falls into is each emulator's own affair."""
    tables.put(*(course(f"c{number:03}") for number in range(40)), *(lesson(number, 500) for number in range(40)))
    found = []
    for client in (tables.local, tables.sandbox):
        segments = [
            pages(client, "scan", TableName=tables.name, Segment=segment, TotalSegments=4)[1] for segment in range(4)
        ]
        found.append(sorted(item["PK"]["S"] for items in segments for item in items))
    local, sandbox = found
    assert 80 == len(local)
    assert local == sandbox


def test_a_limit_leaves_a_key_to_go_on_from(tables: TablePair) -> None:
    """Even when nothing follows; `Limit` counts evaluated items."""
    tables.put(*(lesson(number, 500) for number in range(4)))
    request = {"TableName": tables.name, "Limit": 2}
    local, sandbox = (pages(client, "scan", **request) for client in (tables.local, tables.sandbox))
    assert [2, 2, 0] == [page[1] for page in local[0]]
    assert [page[:2] for page in local[0]] == [page[:2] for page in sandbox[0]]


def test_where_the_sandbox_keeps_to_aws_and_dynamodb_local_does_not(tables: TablePair) -> None:
    """An evaluation of nothing takes the minimum of half a unit, and a number in a map loses its trailing zeros."""
    nothing = {"KeyConditionExpression": "PK = :p", "ExpressionAttributeValues": {":p": {"S": "COURSE#none"}}}
    local, sandbox = tables.outcomes("query", ReturnConsumedCapacity="TOTAL", **nothing)
    assert (0.0, 0.5) == (local["ConsumedCapacity"]["CapacityUnits"], sandbox["ConsumedCapacity"]["CapacityUnits"])
    tables.put(course("a", price={"M": {"amount": {"N": "49.90"}}}))
    local, sandbox = tables.outcomes("get_item", Key={"PK": {"S": "COURSE#a"}, "SK": {"S": "METADATA"}})
    amounts = [outcome["Item"]["price"]["M"]["amount"]["N"] for outcome in (local, sandbox)]
    assert ["49.90", "49.9"] == amounts
