"""Attribute values are read and written as boto3's own serializers do it."""

from decimal import Decimal, DecimalException
from typing import Any, cast

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.adapters.aws.values import to_dynamodb, to_python

NUMBERS = st.integers(-(10**38) + 1, 10**38 - 1) | st.decimals(
    min_value=-(10**20), max_value=10**20, places=10, allow_nan=False, allow_infinity=False
)
SETS = st.sets(st.text(), min_size=1) | st.sets(NUMBERS, min_size=1) | st.sets(st.binary(), min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text() | st.binary() | SETS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def comparable(value: Any) -> object:
    """Return an attribute value whose sets have an order."""
    ((kind, inner),) = value.items()
    if kind in ("SS", "NS", "BS"):
        return {kind: sorted(inner)}
    if kind == "L":
        return {kind: [comparable(member) for member in inner]}
    if kind == "M":
        return {kind: {name: comparable(member) for name, member in inner.items()}}
    return value


@given(VALUES)
def test_values_are_written_as_boto3_writes_them(value: object) -> None:
    """Every type, nested ones too."""
    assert comparable(TypeSerializer().serialize(value)) == comparable(to_dynamodb(value))


@given(VALUES)
def test_values_are_read_as_boto3_reads_them(value: object) -> None:
    """What was written comes back as it was, exact to the last digit."""
    written = to_dynamodb(value)
    assert TypeDeserializer().deserialize(cast("Any", written)) == to_python(written)
    assert value == to_python(written)


@pytest.mark.parametrize("value", [1.5, object(), set(), {"a", 1}, {None}, Decimal("NaN"), Decimal("Infinity")])
def test_values_without_a_type_are_refused(value: object) -> None:
    """A float is never rounded on the quiet, and an empty set has no type."""
    with pytest.raises(TypeError):
        to_dynamodb(value)


@pytest.mark.parametrize("value", [10**38 + 1, Decimal("0." + "1" * 39), Decimal("1E+127"), Decimal("1E-170")])
def test_numbers_that_would_be_rounded_are_refused(value: int | Decimal) -> None:
    """DynamoDB keeps 38 digits."""
    with pytest.raises(DecimalException):
        to_dynamodb(value)


def test_unknown_type_is_refused() -> None:
    """An answer of a later DynamoDB is not guessed at."""
    with pytest.raises(TypeError, match="DynamoDB has no type X"):
        to_python({"X": "1"})
