"""Attribute values: whatever DynamoDB returns is read exactly, and what it would round is refused."""

from decimal import Decimal, DecimalException
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.adapters.aws.values import Unreadable, to_dynamodb, to_python
from learnermax_cli.core.errors import FailedError
from tests.products.worlds import put_course
from tests.running import Sandbox

DIGITS = st.integers(1, 10**38 - 1)
SETS = st.sets(st.text(), min_size=1) | st.sets(DIGITS, min_size=1) | st.sets(st.binary(), min_size=1)
VALUES = st.recursive(
    st.none() | st.booleans() | DIGITS | st.text() | st.binary() | SETS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_values_come_back_as_they_were_written(value: object) -> None:
    """Every type, nested ones too."""
    assert value == to_python(to_dynamodb(value))


@given(DIGITS, st.integers(-130, 125), st.booleans(), st.booleans())
def test_every_number_is_read_and_written_back(digits: int, exponent: int, negative: bool, plain: bool) -> None:
    """Up to 38 digits with every exponent that DynamoDB has, in plain notation too: 1E+38 comes as 39 digits."""
    number = Decimal((int(negative), Decimal(digits).as_tuple().digits, exponent - len(str(digits)) + 1))
    text = f"{number:f}" if plain else str(number)
    read = to_python({"N": text})
    assert (number, {number}) == (read, to_python({"NS": [text]}))
    assert number == Decimal(to_dynamodb(read)["N"])


@pytest.mark.parametrize("value", [1.5, object(), {"a", 1}, {None}, Decimal("NaN"), Decimal("Infinity")])
def test_values_without_a_type_are_refused(value: object) -> None:
    """A float is never rounded silently, and an empty set has no type."""
    with pytest.raises(TypeError):
        to_dynamodb(value)


@pytest.mark.parametrize("value", [10**38 + 1, Decimal("0." + "1" * 39), Decimal("1E+127"), Decimal("1E-170")])
def test_numbers_that_would_be_rounded_are_refused(value: int | Decimal) -> None:
    """DynamoDB keeps 38 digits."""
    with pytest.raises(DecimalException):
        to_dynamodb(value)


@pytest.mark.parametrize("value", [{"X": "1"}, {}, {"N": "many"}, {"N": None}, {"M": {"a": {"X": 1}}}, {"L": "abc"}])
def test_unknown_type_is_that_attributes_matter(value: dict[str, Any]) -> None:
    """An answer of a later DynamoDB is not guessed at; it is never written back."""
    found = to_python(value)
    assert isinstance(found, Unreadable)
    with pytest.raises(FailedError, match="an attribute that is to stay as it was has no known type"):
        to_dynamodb(found)


def test_extreme_prices_are_rows_like_others(sandbox: Sandbox) -> None:
    """A course with a number at the limits of DynamoDB is listed, and a proper price can be written over it."""
    put_course(sandbox, "a", "49.99")
    for number in ("1" + "0" * 38, "9" * 38 + "0" * 88, "0." + "0" * 129 + "1", "-1." + "2" * 37 + "E-130"):
        sandbox.dynamodb_client().update_item(
            TableName="learnermax-education-sandbox",
            Key={"PK": {"S": "COURSE#a"}, "SK": {"S": "METADATA"}},
            UpdateExpression="SET price = :price REMOVE priceUnit",
            ExpressionAttributeValues={":price": {"N": number}},
        )
        assert 0 == sandbox.run("courses", "list").returncode
        assert 1 == sandbox.run("products", "sync", "--dry-run").returncode
        assert 0 == sandbox.run("courses", "set-price", "a", "49.99").returncode
