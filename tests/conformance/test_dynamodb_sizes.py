"""DynamoDB Local and the sandbox find the same bytes in an item, from which units and pages are counted."""

from typing import Any

import pytest

from tests.conformance.items import Value
from tests.conformance.tables import TablePair

KEY: dict[str, Value] = {"PK": {"S": "COURSE#a"}, "SK": {"S": "METADATA"}}
VALUES: dict[str, Value] = {
    "text": {"S": "naïve ☃"},
    "whole number": {"N": "9999"},
    "odd digits": {"N": "12345"},
    "decimals": {"N": "49.99"},
    "one decimal": {"N": "49.9"},
    "small fraction": {"N": "0.05"},
    "trailing zeros": {"N": "19900"},
    "unaligned decimals": {"N": "1.234"},
    "unaligned whole number": {"N": "1230"},
    "negative": {"N": "-49.99"},
    "negative whole number": {"N": "-5"},
    "zero": {"N": "0"},
    "boolean": {"BOOL": True},
    "null": {"NULL": True},
    "binary": {"B": b"12345"},
    "empty list": {"L": []},
    "list": {"L": [{"S": "one"}, {"N": "2"}, {"BOOL": False}]},
    "empty map": {"M": {}},
    "map": {"M": {"title": {"S": "Lesson"}, "minutes": {"N": "15"}}},
    "nested": {"L": [{"M": {"lessons": {"L": [{"M": {"title": {"S": "Intro"}}}]}}}]},
    "texts": {"SS": ["a", "bc"]},
    "numbers": {"NS": ["1", "49.99"]},
}


@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_a_value_has_the_same_size(tables: TablePair, value: Value) -> None:
    """Found by the longest text beside it for which the item still takes one write unit."""
    local, sandbox = _room_beside(tables, "local", value), _room_beside(tables, "sandbox", value)
    assert local == sandbox


def _room_beside(tables: TablePair, side: str, value: Value) -> int:
    client: Any = getattr(tables, side)
    low, high = 850, 1_024
    while low < high:
        middle = (low + high + 1) // 2
        item = {**KEY, "value": value, "text": {"S": "x" * middle}}
        answer = client.put_item(TableName=tables.name, Item=item, ReturnConsumedCapacity="TOTAL")
        client.delete_item(TableName=tables.name, Key=KEY)
        low, high = (middle, high) if answer["ConsumedCapacity"]["CapacityUnits"] == 1.0 else (low, middle - 1)
    return low
