"""What all users of the DynamoDB table share: values, reads page by page, conditional writes, and errors."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Context, Decimal, Inexact, Overflow
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.core.errors import ConfigError, FailedError, InterruptedRunError
from learnermax_cli.core.retries import BATCH

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

# DynamoDB's numbers [doc "Data types"]. boto3's own context fails on some that DynamoDB returns: on 1E+38, which comes
# as 39 digits, and on 38 digits after an exponent of -130.
_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[])
_EXACT_NUMBERS = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow])
_SEGMENTS = 4
_BATCH = 100  # the most keys of a BatchGetItem [doc "BatchGetItem"]
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0  # seconds between two requests for what was left unprocessed

Item = Mapping[str, Any]
"""An item, or part of one, as DynamoDB has it: attribute values such as `{"N": "49.99"}`."""
T = TypeVar("T")


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
"""Return what an attribute value holds: numbers as Decimal, sets as sets."""
to_dynamodb = _Writer().serialize
"""Return a value as DynamoDB takes it; raises TypeError for what it has no type for, such as a float."""


def to_item(values: Mapping[str, object]) -> Item:
    """Return values by attribute as an item."""
    return {name: to_dynamodb(value) for name, value in values.items()}


def from_item(item: Item) -> dict[str, Any]:
    """Return the values of an item by attribute."""
    return {name: to_python(value) for name, value in item.items()}


class ConditionFailedError(Exception):
    """A conditional write did not hold; `item` has the values that are there, and is empty when there is none."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        super().__init__("condition failed")
        self.item = item


class Table:
    """The table of one environment; `stop` ends reading between two pages, and waiting for throttled items at once."""

    def __init__(
        self,
        client: "DynamoDBClient",
        name: str,
        stop: threading.Event | None = None,
        give_up_after: float = BATCH.in_all,
    ) -> None:
        self.name = name
        self._give_up_after = give_up_after
        self._client = client
        self._stop = stop or threading.Event()

    def get(self, doing: str, key: Item, names: Mapping[str, str] | None = None) -> Item | None:
        """Read one item, strongly consistent: all of it, or the attributes that `names` has placeholders for."""
        wanted: Any = {"Key": key, "ConsistentRead": True, **({} if names is None else _projection(names))}
        with table_errors(doing, self.name):
            answer = self._client.get_item(TableName=self.name, ReturnConsumedCapacity="TOTAL", **wanted)
        return answer.get("Item")

    def batch_get(self, keys: Sequence[Item], names: Mapping[str, str]) -> Iterator[Item]:
        """Read items by key, strongly consistent, a hundred at a time."""
        for start in range(0, len(keys), _BATCH):
            wanted = {"Keys": keys[start : start + _BATCH], "ConsistentRead": True, **_projection(names)}
            yield from self._read_batch({self.name: wanted})

    def _read_batch(self, waiting: Any) -> Iterator[Item]:
        """Ask again for what comes back unprocessed [doc "BatchGetItem"], until nothing is read for too long."""
        asked = len(waiting[self.name]["Keys"])
        tries, read_at = 0, time.monotonic()
        while True:
            with table_errors(f"reading table {self.name}", self.name):
                answer = self._client.batch_get_item(RequestItems=waiting, ReturnConsumedCapacity="TOTAL")
            found = answer["Responses"].get(self.name, ())
            yield from found
            waiting = answer.get("UnprocessedKeys")
            if not waiting:
                return
            if found:
                tries, read_at = 0, time.monotonic()
            elif time.monotonic() - read_at > self._give_up_after:
                raise FailedError(
                    f"DynamoDB left {len(waiting[self.name]['Keys'])} of {asked} items of table {self.name} unread "
                    f"for {self._give_up_after:.0f} s",
                    hint="The table is throttled: raise its read capacity or wait, then run the command again.",
                    code="failed.throttled",
                )
            tries += 1
            if self._stop.wait(random.uniform(0, min(_FIRST_WAIT * 2**tries, _LONGEST_WAIT))):
                raise _interrupted()

    def query(self, names: Mapping[str, str], **request: Any) -> Iterator[Item]:
        """Read the items of one partition, of the table or of an index."""
        return self._pages(self._client.query, {**request, **_projection(names)})

    def scan(
        self, names: Mapping[str, str], where: str, values: Mapping[str, object], read: Callable[[Item], T]
    ) -> Iterator[T]:
        """Read what a condition holds for with one parallel, strongly consistent scan, each item by `read`."""
        request = {"FilterExpression": where, "ExpressionAttributeValues": to_item(values), "ConsistentRead": True}
        shape = {**request, **_projection(names), "TotalSegments": _SEGMENTS}

        failed = threading.Event()

        def read_segment(segment: int) -> list[T]:
            try:
                pages = self._pages(self._client.scan, {**shape, "Segment": segment}, failed)
                return [read(item) for item in pages]
            except BaseException:
                failed.set()
                raise

        with ThreadPoolExecutor(_SEGMENTS) as pool:
            for found in pool.map(read_segment, range(_SEGMENTS)):
                yield from found

    def write(
        self,
        operation: Literal["put_item", "update_item", "delete_item"],
        doing: str,
        own: Mapping[str, object] | None = None,
        **request: Any,
    ) -> None:
        """Write one item; raises ConditionFailedError, unless the item has the values of `own`.

        A retry after a lost answer, or another run that wants the same, finds its own values: that is success.
        """
        call = getattr(self._client, operation)
        try:
            with table_errors(doing, self.name):
                call(
                    TableName=self.name,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                    ReturnConsumedCapacity="TOTAL",
                    **request,
                )
        except ConditionFailedError as failure:
            if not (own and failure.item and all(failure.item.get(name) == value for name, value in own.items())):
                raise

    def _pages(
        self, call: Callable[..., Any], request: dict[str, Any], failed: threading.Event | None = None
    ) -> Iterator[Item]:
        """Yield the items of all pages; where another segment has failed, what is read is no longer of use."""
        while True:
            with table_errors(f"reading table {self.name}", self.name):
                page = call(TableName=self.name, ReturnConsumedCapacity="TOTAL", **request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page or (failed is not None and failed.is_set()):
                return
            if self._stop.is_set():
                raise _interrupted()
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError("interrupted while reading the table", hint="Run the command again.")


def _projection(names: Mapping[str, str]) -> dict[str, Any]:
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": dict(names)}


@contextmanager
def table_errors(doing: str, table: str) -> Iterator[None]:
    """`aws_errors`, with a table that is not found and a failed condition told apart."""
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
        item: Item = error.response.get("Item", {})  # type: ignore[assignment]
        return ConditionFailedError(from_item(item))
    return None
