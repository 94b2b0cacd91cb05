"""Whose AWS credentials these are, and AWS's clock; implements `doctor.model.IdentityReader`."""

from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.clients import aws_errors
from learnermax_cli.core.errors import FailedError
from learnermax_cli.doctor.model import Caller

if TYPE_CHECKING:
    from types_boto3_sts.client import STSClient


class AwsIdentity:
    """Asks STS, which takes no permission [doc GetCallerIdentity]."""

    def __init__(self, client: "STSClient") -> None:
        self._client = client

    def read_caller(self) -> Caller:
        """Read the identity; raises LmxError when AWS does not accept the credentials."""
        with aws_errors("asking whose credentials these are"):
            answer = self._client.get_caller_identity()
        return Caller(answer["Account"], answer["Arn"])

    def read_clock(self) -> datetime:
        """Read AWS's time from an answer's Date; a clock that is far off gets a refusal, which has one too."""
        with aws_errors("asking for AWS's time"):
            try:
                headers = self._client.get_caller_identity()["ResponseMetadata"]["HTTPHeaders"]
            except ClientError as refusal:
                headers = refusal.response["ResponseMetadata"]["HTTPHeaders"]
        return read_date(headers.get("date"), "AWS")


def read_date(header: str | None, source: str) -> datetime:
    """Return the time of a Date header, in UTC; raises FailedError when there is none [RFC 9110, 6.6.1]."""
    try:
        return parsedate_to_datetime(header or "")
    except ValueError:
        hint = "Nothing to mend: whatever stands between takes it away."
        raise FailedError(f"{source} does not tell its time", hint=hint, code="failed.clock") from None
