"""Pages of Query and Scan as DynamoDB cuts them: by what was evaluated, before filter and projection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import md5
from typing import Any

from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict

from learnermax_cli.sandbox.aws.sizes import item_size

PAGE_BYTES = 1024 * 1024
_POSITION_BITS = 64


@dataclass(frozen=True, slots=True)
class Page:
    """The items evaluated for one answer; `cut` when it ended before its candidates did, or just at the limit."""

    items: list[Item]
    evaluated_bytes: int
    cut: bool


def read_page(candidates: Iterable[Item], limit: int | None) -> Page:
    """Take items until they reach 1 MB or `limit`, whichever comes first [doc Paginating table query results].

    The item that crosses 1 MB is still in the page, which is why a full page costs more than 128 units [src DynamoDB
    Local]. A page that reaches either end has a LastEvaluatedKey even when nothing follows.
    """
    items: list[Item] = []
    total = 0
    for item in candidates:
        items.append(item)
        total += item_size(item)
        if len(items) == limit or total >= PAGE_BYTES:
            return Page(items, total, cut=True)
    return Page(items, total, cut=False)


def position(value: Any) -> int:
    """Return where a partition key stands in the order of a scan, which like DynamoDB's is that of a hash."""
    return int.from_bytes(md5(str(value).encode(), usedforsecurity=False).digest()[: _POSITION_BITS // 8])


def segment_of(place: int, total_segments: int) -> int:
    """Return the segment of a parallel scan that a position falls into."""
    return (place * total_segments) >> _POSITION_BITS


def segment_start(segment: int, total_segments: int) -> int:
    """Return the lowest position in a segment."""
    return -(-(segment << _POSITION_BITS) // total_segments)


def projected(item: Item, paths: list[list[str]] | None) -> Item:
    """Return the item with only the named attributes; shares their values, so treat it as read-only."""
    if not paths:
        return item
    if any(len(path) > 1 or "[" in path[0] for path in paths):
        return item.project(paths)
    part = object.__new__(Item)
    part.hash_key, part.range_key = item.hash_key, item.range_key
    part.attrs = LimitedSizeDict()
    dict.update(part.attrs, {path[0]: item.attrs[path[0]] for path in paths if path[0] in item.attrs})
    return part
