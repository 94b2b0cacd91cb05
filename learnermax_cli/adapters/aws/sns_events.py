"""Publishes enrollment events to the site's SNS topic; implements `enrollments.model.EventPublisher`."""

import json
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.core.errors import FailedError
from learnermax_cli.enrollments.model import EnrollmentKey

if TYPE_CHECKING:
    from types_boto3_sns.client import SNSClient


class SnsEvents:
    """Sends the event on which the site mails the student."""

    def __init__(self, connect: Callable[[], "SNSClient"], topic_arn: str) -> None:
        self._connect = connect
        self._topic_arn = topic_arn

    @cached_property
    def _client(self) -> "SNSClient":
        return self._connect()  # slow to make, and most runs publish nothing

    def publish_completed(self, key: EnrollmentKey, enrollment_type: str, enrolled_at: str) -> None:
        """Publish `EnrollmentCompleted`; raises LmxError when the topic does not exist or rejects it."""
        message = {
            "eventType": "EnrollmentCompleted",
            "studentId": key.user_id,
            "courseId": key.course_id,
            "enrollmentType": enrollment_type,
            "enrolledAt": enrolled_at,
        }
        with aws_errors(f"publishing the event of {key}"):
            try:
                self._client.publish(
                    TopicArn=self._topic_arn, Subject="Enrollment Completed", Message=json.dumps(message)
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NotFound", "NotFoundException"):
                    raise FailedError(
                        f"topic {self._topic_arn} does not exist",
                        hint="Fix TRANSACTIONAL_EMAIL_TOPIC_ARN, then run the command again: the event is not lost.",
                        code="failed.topic",
                    ) from error
                raise
