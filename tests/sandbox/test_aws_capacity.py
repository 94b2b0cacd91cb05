"""DynamoDB's sizes, units, pages and index rules, as the real boto3 sees them."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from tests.running import Sandbox

KB = 1024
TABLE = "learnermax-education-sandbox"


def course(number: int, size: int = 0, **attributes: Any) -> dict[str, Any]:
    """A course item; `size` is its exact size in bytes when given."""
    key = f"COURSE#{number:03}"
    item = {"PK": key, "SK": "METADATA", "GSI1PK": "COURSE", "GSI1SK": key, **attributes}
    if size:
        used = sum(len(name) + len(value) for name, value in item.items())
        item["d"] = "x" * (size - used - 1)
    return item


def put_courses(sandbox: Sandbox, count: int, size: int) -> None:
    """Store courses of one size."""
    with sandbox.dynamodb().batch_writer() as batch:
        for number in range(count):
            batch.put_item(course(number, size))


def item_bytes(sandbox: Sandbox, item: dict[str, Any]) -> int:
    """Return the size that the table reports for one item."""
    sandbox.dynamodb().put_item(Item=item)
    return sandbox.dynamodb_client().describe_table(TableName=TABLE)["Table"]["TableSizeBytes"]


BASE = {"PK": "a", "SK": "b"}
BASE_BYTES = 6


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("é", 2),
        (True, 1),
        (None, 1),
        (Decimal("0"), 2),
        (Decimal("99.99"), 3),
        (Decimal("100000"), 2),
        (Decimal("-12345"), 4),
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

    assert {
        "TableName": TABLE,
        "CapacityUnits": 1.0,
        "Table": {"CapacityUnits": 0.0},
        "GlobalSecondaryIndexes": {"GSI1": {"CapacityUnits": 1.0}},
    } == answer["ConsumedCapacity"]


def test_new_item_also_writes_its_index_entry(sandbox: Sandbox) -> None:
    """A put of 3 KB takes three units on the table and three on the index that has the item."""
    answer = sandbox.dynamodb().put_item(Item=course(1, 3 * KB), ReturnConsumedCapacity="INDEXES")

    assert {
        "TableName": TABLE,
        "CapacityUnits": 6.0,
        "Table": {"CapacityUnits": 3.0},
        "GlobalSecondaryIndexes": {"GSI1": {"CapacityUnits": 3.0}},
    } == answer["ConsumedCapacity"]


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


def test_page_ends_at_a_megabyte_before_the_filter(sandbox: Sandbox) -> None:
    """A page can be empty and still be followed by another."""
    put_courses(sandbox, 12, 100 * KB)
    table = sandbox.dynamodb()

    nothing = Attr("PK").eq("no such course")
    first = table.scan(FilterExpression=nothing)
    second = table.scan(FilterExpression=nothing, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (0, 10) == (first["Count"], first["ScannedCount"])
    assert (0, 2) == (second["Count"], second["ScannedCount"])
    assert "LastEvaluatedKey" not in second


def test_limit_counts_evaluated_items(sandbox: Sandbox) -> None:
    """Limit is about what is read, and a page that reaches it is always followed by another."""
    put_courses(sandbox, 4, 0)
    table = sandbox.dynamodb()

    answers = [table.scan(Limit=2, FilterExpression=Attr("PK").eq("no"))]
    while "LastEvaluatedKey" in answers[-1]:
        start = answers[-1]["LastEvaluatedKey"]
        answers.append(table.scan(Limit=2, FilterExpression=Attr("PK").eq("no"), ExclusiveStartKey=start))

    assert [2, 2, 0] == [answer["ScannedCount"] for answer in answers]


@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_an_index_query_are_complete_and_in_order(sandbox: Sandbox, forward: bool) -> None:
    """Pages of a query continue where the last one ended, in both directions."""
    put_courses(sandbox, 7, 0)
    table = sandbox.dynamodb()
    question: dict[str, Any] = {
        "IndexName": "GSI1",
        "KeyConditionExpression": Key("GSI1PK").eq("COURSE") & Key("GSI1SK").begins_with("COURSE#"),
        "ScanIndexForward": forward,
        "Limit": 3,
    }

    answer = table.query(**question)
    found = answer["Items"]
    while "LastEvaluatedKey" in answer:
        answer = table.query(**question, ExclusiveStartKey=answer["LastEvaluatedKey"])
        found += answer["Items"]

    expected = [f"COURSE#{number:03}" for number in range(7)]
    assert (expected if forward else expected[::-1]) == [item["PK"] for item in found]


@pytest.mark.parametrize("limit", [None, 3])
def test_segments_part_the_table(sandbox: Sandbox, limit: int | None) -> None:
    """A parallel scan sees each item in exactly one segment."""
    put_courses(sandbox, 50, 0)
    table = sandbox.dynamodb()
    more: dict[str, Any] = {} if limit is None else {"Limit": limit}

    seen: list[list[str]] = []
    for segment in range(4):
        question = {"Segment": segment, "TotalSegments": 4, **more}
        answer = table.scan(**question)
        items = answer["Items"]
        while "LastEvaluatedKey" in answer:
            answer = table.scan(**question, ExclusiveStartKey=answer["LastEvaluatedKey"])
            items += answer["Items"]
        seen.append([str(item["PK"]) for item in items])

    assert [f"COURSE#{number:03}" for number in range(50)] == sorted(name for segment in seen for name in segment)
    assert all(segment for segment in seen)


def test_consistent_read_of_an_index_is_refused(sandbox: Sandbox) -> None:
    """Global secondary indexes are eventually consistent only."""
    with pytest.raises(ClientError, match="Consistent reads are not supported on global secondary indexes") as refused:
        sandbox.dynamodb().query(
            IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq("COURSE"), ConsistentRead=True
        )

    assert "ValidationException" == refused.value.response["Error"]["Code"]


def test_query_filter_on_a_key_is_refused(sandbox: Sandbox) -> None:
    """A query's filter may not name its key attributes."""
    with pytest.raises(ClientError, match="non-primary key attributes: Primary key attribute: GSI1SK"):
        sandbox.dynamodb().query(
            IndexName="GSI1",
            KeyConditionExpression=Key("GSI1PK").eq("COURSE"),
            FilterExpression=Attr("GSI1SK").begins_with("USER#"),
        )


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
