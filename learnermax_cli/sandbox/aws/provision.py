"""What is in the local AWS from the start: LearnerMax's tables, the topic of its mails, a listening queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from moto.backends import get_backend
from moto.dynamodb.responses import (
    validate_put_has_empty_attrs,
    validate_put_has_empty_keys,
    validate_put_has_gsi_keys_set_to_none,
)

from learnermax_cli.config.keys import table_name
from learnermax_cli.config.sandbox_state import ACCOUNT_ID, REGION, TOPIC_NAME
from learnermax_cli.sandbox.aws.checks import require_index_keys, require_sound
from learnermax_cli.sandbox.aws.queue import SandboxQueue

ENVIRONMENTS = ("sandbox", "preview")
QUEUE = f"{TOPIC_NAME}-events"
_CHECKS = (validate_put_has_empty_keys, validate_put_has_empty_attrs, validate_put_has_gsi_keys_set_to_none)
_KEYS = {"PK": "HASH", "SK": "RANGE"}
_INDEXES = {"GSI1": {"GSI1PK": "HASH", "GSI1SK": "RANGE"}, "email-index": {"email": "HASH"}}


def provision() -> None:
    """Create tables, topic and queue in an empty backend."""
    for environment in ENVIRONMENTS:
        create_table(table_name(environment))
    topic = get_backend("sns")[ACCOUNT_ID][REGION].create_topic(TOPIC_NAME)
    queue = SandboxQueue(QUEUE, REGION, ACCOUNT_ID)
    get_backend("sqs")[ACCOUNT_ID][REGION].queues[queue.name] = queue
    get_backend("sns")[ACCOUNT_ID][REGION].subscribe(topic.arn, queue.queue_arn, "sqs")
    topic.subscriptions_confimed = 1  # moto never counts them


def create_table(name: str) -> None:
    """Create a table with LearnerMax's keys and indexes."""
    attributes = sorted({*_KEYS, *(attribute for schema in _INDEXES.values() for attribute in schema)})
    get_backend("dynamodb")[ACCOUNT_ID][REGION].create_table(
        name,
        schema=_schema(_KEYS),
        throughput=None,
        attr=[{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        global_indexes=[
            {"IndexName": index, "KeySchema": _schema(keys), "Projection": {"ProjectionType": "ALL"}}
            for index, keys in _INDEXES.items()
        ],
        indexes=[],
        streams={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        billing_mode="PAY_PER_REQUEST",
        sse_specification=None,
        tags=[],
        deletion_protection_enabled=False,
        warm_throughput=None,
    )


def store_items(name: str, items: Sequence[dict[str, Any]]) -> None:
    """Store items in DynamoDB's JSON under the checks of PutItem, without an HTTP request for every 25 of them."""
    table = get_backend("dynamodb")[ACCOUNT_ID][REGION].get_table(name)
    require_sound({"Items": items})
    for item in items:
        for check in _CHECKS:
            check(item, table)
        require_index_keys(table, item)
        table.put_item(item, overwrite=True)


def _schema(keys: dict[str, str]) -> list[dict[str, Any]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in keys.items()]
