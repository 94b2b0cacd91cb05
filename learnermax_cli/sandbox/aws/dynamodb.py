"""DynamoDB's backend and request handler: moto's own, with our table and with true ConsumedCapacity in each answer.

Both are subclasses, put in place by `install` through moto's registry of backends, so that no code of moto is changed.
"""

from __future__ import annotations

import copy
import json
import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from moto.core.common_types import TYPE_RESPONSE
from moto.core.responses import ActionResult
from moto.dynamodb.exceptions import ConditionalCheckFailed, MockValidationException, ResourceInUseException
from moto.dynamodb.models import DynamoDBBackend, dynamodb_backends
from moto.dynamodb.models.dynamo_type import Item
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.utilities.aws_headers import gen_amzn_requestid_long

from learnermax_cli.sandbox.aws.capacity import Usage, combined, usage_of_get, usage_of_page, usage_of_write
from learnermax_cli.sandbox.aws.checks import require_batch_size, require_index_keys, require_key, require_sound
from learnermax_cli.sandbox.aws.table import SandboxTable

UNITS = "learnermax.units"
_NAME = re.compile(r"(?<![:\w.#-])#?[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Target:
    """An item that a request names: by its key, or whole when it is put."""

    table: str
    attrs: dict[str, Any]
    whole: bool = False


class SandboxDynamoBackend(DynamoDBBackend):
    """moto's backend with tables of our own."""

    @property
    def flask_paths(self) -> dict[str, Any]:
        """Return the handler of all requests."""
        return {"/": SandboxDynamoHandler.dispatch}

    def create_table(self, name: str, *args: Any, **kwargs: Any) -> Table:
        """Create a table; raises ResourceInUseException when there is one of this name."""
        if name in self.tables:
            raise ResourceInUseException(f"Table already exists: {name}")
        self.tables[name] = SandboxTable(  # type: ignore[abstract]  # as moto's own tables are
            name, self.account_id, self.region_name, *args, **kwargs
        )
        return self.tables[name]

    def stored_item(self, target: Target) -> Item | None:
        """Return the item that a request names, or None when there is none or the request is invalid."""
        table = self.tables.get(target.table)
        if table is None or any(key not in target.attrs for key in table.table_key_attrs):
            return None
        hash_key, range_key = self.get_keys_value(table, target.attrs)
        return table.get_item(hash_key, range_key)


class SandboxDynamoHandler(DynamoHandler):
    """moto's handler; each action also counts its units, for the answer and for the journal."""

    @property
    def dynamodb_backend(self) -> SandboxDynamoBackend:
        """Return the backend of this request's account and region."""
        backend = super().dynamodb_backend
        assert isinstance(backend, SandboxDynamoBackend)
        return backend

    def get_item(self) -> ActionResult:
        """Read one item."""
        self._check([Target(self.body["TableName"], self.body["Key"])])
        result = super().get_item()
        return self._report(result, [self._usage_of_get(self.body["TableName"], self.body, self.body["Key"])])

    def batch_get_item(self) -> ActionResult:
        """Read items by their keys; each is counted by itself."""
        self._check([Target(table, key) for table, asked in self.body["RequestItems"].items() for key in asked["Keys"]])
        result = super().batch_get_item()
        usages = [
            self._usage_of_get(table, asked, key)
            for table, asked in self.body["RequestItems"].items()
            for key in asked["Keys"]
        ]
        return self._report(result, usages, several=True)

    def transact_get_items(self) -> ActionResult:
        """Read items at one moment, at twice the units."""
        asked = [item["Get"] for item in self.body["TransactItems"]]
        self._check([Target(get["TableName"], get["Key"]) for get in asked])
        result = super().transact_get_items()
        strong = {"ConsistentRead": True}
        usages = [self._usage_of_get(get["TableName"], strong, get["Key"]).doubled() for get in asked]
        return self._report(result, usages, several=True)

    def query(self) -> ActionResult:
        """Read a page of one partition."""
        self._check()
        self._require_filter_without_keys()
        return self._report_page(super().query())

    def scan(self) -> ActionResult:
        """Read a page of the table or of one segment of it."""
        self._check()
        return self._report_page(super().scan())

    def put_item(self) -> ActionResult:
        """Write one item."""
        return self._write(super().put_item, [Target(self.body["TableName"], self.body["Item"], whole=True)])

    def update_item(self) -> ActionResult:
        """Change attributes of one item."""
        return self._write(super().update_item, [Target(self.body["TableName"], self.body["Key"])])

    def delete_item(self) -> ActionResult:
        """Remove one item."""
        return self._write(super().delete_item, [Target(self.body["TableName"], self.body["Key"])])

    def batch_write_item(self) -> ActionResult:
        """Write or remove items, each by itself."""
        require_batch_size(self.body["RequestItems"])
        targets = [
            Target(table, entry["PutRequest"]["Item"], whole=True)
            if "PutRequest" in entry
            else Target(table, entry["DeleteRequest"]["Key"])
            for table, entries in self.body["RequestItems"].items()
            for entry in entries
        ]
        return self._write(super().batch_write_item, targets, several=True)

    def transact_write_items(self) -> ActionResult:
        """Write items all together or not at all, at twice the units."""
        operations = [operation for item in self.body["TransactItems"] for operation in item.values()]
        targets = [
            Target(operation["TableName"], operation.get("Item") or operation["Key"], whole="Item" in operation)
            for operation in operations
        ]
        return self._write(super().transact_write_items, targets, several=True, transactional=True)

    def serialized(self, action_result: ActionResult) -> TYPE_RESPONSE:
        """Write items as JSON at once: moto's own way, along the service model, takes a second for a page."""
        if UNITS not in request.environ or isinstance(action_result.result, Exception):
            return super().serialized(action_result)
        headers = {"Content-Type": "application/x-amz-json-1.0", **self.response_headers}
        gen_amzn_requestid_long(headers)
        return 200, headers, json.dumps(action_result.result, default=_encoded)

    def _usage_of_get(self, table: str, asked: dict[str, Any], key: dict[str, Any]) -> Usage:
        item = self.dynamodb_backend.stored_item(Target(table, key))
        return usage_of_get(table, item, consistent=bool(asked.get("ConsistentRead", False)))

    def _check(self, targets: Sequence[Target] = ()) -> None:
        require_sound(self.body)
        for target in targets:
            require = require_index_keys if target.whole else require_key
            require(self.dynamodb_backend.get_table(target.table), target.attrs)

    def _report_page(self, result: ActionResult) -> ActionResult:
        table = self.dynamodb_backend.get_table(self.body["TableName"])
        assert isinstance(table, SandboxTable)
        consistent = bool(self.body.get("ConsistentRead", False))
        index = self.body.get("IndexName")
        return self._report(result, [usage_of_page(table.name, table.evaluated_bytes, index, consistent=consistent)])

    def _write(
        self,
        action: Callable[[], ActionResult],
        targets: list[Target],
        *,
        several: bool = False,
        transactional: bool = False,
    ) -> ActionResult:
        self._check(targets)
        before = [copy.deepcopy(self.dynamodb_backend.stored_item(target)) for target in targets]
        try:
            result = action()
        except ConditionalCheckFailed:
            # A condition that does not hold still costs the write [doc Condition expressions].
            self._count(self._usages_of_writes(targets, before))
            raise
        usages = self._usages_of_writes(targets, before)
        return self._report(result, [usage.doubled() for usage in usages] if transactional else usages, several)

    def _usages_of_writes(self, targets: list[Target], before: list[Item | None]) -> list[Usage]:
        backend = self.dynamodb_backend
        return [
            usage_of_write(backend.get_table(target.table), old, backend.stored_item(target))
            for target, old in zip(targets, before, strict=True)
        ]

    def _report(self, result: ActionResult, usages: list[Usage], several: bool = False) -> ActionResult:
        self._count(usages)
        body = result.result
        assert isinstance(body, dict)
        for name in ("ConsumedCapacity", "ConsumedCapacityUnits"):
            body.pop(name, None)
        detail = self.body.get("ReturnConsumedCapacity", "NONE")
        if detail != "NONE":
            reports = [usage.to_json(detail) for usage in combined(usages)]
            body["ConsumedCapacity"] = reports if several else reports[0]
        return result

    def _count(self, usages: list[Usage]) -> None:
        request.environ[UNITS] = sum(usage.total for usage in usages)

    def _require_filter_without_keys(self) -> None:
        """Refuse a filter on a key attribute, as DynamoDB does and moto does not [doc Filter expressions for Query]."""
        table, index = self.dynamodb_backend.get_table(self.body["TableName"]), self.body.get("IndexName")
        keys = set(table.get_index(index, error_if_not=True).schema_key_attrs if index else table.table_key_attrs)
        names = self.body.get("ExpressionAttributeNames") or {}
        for name in _NAME.findall(self.body.get("FilterExpression") or ""):
            if (attribute := names.get(name, name)) in keys:
                raise MockValidationException(
                    f"Filter Expression can only contain non-primary key attributes: Primary key attribute: {attribute}"
                )


def _encoded(binary: object) -> str:
    if not isinstance(binary, bytes):
        raise TypeError(f"not an attribute value: {type(binary)}")
    return b64encode(binary).decode()


def install() -> None:
    """Have moto create backends of our class from now on."""
    dynamodb_backends.clear()
    dynamodb_backends.backend = SandboxDynamoBackend
