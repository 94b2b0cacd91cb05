"""What all users of the DynamoDB table share: its errors, and a conditional write that did not hold."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.clients import aws_errors
from learnermax_cli.adapters.aws.values import to_python
from learnermax_cli.core.errors import ConfigError


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
