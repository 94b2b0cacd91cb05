"""Pages, order, segments and refusals of Query and Scan, as the real boto3 sees them."""

from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

from tests.running import Sandbox
from tests.sandbox.course_items import KB, put_courses


def test_page_ends_at_a_megabyte_before_the_filter(sandbox: Sandbox) -> None:
    """A page can be empty and still be followed by another."""
    put_courses(sandbox, 12, 100 * KB)
    table = sandbox.dynamodb()

    nothing = Attr("PK").eq("no such course")
    first = table.scan(FilterExpression=nothing)
    second = table.scan(FilterExpression=nothing, ExclusiveStartKey=first["LastEvaluatedKey"])

    assert (0, 11) == (first["Count"], first["ScannedCount"])
    assert (0, 1) == (second["Count"], second["ScannedCount"])
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
