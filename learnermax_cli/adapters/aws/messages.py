"""Messages: enrollment events to the site's SNS topic, and the SQS queue of webhook events to retry."""

import json
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.adapters.awslambda.events import write_hint
from learnermax_cli.config.values import topic_region
from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.webhooks.model import EventHint

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient


class SnsEvents:
    """Sends the event on which the site mails the student."""

    def __init__(self, connect: Callable[[str], "SNSClient"], topic_arn: str) -> None:
        self._connect = connect
        self._topic_arn = topic_arn

    @cached_property
    def _client(self) -> "SNSClient":
        # Made late: it is slow to make, and most runs publish nothing. SNS knows the topics of its own region alone.
        region = topic_region(self._topic_arn)
        if region is None:
            raise ConfigError(
                f"TRANSACTIONAL_EMAIL_TOPIC_ARN is {self._topic_arn!r}, not the ARN of a topic",
                hint="Set it to arn:aws:sns:REGION:ACCOUNT:NAME: the event stays owed, and the next run publishes it.",
                code="config.topic",
            )
        return self._connect(region)

    def publish_completed(self, key: EnrollmentKey, enrollment_type: str, enrolled_at: str) -> None:
        """Publish `EnrollmentCompleted`; raises LmxError when the topic is none, does not exist or rejects it."""
        message = {
            "eventType": "EnrollmentCompleted",
            "studentId": key.user_id,
            "courseId": key.course_id,
            "enrollmentType": enrollment_type,
            "enrolledAt": enrolled_at,
        }
        client = self._client
        with aws_errors(f"publishing the event of {key}"):
            try:
                client.publish(TopicArn=self._topic_arn, Subject="Enrollment Completed", Message=json.dumps(message))
            except ClientError as error:
                raise self._refusal(error) or error from error

    def _refusal(self, error: ClientError) -> Exception | None:
        """Return what is wrong with the topic itself, or with the right to publish to it."""
        code, text = (str(error.response.get("Error", {}).get(name, "")) for name in ("Code", "Message"))
        if code.startswith("NotFound") or (code.startswith("InvalidParameter") and "TopicArn" in text):
            return FailedError(
                f"topic {self._topic_arn} does not exist",
                hint="Fix TRANSACTIONAL_EMAIL_TOPIC_ARN, then run the command again: the event stays owed.",
                code="failed.topic",
            )
        if code == "AuthorizationError" and "kms:" not in text:
            return CredentialsError(
                f"AWS does not permit sns:Publish to topic {self._topic_arn}",
                hint="Give this identity sns:Publish on it; the policy of another account's topic must permit it, too.",
                code="credentials.permission",
            )
        return None


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
