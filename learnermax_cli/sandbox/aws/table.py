"""A moto table whose Query and Scan evaluate, page, order and partition as DynamoDB's do.

moto counts matches instead of evaluated items against `Limit` and 1 MB, and its answers do not say what was read.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from inspect import Signature, signature
from itertools import islice
from operator import gt, lt
from typing import Any

from moto.dynamodb.exceptions import MockValidationException, RangeKeyTooLong
from moto.dynamodb.limits import RANGE_KEY_MAX_LENGTH
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import SecondaryIndex, Table

from learnermax_cli.sandbox.aws.paging import Page, position, projected, read_page, segment_of, segment_start
from learnermax_cli.sandbox.aws.sizes import item_size

Answer = tuple[list[Item], int, dict[str, Any] | None]
Segment = tuple[int, int]
# Their many parameters are moto's own; taken by name, they need not be repeated here.
_QUERY, _SCAN = signature(Table.query), signature(Table.scan)


class SandboxTable(Table):
    """Stores in `evaluated_bytes` what its last Query or Scan read."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.evaluated_bytes = 0
        self._partitions: list[tuple[int, DynamoType]] = []
        # The stream is described, not recorded: nothing reads it, and a record for each write doubles its cost.
        self.stream_shard = None

    def get_item(
        self,
        hash_key: DynamoType,
        range_key: DynamoType | None = None,
        projection_expression: list[list[str]] | None = None,
    ) -> Item | None:
        """Read one item; unlike moto's, a miss leaves no empty partition behind."""
        if range_key is not None and hash_key not in self.items:
            return None
        item = super().get_item(hash_key, range_key)
        return projected(item, projection_expression) if item else None

    def query(self, *args: Any, **kwargs: Any) -> Answer:
        """Evaluate the items that meet the key condition, in the order of the sort key."""
        asked = _bound(_QUERY, self, args, kwargs)
        _require_no_legacy(asked["filter_kwargs"])
        if any(value.size() > RANGE_KEY_MAX_LENGTH for value in asked["range_objs"] or ()):
            raise RangeKeyTooLong
        index_name, forward = asked["index_name"], asked["scan_index_forward"]
        index = self._require_index(index_name, asked["consistent_read"])
        found = list(self._matching(index, asked["hash_key"]))
        if asked["range_comparison"] and asked["range_key_conditions"]:
            name = asked["range_key_conditions"][-1][0]
            compare = (asked["range_comparison"], asked["range_objs"])
            found = [item for item in found if item.attrs[name].compare(*compare)]
        found.sort(key=lambda item: self._order(index, item.attrs), reverse=not forward)
        if asked["exclusive_start_key"]:
            start = self._order(index, _typed(asked["exclusive_start_key"]))
            past = gt if forward else lt
            found = [item for item in found if past(self._order(index, item.attrs), start)]
        page = read_page((_seen(index, item) for item in found), asked["limit"])
        return self._answer(page, asked["filter_expression"], asked["projection_expressions"], index_name)

    def scan(self, *args: Any, **kwargs: Any) -> Answer:
        """Evaluate every item, or those of one segment, in the order of their partition keys' hashes."""
        asked = _bound(_SCAN, self, args, kwargs)
        _require_no_legacy(asked["filters"])
        index_name = asked["index_name"]
        index = self._require_index(index_name, asked["consistent_read"])
        start = _typed(asked["exclusive_start_key"]) if asked["exclusive_start_key"] else None
        segment = None if asked["segments"][0] is None else asked["segments"]
        candidates = self._index_entries(index, start, segment) if index else self._stored(start, segment)
        page = read_page(candidates, asked["limit"])
        return self._answer(page, asked["filter_expression"], asked["projection_expression"], index_name)

    def describe(self, base_key: str = "TableDescription") -> dict[str, Any]:
        """Describe the table with true sizes and counts, of its indexes too."""
        answer = super().describe(base_key)
        answer[base_key]["TableSizeBytes"] = sum(item_size(item) for item in self._all())
        for described in answer[base_key]["GlobalSecondaryIndexes"]:
            entries = list(self._entries(self.get_index(described["IndexName"])))
            described["ItemCount"] = len(entries)
            described["IndexSizeBytes"] = sum(item_size(item) for item in entries)
        return answer

    def _answer(self, page: Page, condition: Any, paths: list[list[str]] | None, index_name: str | None) -> Answer:
        self.evaluated_bytes = page.evaluated_bytes
        last = self._get_last_evaluated_key(page.items[-1], index_name) if page.cut else None
        kept = page.items if condition is None else [item for item in page.items if condition.expr(item)]
        return [projected(item, paths) for item in kept], len(page.items), last

    def _require_index(self, index_name: str | None, consistent_read: bool) -> SecondaryIndex | None:
        if not index_name:
            return None
        index = self.get_index(index_name, error_if_not=True)
        if consistent_read and index in self.global_indexes:
            raise MockValidationException("Consistent reads are not supported on global secondary indexes")
        return index

    def _matching(self, index: SecondaryIndex | None, hash_key: DynamoType | None) -> Iterator[Item]:
        if index is None:
            if hash_key is not None and hash_key in self.items:
                yield from self._in_partition(hash_key)
            return
        name = index.schema_key_attrs[0]
        yield from (item for item in self._entries(index) if item.attrs[name] == hash_key)

    def _entries(self, index: SecondaryIndex) -> Iterator[Item]:
        names = index.schema_key_attrs
        return (item for item in self._all() if all(name in item.attrs for name in names))

    def _index_entries(
        self, index: SecondaryIndex, start: dict[str, DynamoType] | None, segment: Segment | None
    ) -> Iterator[Item]:
        def place(attrs: dict[str, DynamoType]) -> tuple[Any, ...]:
            return (position(attrs[index.schema_key_attrs[0]].value), *self._order(index, attrs))

        after = place(start) if start else (-1,)
        for item in sorted(self._entries(index), key=lambda item: place(item.attrs)):
            here = place(item.attrs)
            if here > after and (segment is None or segment_of(here[0], segment[1]) == segment[0]):
                yield _seen(index, item)

    def _order(self, index: SecondaryIndex | None, attrs: dict[str, DynamoType]) -> tuple[Any, ...]:
        names = [*(index.schema_key_attrs[1:] if index else []), *self.table_key_attrs]
        return tuple(attrs[name].cast_value for name in names)

    def _all(self) -> Iterator[Item]:
        for hash_key in self.items:
            yield from self._in_partition(hash_key)

    def _in_partition(self, hash_key: DynamoType) -> Iterator[Item]:
        content: Any = self.items[hash_key]
        yield from content.values() if self.has_range_key else (content,)

    def _stored(self, start: dict[str, DynamoType] | None, segment: Segment | None) -> Iterator[Item]:
        self._order_partitions()
        lowest = segment_start(*segment) if segment else 0
        if start:
            lowest = position(start[self.hash_key_attr].value)
        first = bisect_left(self._partitions, lowest, key=lambda entry: entry[0])
        for place, hash_key in islice(self._partitions, first, None):
            if segment and segment_of(place, segment[1]) > segment[0]:
                return
            yield from self._rest_of_partition(hash_key, start)

    def _rest_of_partition(self, hash_key: DynamoType, start: dict[str, DynamoType] | None) -> Iterator[Item]:
        after = self._order(None, start) if start and start[self.hash_key_attr] == hash_key else None
        for item in sorted(self._in_partition(hash_key), key=lambda item: self._order(None, item.attrs)):
            if after is None or self._order(None, item.attrs) > after:
                yield item

    def _order_partitions(self) -> None:
        # moto never drops a partition of a table with a sort key, so equal numbers mean equal partitions.
        if not self.has_range_key or len(self._partitions) != len(self.items):
            self._partitions = sorted(
                ((position(key.value), key) for key in self.items), key=lambda entry: (entry[0], str(entry[1].value))
            )


def _seen(index: SecondaryIndex | None, item: Item) -> Item:
    return index.project(item) if index else item


def _bound(shape: Signature, table: Table, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    bound = shape.bind(table, *args, **kwargs)
    bound.apply_defaults()
    return bound.arguments


def _typed(key: dict[str, Any]) -> dict[str, DynamoType]:
    return {name: DynamoType(value) for name, value in key.items()}


def _require_no_legacy(conditions: dict[str, Any]) -> None:
    if conditions:
        raise MockValidationException("The sandbox knows FilterExpression, but not ScanFilter and QueryFilter")
