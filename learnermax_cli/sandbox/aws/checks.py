"""What DynamoDB refuses and moto lets through, and numbers as DynamoDB keeps them; all before any work is done."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from moto.dynamodb.exceptions import HashKeyTooLong, MockValidationException, RangeKeyTooLong
from moto.dynamodb.limits import HASH_KEY_MAX_LENGTH, RANGE_KEY_MAX_LENGTH
from moto.dynamodb.models.table import Table
from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

from learnermax_cli.sandbox.aws.sizes import key_size, significant_digits

MAX_DIGITS = 38
MAX_EXPRESSION_BYTES = 4 * 1024
_MAGNITUDES = range(-130, 126)  # of the highest digit, as a power of ten [doc Data types: Number]
MAX_BATCH_WRITES = 25
_EXPRESSIONS = (
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "UpdateExpression",
)
_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+")
_KINDS = {
    "#": ("ExpressionAttributeNames", "attribute name used in the document path", "attribute name"),
    ":": ("ExpressionAttributeValues", "attribute value used in expression", "attribute value"),
}


def require_sound(body: dict[str, Any]) -> None:
    """Check the expressions of a request and bring its numbers into their stored form; raises a ValidationException."""
    transaction = [operation for item in body.get("TransactItems", ()) for operation in item.values()]
    for operation in (body, *transaction):
        _require_short_expressions(operation)
        _require_placeholders(operation)
        _require_no_reserved_path(operation)
    _normalize_numbers(body)


def require_key(table: Table, key: dict[str, Any]) -> None:
    """Refuse a key with other names, types or sizes than the table's may have [doc GetItem: Key, Quotas: keys]."""
    kinds = _attribute_types(table)
    if {name: kinds[name] for name in table.table_key_attrs} != {name: next(iter(key[name])) for name in key}:
        raise MockValidationException("The provided key element does not match the schema")
    if key_size(key[table.hash_key_attr]) > HASH_KEY_MAX_LENGTH:
        raise HashKeyTooLong
    if table.range_key_attr is not None and key_size(key[table.range_key_attr]) > RANGE_KEY_MAX_LENGTH:
        raise RangeKeyTooLong


def require_index_keys(table: Table, item: dict[str, Any]) -> None:
    """Refuse an item whose index key has another type than the index's [doc PutItem]."""
    kinds = _attribute_types(table)
    for index in table.global_indexes:
        for name in index.schema_key_attrs:
            actual = next(iter(item[name])) if name in item else kinds[name]
            if actual != kinds[name]:
                raise MockValidationException(
                    f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                    f"Expected: {kinds[name]} Actual: {actual} IndexName: {index.name}"
                )


def require_batch_size(requests: dict[str, list[Any]]) -> None:
    """Refuse more than 25 writes in one batch [doc BatchWriteItem]."""
    if sum(len(entries) for entries in requests.values()) > MAX_BATCH_WRITES:
        raise MockValidationException("Too many items requested for the BatchWriteItem call")


def _attribute_types(table: Table) -> dict[str, str]:
    return {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table.attr}


def _require_short_expressions(operation: dict[str, Any]) -> None:
    """The limit is on the text; values do not count [doc Quotas: expression parameters]."""
    for expression in _EXPRESSIONS:
        size = len((operation.get(expression) or "").encode())
        if size > MAX_EXPRESSION_BYTES:
            raise MockValidationException(
                f"Invalid {expression}: Expression size has exceeded the maximum allowed size; expression size: {size}"
            )


def _require_placeholders(operation: dict[str, Any]) -> None:
    """Each name and value is defined and used [doc Expression attribute names, Expression attribute values]."""
    used: set[str] = set()
    for expression in _EXPRESSIONS:
        for placeholder in _PLACEHOLDER.findall(operation.get(expression) or ""):
            field, what, short = _KINDS[placeholder[0]]
            if placeholder not in (operation.get(field) or {}):
                raise MockValidationException(
                    f"Invalid {expression}: An expression {what} is not defined; {short}: {placeholder}"
                )
            used.add(placeholder)
    for field, _, _ in _KINDS.values():
        if unused := sorted((operation.get(field) or {}).keys() - used):
            names = ", ".join(unused)
            raise MockValidationException(f"Value provided in {field} unused in expressions: keys: {{{names}}}")


def _require_no_reserved_path(operation: dict[str, Any]) -> None:
    for part in re.split(r"[,.\s\[\]]+", operation.get("ProjectionExpression") or ""):
        if part.upper() in ReservedKeywords.get_reserved_keywords():
            raise MockValidationException(
                f"Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: {part}"
            )


def _normalize_numbers(body: Any) -> None:
    """Trim zeros, as DynamoDB does: what was written as 49.90 is read as 49.9 [doc Data types: Number]."""
    for value in _numbers(body):
        if isinstance(value.get("N"), str):
            value["N"] = _plain(value["N"])
        if isinstance(value.get("NS"), list):
            value["NS"] = [_plain(text) for text in value["NS"]]


def _numbers(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if len(value) == 1 and value.keys() <= {"N", "NS"}:
            yield value
        for nested in value.values():
            yield from _numbers(nested)
    elif isinstance(value, list):
        for nested in value:
            yield from _numbers(nested)


def _plain(text: str) -> str:
    try:
        number = Decimal(text)
    except ArithmeticError:
        return text  # moto refuses it, with DynamoDB's message
    if not number.is_finite():
        return text
    if len(significant_digits(number)) > MAX_DIGITS:
        raise MockValidationException("Attempting to store more than 38 significant digits in a Number")
    if number and number.adjusted() not in _MAGNITUDES:
        what, than = ("overflow", "larger") if number.adjusted() > 0 else ("underflow", "smaller")
        raise MockValidationException(
            f"Number {what}. Attempting to store a number with magnitude {than} than supported range"
        )
    plain = format(number, "f")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain) if number else "0"
