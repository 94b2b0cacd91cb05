"""What all users of the DynamoDB table share: reads page by page, conditional writes, and errors."""

import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import PLACE, aws_errors
from learnermax_cli.adapters.aws.values import Item, from_item, odd_answer, to_item
from learnermax_cli.core.errors import ConfigError, FailedError, InterruptedRunError
from learnermax_cli.core.retries import BATCH

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient

_SEGMENTS = 4
_BATCH = 100  # the most keys of a BatchGetItem [doc "BatchGetItem"]
_FIRST_WAIT, _LONGEST_WAIT = 0.05, 5.0  # seconds between two requests for what was left unprocessed

T = TypeVar("T")


class ConditionFailedError(Exception):
    """A conditional write did not hold; `item` has the values that are there, and is empty when there is none.

    `retried` says that it was sent more than once, so that what is there may be its own.
    """

    def __init__(self, item: Mapping[str, Any], *, retried: bool) -> None:
        super().__init__("condition failed")
        self.item = item
        self.retried = retried


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
            if waiting and not 0 < len(waiting.get(self.name, {}).get("Keys", ())) <= asked:
                raise odd_answer(f"it left other keys unread than were asked for in table {self.name}")
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
    ) -> bool:
        """Write one item; raises ConditionFailedError, unless the item has the values of `own`.

        A retry after a lost answer, or another run that wants the same, finds its own values: that is success. Returns
        False where it was certainly another run.
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
            return failure.retried
        return True

    def _pages(
        self, call: Callable[..., Any], request: dict[str, Any], failed: threading.Event | None = None
    ) -> Iterator[Item]:
        """Yield the items of all pages; where another segment has failed, what is read is no longer of use."""
        seen: set[str] = set()
        while True:
            with table_errors(f"reading table {self.name}", self.name):
                page = call(TableName=self.name, ReturnConsumedCapacity="TOTAL", **request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page or (failed is not None and failed.is_set()):
                return
            if self._stop.is_set():
                raise _interrupted()
            last = page["LastEvaluatedKey"]
            if not last or str(last) in seen:
                raise odd_answer(f"it sent the same page of table {self.name} again")
            seen.add(str(last))
            request["ExclusiveStartKey"] = last


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
            raise _special(doing, error, table) or error from error


def _special(doing: str, error: ClientError, table: str) -> Exception | None:
    flaw: Mapping[str, Any] = error.response.get("Error", {})
    code, place = flaw.get("Code"), flaw.get(PLACE, "this account and region")
    if code == "ResourceNotFoundException":
        return ConfigError(
            f"table {table} not found in {place}",
            hint="Check -e, --table, --region and --profile.",
            code="config.table",
        )
    if code == "ValidationException" and "does not have the specified index" in str(flaw.get("Message")):
        return ConfigError(
            f"table {table} lacks an index while {doing}: {flaw['Message']}",
            hint="Deploy the site's stack, which has it; a student can be named by the user id, too.",
            code="config.index",
        )
    if code == "ConditionalCheckFailedException":
        item: Item = error.response.get("Item", {})  # type: ignore[assignment]
        retried = bool(error.response.get("ResponseMetadata", {}).get("RetryAttempts"))
        return ConditionFailedError(from_item(item), retried=retried)
    return None
