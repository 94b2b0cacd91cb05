"""The good rows beside which a bad one is put: a course that is sold, one to be synced, a payment that waits."""

from collections.abc import Mapping
from typing import Any

from tests.hostile.rows import BUYER, FRESH, GOOD, PAYER, Row
from tests.items import enrollment_item, student_item
from tests.products.worlds import put_course, synced_course
from tests.running import Sandbox

ENV: Mapping[str, str | None] = {"FRONTEND_URL": "https://learnermax.example"}
PAID = "cs_test_paid"


def put_world(sandbox: Sandbox) -> None:
    """Put the good rows into the table and Stripe."""
    synced_course(sandbox, GOOD, "49.99")
    put_course(sandbox, FRESH, "49.99")
    sandbox.control.seed_sessions([{"id": PAID, "user_id": PAYER, "course_id": GOOD, "offset": -7200, "amount": 4999}])
    with sandbox.dynamodb().batch_writer() as batch:
        for user in (BUYER, PAYER):
            batch.put_item(Item=student_item(user))
        batch.put_item(Item=enrollment_item(PAYER, GOOD, "2025-10-15T12:34:56.789Z", stripeSessionId=PAID))


def put_row(sandbox: Sandbox, row: Row) -> None:
    """Put a bad row in place."""
    client, name = sandbox.dynamodb_client(), sandbox.dynamodb().name
    for item in row.items:
        made: Any = item
        client.put_item(TableName=name, Item=made)
    if row.sessions:
        sandbox.control.seed_sessions([dict(session) for session in row.sessions])
