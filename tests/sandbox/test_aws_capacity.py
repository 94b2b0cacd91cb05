"""DynamoDB's sizes, units, pages and index rules, as the real boto3 sees them."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from tests.running import Sandbox
from tests.sandbox.course_items import KB, TABLE, course, put_courses


def item_bytes(sandbox: Sandbox, item: dict[str, Any]) -> int:
    """Return the size that the table reports for one item."""
    sandbox.dynamodb().put_item(Item=item)
    return sandbox.dynamodb_client().describe_table(TableName=TABLE)["Table"]["TableSizeBytes"]


def capacity(table: float, index: float) -> dict[str, Any]:
    """Return the units that an answer reports of the table and of its index."""
    return {
        "TableName": TABLE,
        "CapacityUnits": table + index,
        "Table": {"CapacityUnits": table},
        "GlobalSecondaryIndexes": {"GSI1": {"CapacityUnits": index}},
    }


BASE = {"PK": "a", "SK": "b"}
BASE_BYTES = 6


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("é", 2),
        (True, 1),
        (None, 1),
        (Decimal("0"), 1),
        (Decimal("1.234"), 4),
        (Decimal("99.99"), 3),
        (Decimal("100000"), 2),
        (Decimal("-12345"), 5),
        (b"1234", 4),
        ([], 3),
        ({}, 3),
        (["ab", True], 3 + (2 + 1) + (1 + 1)),
        ({"ab": "c"}, 3 + (2 + 1 + 1)),
        ({"x", "yz"}, 3),
        ({Decimal(1), Decimal(22)}, 4),
    ],
)
def test_sizes_of_values(sandbox: Sandbox, value: Any, size: int) -> None:
    """A value has the size that DynamoDB's documentation gives."""
    assert BASE_BYTES + 1 + size == item_bytes(sandbox, {**BASE, "v": value})


def test_get_item_counts_four_kilobytes_begun(sandbox: Sandbox) -> None:
    """A consistent read of an item just over 4 KB takes two units, an eventual one half of it."""
    table = sandbox.dynamodb()
    table.put_item(Item=course(1, 4 * KB + 1))
    key = {"PK": "COURSE#001", "SK": "METADATA"}

    strong = table.get_item(Key=key, ConsistentRead=True, ReturnConsumedCapacity="TOTAL")
    eventual = table.get_item(Key=key, ProjectionExpression="PK", ReturnConsumedCapacity="TOTAL")

    assert {"TableName": TABLE, "CapacityUnits": 2.0} == strong["ConsumedCapacity"]
    assert {"TableName": TABLE, "CapacityUnits": 1.0} == eventual["ConsumedCapacity"]


def test_a_missing_item_costs_the_minimum(sandbox: Sandbox) -> None:
    """Reading nothing takes half a unit."""
    answer = sandbox.dynamodb().get_item(Key={"PK": "no", "SK": "no"}, ReturnConsumedCapacity="TOTAL")

    assert 0.5 == answer["ConsumedCapacity"]["CapacityUnits"]


def test_no_capacity_is_reported_unasked(sandbox: Sandbox) -> None:
    """ReturnConsumedCapacity defaults to NONE, for updates too."""
    answer = sandbox.dynamodb().update_item(
        Key=BASE, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": "x"}
    )

    assert "ConsumedCapacity" not in answer


def test_scan_counts_what_it_evaluates(sandbox: Sandbox) -> None:
    """Neither filter nor projection lowers the units of a scan."""
    put_courses(sandbox, 10, 10 * KB)

    answer = sandbox.dynamodb().scan(
        FilterExpression=Attr("PK").eq("COURSE#003"), ProjectionExpression="PK", ReturnConsumedCapacity="INDEXES"
    )

    assert [{"PK": "COURSE#003"}] == answer["Items"]
    assert (1, 10) == (answer["Count"], answer["ScannedCount"])
    assert {"TableName": TABLE, "CapacityUnits": 12.5, "Table": {"CapacityUnits": 12.5}} == answer["ConsumedCapacity"]


def test_index_query_counts_on_the_index(sandbox: Sandbox) -> None:
    """A query of an index reports its units there, and none on the table."""
    put_courses(sandbox, 2, 4 * KB)

    answer = sandbox.dynamodb().query(
        IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq("COURSE"), ReturnConsumedCapacity="INDEXES"
    )

    assert capacity(table=0.0, index=1.0) == answer["ConsumedCapacity"]


def test_new_item_also_writes_its_index_entry(sandbox: Sandbox) -> None:
    """A put of 3 KB takes three units on the table and three on the index that has the item."""
    answer = sandbox.dynamodb().put_item(Item=course(1, 3 * KB), ReturnConsumedCapacity="INDEXES")

    assert capacity(table=3.0, index=3.0) == answer["ConsumedCapacity"]


def test_changed_index_key_writes_the_index_twice(sandbox: Sandbox) -> None:
    """Moving an item inside an index deletes one entry and puts another."""
    table = sandbox.dynamodb()
    table.put_item(Item=course(1))

    answer = table.update_item(
        Key={"PK": "COURSE#001", "SK": "METADATA"},
        UpdateExpression="SET GSI1SK = :v",
        ExpressionAttributeValues={":v": "COURSE#other"},
        ReturnConsumedCapacity="INDEXES",
    )

    assert {"GSI1": {"CapacityUnits": 2.0}} == answer["ConsumedCapacity"]["GlobalSecondaryIndexes"]


def test_smaller_item_costs_the_larger_one(sandbox: Sandbox) -> None:
    """Replacing 5 KB by a small item takes five units on the table."""
    table = sandbox.dynamodb()
    table.put_item(Item=course(1, 5 * KB))

    answer = table.put_item(Item=course(1), ReturnConsumedCapacity="INDEXES")

    assert 5.0 == answer["ConsumedCapacity"]["Table"]["CapacityUnits"]


def test_transaction_costs_twice(sandbox: Sandbox) -> None:
    """TransactWriteItems takes two units for each KB, and says so per table."""
    answer = sandbox.dynamodb_client().transact_write_items(
        TransactItems=[
            {"Put": {"TableName": TABLE, "Item": {"PK": {"S": key}, "SK": {"S": "b"}}}} for key in ("a", "b")
        ],
        ReturnConsumedCapacity="TOTAL",
    )

    assert [{"TableName": TABLE, "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}] == answer["ConsumedCapacity"]


def test_batches_count_each_item(sandbox: Sandbox) -> None:
    """BatchGetItem rounds each item by itself."""
    put_courses(sandbox, 3, 1 * KB)
    keys = [{"PK": {"S": f"COURSE#{number:03}"}, "SK": {"S": "METADATA"}} for number in range(4)]

    answer = sandbox.dynamodb_client().batch_get_item(
        RequestItems={TABLE: {"Keys": keys, "ConsistentRead": True}}, ReturnConsumedCapacity="TOTAL"
    )

    assert [{"TableName": TABLE, "CapacityUnits": 4.0}] == answer["ConsumedCapacity"]


def test_condition_that_fails_is_journalled_with_its_units(sandbox: Sandbox) -> None:
    """A refused conditional write costs a write all the same."""
    table = sandbox.dynamodb()
    table.put_item(Item=course(1, 2 * KB))

    with pytest.raises(ClientError, match="ConditionalCheckFailedException") as refused:
        table.put_item(
            Item=course(1, 2 * KB),
            ConditionExpression=Attr("PK").not_exists(),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )

    assert {"S": "COURSE#001"} == refused.value.response["Item"]["PK"]  # type: ignore[typeddict-item]
    entry = sandbox.control.journal()[-1]
    assert ("PutItem", 400, 2.0) == (entry["operation"], entry["status"], entry["units"])


def test_index_holds_only_items_with_its_keys(sandbox: Sandbox) -> None:
    """DescribeTable tells true numbers and sizes, of the sparse index too."""
    sandbox.dynamodb().put_item(Item={**BASE, "email": "a@b.c"})
    sandbox.dynamodb().put_item(Item=course(1, 200))

    described = sandbox.dynamodb_client().describe_table(TableName=TABLE)["Table"]

    assert (2, BASE_BYTES + 10 + 200) == (described["ItemCount"], described["TableSizeBytes"])
    indexes = {
        index["IndexName"]: (index["ItemCount"], index["IndexSizeBytes"])
        for index in described["GlobalSecondaryIndexes"]
    }
    assert {"GSI1": (1, 200), "email-index": (1, BASE_BYTES + 10)} == indexes
