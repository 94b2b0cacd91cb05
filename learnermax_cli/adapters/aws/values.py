"""DynamoDB's typed values and Python's: what boto3's type serializers do, without loading boto3 at a cold start.

Numbers are Decimal, of at most 38 digits [doc "DynamoDB supported data types and naming rules"]; sets stay sets.
"""

from collections.abc import Callable, Mapping, Set
from decimal import Clamped, Context, Decimal, Inexact, Overflow, Rounded, Underflow
from typing import Any

# What DynamoDB would round is refused instead.
_NUMBERS = Context(prec=38, Emin=-128, Emax=126, traps=[Clamped, Overflow, Inexact, Rounded, Underflow])


def to_python(value: Mapping[str, Any]) -> Any:
    """Return what an attribute value such as `{"N": "49.99"}` holds; raises TypeError for a type that is not known."""
    ((kind, inner),) = value.items()
    read = _READ.get(kind)
    if read is None:
        raise TypeError(f"DynamoDB has no type {kind}")
    return read(inner)


def to_dynamodb(value: object) -> dict[str, Any]:
    """Return a value as DynamoDB takes it; raises TypeError for what it has no type for, such as a float."""
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": _number(value)}
        case bytes():
            return {"B": value}
        case Mapping():
            return {"M": {name: to_dynamodb(inner) for name, inner in value.items()}}
        case list() | tuple():
            return {"L": [to_dynamodb(inner) for inner in value]}
        case Set():
            return _set(value)
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def _number(value: int | Decimal) -> str:
    number = _NUMBERS.create_decimal(value)
    if not number.is_finite():
        raise TypeError("DynamoDB has no infinity and no NaN")
    return str(number)


def _set(values: Set[object]) -> dict[str, Any]:
    """Return a set of one kind: texts, numbers or bytes; an empty one has no kind."""
    members = [to_dynamodb(value) for value in values]
    kinds = {kind for member in members for kind in member}
    if kinds not in ({"S"}, {"N"}, {"B"}):
        raise TypeError("DynamoDB has sets of texts, of numbers and of bytes, and no empty ones")
    (kind,) = kinds
    return {f"{kind}S": [member[kind] for member in members]}


def _same(inner: Any) -> Any:
    return inner


_READ: dict[str, Callable[[Any], Any]] = {
    "S": _same,
    "N": _NUMBERS.create_decimal,
    "BOOL": _same,
    "NULL": lambda _: None,
    "M": lambda inner: {name: to_python(value) for name, value in inner.items()},
    "L": lambda inner: [to_python(value) for value in inner],
    "SS": set,
    "NS": lambda inner: {_NUMBERS.create_decimal(number) for number in inner},
    "B": bytes,
    "BS": lambda inner: {bytes(member) for member in inner},
}
