"""The values of DynamoDB's items, read and written without a loss; what can't be read is told apart."""

from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, Overflow
from typing import Any, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from learnermax_cli.core.errors import FailedError

# DynamoDB's numbers [doc "Data types"]. boto3's own context fails on some that DynamoDB returns: on 1E+38, which comes
# as 39 digits, and on 38 digits after an exponent of -130.
_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[])
_EXACT_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow])

Item = Mapping[str, Any]
"""An item, or part of one, as DynamoDB has it: attribute values such as `{"N": "49.99"}`."""


class _Reader(TypeDeserializer):
    """Reads any number, and binary values as bytes."""

    def _deserialize_n(self, value: str) -> Decimal:
        number = _NUMBERS.create_decimal(value)
        if not number.is_finite():
            raise ValueError("not a number of DynamoDB")
        return number

    def _deserialize_b(self, value: bytes) -> bytes:
        return value


class _Writer(TypeSerializer):
    """Writes every number that can be read; one that DynamoDB would round raises DecimalException."""

    def _serialize_n(self, value: int | Decimal) -> str:
        number = _EXACT_NUMBERS.create_decimal(value)
        if not number.is_finite():
            raise TypeError("Infinity and NaN not supported")
        return str(number)


class Unreadable:
    """An attribute of a type that is not known; it takes part in nothing, and is never written."""


_reader, _writer = _Reader(), _Writer()


def to_python(value: Item) -> Any:
    """Return what an attribute value holds: numbers as Decimal, sets as sets; Unreadable for another type."""
    try:
        return _reader.deserialize(cast("Any", value))
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        return Unreadable()


def to_dynamodb(value: object) -> Any:
    """Return a value as DynamoDB takes it; raises TypeError for what it has no type for, such as a float."""
    if isinstance(value, Unreadable):
        raise odd_answer("an attribute that is to stay as it was has no known type")
    return _writer.serialize(value)


def to_item(values: Mapping[str, object]) -> Item:
    """Return values by attribute as an item."""
    return {name: to_dynamodb(value) for name, value in values.items()}


def from_item(item: Item) -> dict[str, Any]:
    """Return the values of an item by attribute."""
    return {name: to_python(value) for name, value in item.items()}


def odd_answer(why: str) -> FailedError:
    """Return the error for an answer of DynamoDB that can't be right."""
    return FailedError(f"DynamoDB's answer is odd: {why}", hint="Run the command again.", code="failed.answer")


def key_text(item: Item, name: str) -> str:
    """Return a key attribute, which is a text; raises FailedError where it is none."""
    value = item.get(name, {}).get("S")
    if not isinstance(value, str):
        raise odd_answer(f"it has an item without a text in {name}")
    return value
