"""The queue of events to retry, in SQS: putting events in, and handling batches of them."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.adapters.awslambda.events import write_hint
from learnermax_cli.webhooks.model import EventHint

if TYPE_CHECKING:
    from types_boto3_sqs.client import SQSClient


class RetryQueue:
    """Puts hints into the queue."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def put(self, hint: EventHint) -> None:
        """Put a hint onto the queue; raises LmxError when SQS has not confirmed it."""
        with aws_errors(f"queueing event {hint.event_id}"):
            self._client.send_message(QueueUrl=self._url, MessageBody=write_hint(hint))


def process_batch(event: Mapping[str, Any], handle: Callable[[str], None]) -> dict[str, Any]:
    """Handle the bodies of a batch of messages; return those to be delivered again [doc ReportBatchItemFailures]."""
    # Slow to load, and only one function needs it.
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
    from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

    def handle_record(record: SQSRecord) -> None:
        handle(record.body)

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(dict(event), handle_record, processor))
