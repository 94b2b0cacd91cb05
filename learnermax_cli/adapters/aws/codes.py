"""What the error codes of AWS mean, and what is no answer of AWS at all."""

import re
from typing import Any

from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: A004 - as botocore names it

from learnermax_cli.core.errors import CredentialsError

NO_ANSWER = "NoAnswer"
"""The error code that stands for what is no answer."""
IN_BETWEEN = "A proxy may be in between. Check network, proxy, region and AWS_ENDPOINT_URL, then run the command again."
"""What to do about what is no answer of AWS."""
SOURCE = "lmx source"
"""Among what a botocore error knows: what named the host that was asked, beside AWS itself."""
# [botocore 1.44, retries "standard", ThrottledRetryableChecker]
THROTTLED = {
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "Throttling",
    "ThrottledException",
    "ThrottlingException",
    "TooManyRequestsException",
    "TransactionInProgressException",
}
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "KMSAccessDenied",
    "AuthorizationError",  # of SNS
    "NotAuthorized",
    "UnauthorizedOperation",
}
"""Codes of answers that refuse a permission."""
EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
REJECTED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
}
"""Codes of answers that refuse credentials."""
_OF_CLOCK = {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}
_CLOCK = re.compile(r"Signature (?:expired|not yet current)")


class NoAnswerError(Exception):
    """What came is no answer of AWS, or not that of the operation."""


def asked(error: HTTPClientError | ConnectionError) -> tuple[str, str | None]:
    """Return the URL that got no answer, and what named its host, if anything did."""
    known: Any = error.kwargs
    return known.get("endpoint_url") or "", known.get(SOURCE)


def clock_error(doing: str, code: str, message: str) -> CredentialsError | None:
    """Return our error for an answer that says that the clocks of AWS and this machine differ, None for others."""
    if code not in _OF_CLOCK and not _CLOCK.search(message):
        return None
    return CredentialsError(
        f"AWS rejected the time of the signature while {doing}: {message or code}",
        hint="Synchronize this machine's clock: timedatectl set-ntp true",
        code="credentials.clock",
    )
