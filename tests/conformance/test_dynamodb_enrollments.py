"""Enrollments are confirmed on DynamoDB Local as on the sandbox, by each command that does."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.conformance.items import Item
from tests.conformance.tables import TablePair
from tests.enrollments import worlds
from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

USERS = {"paid": "paid", "expired": "expired", "buyer": "paid"}


def items_of(client: "DynamoDBClient", name: str) -> dict[str, Item]:
    """Return the items of a table by their keys, without the times of the run."""
    items: Any = client.scan(TableName=name, ConsistentRead=True)["Items"]
    return {
        f"{item['PK']['S']} {item['SK']['S']}": {
            attribute: value for attribute, value in item.items() if attribute not in ("updatedAt", "enrolledAt")
        }
        for item in items
    }


@pytest.mark.parametrize(
    "args",
    [
        ("enrollments", "reconcile", "--release-expired"),
        ("enrollments", "reconcile", "--since", "3d"),
        ("enrollments", "reconcile", "--since", "3d", "--window-only"),
        ("webhooks", "replay", "--since", "3d"),
    ],
)
def test_a_run_leaves_the_same_items(tables: TablePair, sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """One enrollment is paid, one has expired, and one student has paid without any."""
    worlds.put_basics(sandbox, "buyer")
    for user, state in USERS.items():
        metadata = {"managedBy": "lmx", "environment": "preview", "courseId": worlds.COURSE, "userId": user}
        if user == "buyer":
            worlds.seed(sandbox, user, state, metadata=metadata)
        else:
            worlds.put_bought(sandbox, user, state, metadata=metadata)
    for item in tables.sandbox.scan(TableName=tables.name)["Items"]:
        tables.local.put_item(TableName=tables.name, Item=item)
    for client in (tables.local, tables.sandbox):
        environment = {"AWS_ENDPOINT_URL_DYNAMODB": client.meta.endpoint_url}
        done = sandbox.run(*args, "-e", "preview", env=environment)
        assert 0 == done.returncode, done.stderr
    local, ours = (items_of(client, tables.name) for client in (tables.local, tables.sandbox))
    assert {"S": "completed"} == local[f"USER#paid COURSE#{worlds.COURSE}"]["paymentStatus"]
    assert ours == local
