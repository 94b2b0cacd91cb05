"""What all users of the DynamoDB table share: its values, its errors, and a conditional write that did not hold."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, Overflow
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.clients import aws_errors
from learnermax_cli.core.errors import ConfigError

# DynamoDB's numbers [doc "Data types"]. boto3's own context fails on some that DynamoDB returns: on 1E+38, which comes
# as 39 digits, and on 38 digits after an exponent of -130.
_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[])
_EXACT_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow])


class _Reader(TypeDeserializer):
    """Reads any number, and binary values as bytes."""

    def _deserialize_n(self, value: str) -> Decimal:
        return _NUMBERS.create_decimal(value)

    def _deserialize_b(self, value: bytes) -> bytes:
        return value


class _Writer(TypeSerializer):
    """Writes every number that can be read; one that DynamoDB would round raises DecimalException."""

    def _serialize_n(self, value: int | Decimal) -> str:
        number = _EXACT_NUMBERS.create_decimal(value)
        if not number.is_finite():
            raise TypeError("Infinity and NaN not supported")
        return str(number)


to_python = _Reader().deserialize
"""Return what an attribute value such as `{"N": "49.99"}` holds: numbers as Decimal, sets as sets."""
to_dynamodb = _Writer().serialize
"""Return a value as DynamoDB takes it; raises TypeError for what it has no type for, such as a float."""


class ConditionFailedError(Exception):
    """A conditional write did not hold; `item` is what is there, empty when nothing is."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__("condition failed")
        self.item = item


@contextmanager
def table_errors(doing: str, table: str) -> Iterator[None]:
    """`aws_errors`, with a table that is not there and a failed condition told apart."""
    with aws_errors(doing):
        try:
            yield
        except ClientError as error:
            raise _special(error, table) or error from error


def _special(error: ClientError, table: str) -> Exception | None:
    code = error.response.get("Error", {}).get("Code")
    if code == "ResourceNotFoundException":
        return ConfigError(
            f"table {table} does not exist in this account and region",
            hint="Check -e, --table, --region and --profile.",
            code="config.table",
        )
    if code == "ConditionalCheckFailedException":
        item: Mapping[str, Any] = error.response.get("Item", {})  # type: ignore[assignment]
        return ConditionFailedError({name: to_python(value) for name, value in item.items()})
    return None
