"""Sizes of items and the capacity units that DynamoDB counts for them: pure arithmetic."""

from __future__ import annotations

import math
from base64 import b64decode
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from moto.dynamodb.models.dynamo_type import DynamoType, Item

READ_UNIT_BYTES = 4096
WRITE_UNIT_BYTES = 1024
_CONTAINER_OVERHEAD = 3
_ELEMENT_OVERHEAD = 1


def item_size(item: Item) -> int:
    """Return an item's bytes: names and values [doc DynamoDB item sizes and formats]."""
    return sum(len(name.encode()) + value_size(value) for name, value in item.attrs.items())


def value_size(value: DynamoType) -> int:
    """Return the bytes of one attribute value without its name [doc DynamoDB item sizes and formats]."""
    kind, content = value.type, value.value
    if kind == "M":
        elements = sum(len(name.encode()) + value_size(nested) + _ELEMENT_OVERHEAD for name, nested in content.items())
        return _CONTAINER_OVERHEAD + elements
    if kind == "L":
        return _CONTAINER_OVERHEAD + sum(value_size(nested) + _ELEMENT_OVERHEAD for nested in content)
    if kind in {"SS", "NS", "BS"}:
        return sum(_scalar_size(kind[0], element) for element in content)
    return _scalar_size(kind, content)


def key_size(value: dict[str, Any]) -> int:
    """Return the bytes of a key in DynamoDB's JSON."""
    ((kind, content),) = value.items()
    return _scalar_size(kind, content)


def _scalar_size(kind: str, content: Any) -> int:
    if kind == "S":
        return len(content.encode())
    if kind == "N":
        return number_size(content)
    if kind == "B":
        return len(content if isinstance(content, bytes) else b64decode(content))
    return 1


def number_size(text: str) -> int:
    """Return the bytes of a number: one for two significant digits, and one [doc DynamoDB item sizes and formats].

    Pairs of digits begin at the decimal point, a minus takes a byte more, and zero one in all [src DynamoDB Local].
    """
    number = Decimal(text)
    digits = len(significant_digits(number))
    if digits == 0:
        return 1
    lowest = number.adjusted() - digits + 1
    return math.ceil((digits + lowest % 2) / 2) + 1 + (number < 0)


def significant_digits(number: Decimal) -> str:
    """Return a number's digits without leading and trailing zeros; none for zero."""
    # Decimal.normalize would round to the 28 digits of its context.
    return "".join(str(digit) for digit in number.as_tuple().digits).strip("0")


def read_units(size: int, *, consistent: bool) -> float:
    """Return the units of reading `size` bytes: one per 4 KB begun, half of it when eventually consistent."""
    whole = max(1, math.ceil(size / READ_UNIT_BYTES))
    return float(whole) if consistent else whole / 2


def write_units(size: int) -> float:
    """Return the units of writing `size` bytes: one per KB begun."""
    return float(max(1, math.ceil(size / WRITE_UNIT_BYTES)))
