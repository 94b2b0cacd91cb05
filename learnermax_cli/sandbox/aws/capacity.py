"""What one operation on a table cost, indexes included, and how DynamoDB reports it as ConsumedCapacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from learnermax_cli.sandbox.aws.sizes import item_size, read_units, write_units

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import Item
    from moto.dynamodb.models.table import SecondaryIndex, Table

TRANSACTION_FACTOR = 2


@dataclass(frozen=True, slots=True)
class Usage:
    """Units of one or more operations of the same kind on one table."""

    table: str
    kind: Literal["read", "write"]
    table_units: float = 0.0
    index_units: Mapping[str, float] = field(default_factory=dict)
    transactional: bool = False

    @property
    def total(self) -> float:
        """Return the units of the table and its indexes together."""
        return self.table_units + sum(self.index_units.values())

    def plus(self, other: Usage) -> Usage:
        """Return both usages of the same table as one."""
        names = {**self.index_units, **other.index_units}
        indexes = {name: self.index_units.get(name, 0.0) + other.index_units.get(name, 0.0) for name in names}
        return Usage(self.table, self.kind, self.table_units + other.table_units, indexes, self.transactional)

    def doubled(self) -> Usage:
        """Return the usage inside a transaction, where each item is prepared and committed [doc TransactWriteItems]."""
        indexes = {name: units * TRANSACTION_FACTOR for name, units in self.index_units.items()}
        return Usage(self.table, self.kind, self.table_units * TRANSACTION_FACTOR, indexes, transactional=True)

    def to_json(self, detail: str) -> dict[str, Any]:
        """Return the usage as the API's ConsumedCapacity for `ReturnConsumedCapacity` TOTAL or INDEXES."""
        answer: dict[str, Any] = {"TableName": self.table, **self._units(self.total)}
        if detail == "INDEXES":
            answer["Table"] = self._units(self.table_units)
            if self.index_units:
                answer["GlobalSecondaryIndexes"] = {
                    name: self._units(units) for name, units in self.index_units.items()
                }
        return answer

    def _units(self, units: float) -> dict[str, float]:
        if not self.transactional:
            return {"CapacityUnits": units}
        return {"CapacityUnits": units, f"{self.kind.capitalize()}CapacityUnits": units}


def combined(usages: list[Usage]) -> list[Usage]:
    """Return one usage per table, in the order in which the tables first appear."""
    by_table: dict[str, Usage] = {}
    for usage in usages:
        known = by_table.get(usage.table)
        by_table[usage.table] = usage if known is None else known.plus(usage)
    return list(by_table.values())


def usage_of_get(table: str, item: Item | None, *, consistent: bool) -> Usage:
    """Return what reading one item by its key costs; a missing item costs the minimum."""
    return Usage(table, "read", read_units(item_size(item) if item else 0, consistent=consistent))


def usage_of_page(table: str, evaluated_bytes: int, index: str | None, *, consistent: bool) -> Usage:
    """Return what a page of Query or Scan costs: all bytes evaluated, before filter and projection."""
    units = read_units(evaluated_bytes, consistent=consistent)
    return Usage(table, "read", 0.0, {index: units}) if index else Usage(table, "read", units)


def usage_of_write(table: Table, old: Item | None, new: Item | None) -> Usage:
    """Return what a write costs: the larger of old and new item, and the writes to each index."""
    size = max(item_size(old) if old else 0, item_size(new) if new else 0)
    indexes = {index.name: _index_units(index, old, new) for index in table.all_indexes()}
    return Usage(table.name, "write", write_units(size), {name: units for name, units in indexes.items() if units})


def _index_units(index: SecondaryIndex, old: Item | None, new: Item | None) -> float:
    """Count the writes to an index [doc Using Global Secondary Indexes: provisioned throughput considerations]."""
    before, after = _entry(index, old), _entry(index, new)
    if before is None or after is None:
        present = before or after
        return write_units(item_size(present)) if present else 0.0
    if any(before.attrs[name] != after.attrs[name] for name in index.schema_key_attrs):
        return write_units(item_size(before)) + write_units(item_size(after))
    if before.attrs == after.attrs:
        return 0.0
    return write_units(max(item_size(before), item_size(after)))


def _entry(index: SecondaryIndex, item: Item | None) -> Item | None:
    if item is None or any(name not in item.attrs for name in index.schema_key_attrs):
        return None
    return index.project(item)
