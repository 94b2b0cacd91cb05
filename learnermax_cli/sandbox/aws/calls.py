"""Reads an AWS request: service, operation, whether it writes, and names; never a value of an item or secret."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl
from wsgiref.types import WSGIEnvironment

_READS = ("Get", "BatchGet", "TransactGet", "Describe", "List", "Query", "Scan", "Receive")
_KEYS = ("PK", "SK")
_NAMED = {
    "TableName": "table", "IndexName": "index", "Segment": "segment", "TotalSegments": "total_segments",
    "ConsistentRead": "consistent_read", "Limit": "limit", "ProjectionExpression": "projection",
    "FilterExpression": "filter", "KeyConditionExpression": "key_condition", "ConditionExpression": "condition",
    "UpdateExpression": "update", "ExpressionAttributeNames": "attribute_names",
    "SecretId": "secret", "Name": "name", "VersionId": "version", "VersionStage": "stage", "VersionStages": "stages",
    "MoveToVersionId": "move_to", "RemoveFromVersionId": "remove_from",
    "TopicArn": "topic", "Subject": "subject", "QueueUrl": "queue",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Call:
    """One request; `query` for the older protocol of SNS and STS, whose errors are XML."""

    service: str
    operation: str
    write: bool
    query: bool
    access_key_id: str | None
    params: Mapping[str, object]


def read_call(environ: WSGIEnvironment) -> Call:
    """Read a request and leave its body to be read again."""
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    access_key_id, service = _credential(environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    fields = _json(body) if target else dict(parse_qsl(body.decode(errors="replace")))
    operation = target.rpartition(".")[2] or fields.get("Action", "")
    write = bool(operation) and not operation.startswith(_READS)
    return Call(service, operation, write, not target, access_key_id, names_of(fields))


def names_of(fields: Mapping[str, Any]) -> dict[str, object]:
    """Return the names, keys and expressions of a request; values of attributes, secrets and messages stay out."""
    names: dict[str, object] = {short: fields[name] for name, short in _NAMED.items() if name in fields}
    key = fields.get("Key") or {name: value for name, value in fields.get("Item", {}).items() if name in _KEYS}
    if key:
        names["key"] = {name: next(iter(value.values())) for name, value in key.items()}
    if "Item" in fields:
        names["attributes"] = sorted(fields["Item"])
    if isinstance(fields.get("RequestItems"), dict):
        names["tables"] = {table: _count(asked) for table, asked in fields["RequestItems"].items()}
    if isinstance(fields.get("TransactItems"), list):
        names["items"] = [
            {"operation": kind, **names_of(operation)}
            for item in fields["TransactItems"]
            for kind, operation in item.items()
        ]
    return names


def _count(asked: Any) -> int:
    return len(asked["Keys"] if isinstance(asked, dict) else asked)


def _credential(authorization: str) -> tuple[str | None, str]:
    """Return access key id and service of a Signature Version 4 header [doc Signature Version 4]."""
    _, found, rest = authorization.partition("Credential=")
    parts = rest.partition(",")[0].split("/")
    return (parts[0], parts[3].lower()) if found and len(parts) == 5 else (None, "")


def _json(body: bytes) -> dict[str, Any]:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError:
        return {}
    return decoded if isinstance(decoded, dict) else {}
