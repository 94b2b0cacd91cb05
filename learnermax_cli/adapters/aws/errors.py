"""What goes wrong at AWS, as one line of what went wrong and one of what to do."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from botocore import exceptions as boto

from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError

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
_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}
_REJECTED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
}
_DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "KMSAccessDenied",
    "AuthorizationError",  # of SNS
    "NotAuthorized",
    "UnauthorizedOperation",
}
_KMS_FAILURES = {"EncryptionFailure", "DecryptionFailure", "KMSDisabled", "KMSInvalidState", "KMSNotFound"}
_OF_KMS = re.compile(r"\bkms:[A-Z]|\bKMS")
"""In an error message: an action of KMS, or its name; a role may be called anything in lower case."""
_IAM_PREFIX = dict.fromkeys(
    (
        "CreateSecret",
        "DescribeSecret",
        "GetSecretValue",
        "ListSecretVersionIds",
        "PutSecretValue",
        "RestoreSecret",
        "TagResource",
        "UpdateSecretVersionStage",
    ),
    "secretsmanager",
) | {"Publish": "sns", "SendMessage": "sqs", "GetTopicAttributes": "sns", "GetCallerIdentity": "sts"}
_SIGN_IN = "Sign in (aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or name a --profile."


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn what boto3 raises into one line of what went wrong and one of what to do."""
    try:
        yield
    except boto.ClientError as error:
        raise _from_client_error(doing, error) from error
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError) as error:
        raise CredentialsError(f"no AWS credentials while {doing}", hint=_SIGN_IN, code="credentials.aws") from error
    except (boto.SSOError, boto.TokenRetrievalError) as error:
        raise CredentialsError(f"the AWS sign-in has expired while {doing}", hint=_SIGN_IN) from error
    except boto.ProfileNotFound as error:
        raise ConfigError(str(error), hint="Name an existing profile with --profile or AWS_PROFILE.") from error
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise FailedError(
            f"no connection to AWS while {doing}: {type(error).__name__}",
            hint="Check network, proxy, region and AWS_ENDPOINT_URL, then run the command again.",
            code="failed.network",
        ) from error
    except (boto.BotoCoreError, ValueError) as error:
        raise ConfigError(
            f"invalid AWS configuration while {doing}: {error}",
            hint="Check --region, --profile and AWS_ENDPOINT_URL.",
        ) from error


def _from_client_error(doing: str, error: boto.ClientError) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", ""))
    if code in _EXPIRED:
        return CredentialsError(
            f"the AWS credentials have expired while {doing}", hint=_SIGN_IN, code="credentials.expired"
        )
    if code in _REJECTED:
        return CredentialsError(f"AWS rejected the credentials while {doing}", hint=_SIGN_IN)
    if code in _DENIED and _OF_KMS.search(f"{code} {message}"):  # the missing permission is not that of the operation
        return CredentialsError(
            f"AWS does not permit the use of the KMS key while {doing}",
            hint="Give this identity kms:Decrypt and kms:GenerateDataKey on the key, in its own policy or the key's.",
            code="credentials.permission",
        )
    if code in _DENIED:
        action = f"{_IAM_PREFIX.get(error.operation_name, 'dynamodb')}:{error.operation_name}"
        return CredentialsError(
            f"AWS does not permit {action} while {doing}",
            hint=f"Give this identity {action}; the README has the complete policy.",
            code="credentials.permission",
        )
    if code in THROTTLED:
        return FailedError(
            f"AWS answered {code} while {doing}: {message}",
            hint="Wait, or raise the capacity of the table if it was the table; then run the command again.",
            code="failed.throttled",
        )
    return FailedError(
        f"AWS answered {code} while {doing}: {message}",
        hint="Check that the KMS key exists, is enabled and symmetric, then run the command again."
        if code in _KMS_FAILURES
        else "Run the command again; if it fails again, check the AWS service health and the table or secret named.",
        code="failed.aws",
    )
