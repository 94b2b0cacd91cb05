"""What goes wrong at AWS, as one line of what went wrong and one of what to do; and what is no answer of AWS at all."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore import exceptions as boto
from botocore.model import StructureShape
from botocore.parsers import ResponseParserFactory
from botocore.validate import ParamValidator

from learnermax_cli.adapters.aws.origin import DENIED, EXPIRED, ORIGIN, REJECTED, SIGN_IN, clock_error
from learnermax_cli.adapters.aws.watch import IN_BETWEEN, NO_ANSWER, THROTTLED, NoAnswerError, asked
from learnermax_cli.adapters.network import name_host, network_hint, no_connection
from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError

PLACE = "Place"
"""In the error of an answer: the account, region and host where something was not found."""
# What each answer has, whatever was asked: where it is missing, another one came. We ask for ConsumedCapacity always.
_NEEDED = {
    "GetItemOutput": ("ConsumedCapacity",),
    "PutItemOutput": ("ConsumedCapacity",),
    "UpdateItemOutput": ("ConsumedCapacity",),
    "DeleteItemOutput": ("ConsumedCapacity",),
    "BatchGetItemOutput": ("Responses",),
    "QueryOutput": ("Items", "Count"),
    "ScanOutput": ("Items", "Count"),
    "DescribeTableOutput": ("Table",),
    "CreateSecretResponse": ("ARN", "VersionId"),
    "DescribeSecretResponse": ("ARN", "Name"),
    "GetSecretValueResponse": ("ARN", "VersionId", "CreatedDate"),
    "ListSecretVersionIdsResponse": ("ARN", "Versions"),
    "PutSecretValueResponse": ("ARN", "VersionId", "VersionStages"),
    "RestoreSecretResponse": ("ARN",),
    "UpdateSecretVersionStageResponse": ("ARN",),
    "AssumeRoleResponse": ("Credentials",),
    "AssumeRoleWithWebIdentityResponse": ("Credentials",),
    "GetRoleCredentialsResponse": ("roleCredentials",),
    "GetCallerIdentityResponse": ("Account", "Arn"),
    "GetTopicAttributesResponse": ("Attributes",),
    "PublishResponse": ("MessageId",),
    "SendMessageResult": ("MessageId",),
}
_TELLING = {"Item", "Items", "Responses", "Table", "SecretString", "Versions", "VersionId", "VersionIdsToStages"}
"""An answer with one of these is that of an operation which has it."""
_ROWS = ("Item", "Items", "Responses")
"""Looked at row by row by those who read them: one odd attribute is that row's."""

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


class StrictParserFactory(ResponseParserFactory):
    """Makes parsers that never fail: what is no answer of the operation becomes the error NO_ANSWER."""

    def create_parser(self, protocol_name: str) -> Any:
        """Return the parser of a protocol."""
        return _StrictParser(super().create_parser(protocol_name))


class _StrictParser:
    def __init__(self, parser: Any) -> None:
        self._parser = parser

    def parse(self, response: Mapping[str, Any], shape: StructureShape | None) -> dict[str, Any]:
        """Parse a response: status_code, headers and body."""
        try:
            parsed: dict[str, Any] = self._parser.parse(response, shape)
            flaw = _find_flaw(parsed, response, shape)
        except Exception as error:  # noqa: BLE001 - whatever a parser raises for bytes that are none of AWS's
            flaw = f"it can't be read ({type(error).__name__})"
        if flaw is None:
            return parsed
        metadata = {"HTTPStatusCode": response["status_code"], "HTTPHeaders": {}}
        return {"Error": {"Code": NO_ANSWER, "Message": flaw}, "ResponseMetadata": metadata}


def _find_flaw(parsed: Mapping[str, Any], response: Mapping[str, Any], shape: StructureShape | None) -> str | None:
    if response["status_code"] >= 300:
        code = parsed.get("Error", {"Code": "modeled"}).get("Code")
        # Where the body names no code, botocore takes the status.
        return None if isinstance(code, str) and code and not code.isdigit() else "it names no error"
    if shape is None:
        return None
    if missing := [name for name in _NEEDED.get(shape.name, ()) if name not in parsed]:
        return f"it has no {missing[0]}"
    in_json = response["body"].lstrip().startswith(b"{")
    if in_json and shape.name in _NEEDED and not {"Items", "Responses"} & shape.members.keys():
        other = _TELLING & json.loads(response["body"]).keys() - shape.members.keys()
        if other:
            return f"it has {min(other)}"
    return _flaw_of_types(parsed, shape)


def _flaw_of_types(parsed: Mapping[str, Any], shape: StructureShape) -> str | None:
    values = {name: value for name, value in parsed.items() if name in shape.members and name not in _ROWS}
    # Of ranges alone: AWS itself does not keep to those of its model in what it answers.
    if "Invalid type for parameter" in ParamValidator().validate(values, shape).generate_report():
        return "its values have other types"
    rows = parsed.get("Items", [])
    return None if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else "its items are none"


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turn what boto3 raises into one line of what went wrong and one of what to do."""
    try:
        yield
    except boto.ClientError as error:
        raise _from_client_error(doing, error) from error
    except boto.ProfileNotFound as error:
        raise ConfigError(str(error), hint="Name an existing profile with --profile or AWS_PROFILE.") from error
    except boto.ConfigParseError as error:
        hint = "Fix it, or name another file in AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE."
        raise ConfigError(str(error), hint=hint) from error
    except NoAnswerError as error:
        raise FailedError(
            f"what came was no answer of AWS while {doing}: {error}",
            hint=IN_BETWEEN,
            code="failed.answer",
        ) from error
    except (boto.ReadTimeoutError, boto.ConnectTimeoutError) as error:
        url, source = asked(error)
        raise FailedError(
            f"AWS timed out while {doing}: no complete answer from {name_host(url)}",
            hint=network_hint(url, source),
            code="failed.timeout",
        ) from error
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        raise no_connection("AWS", doing, error, *asked(error)) from error
    except (boto.BotoCoreError, ValueError) as error:
        raise ConfigError(
            f"invalid AWS configuration while {doing}: {error}",
            hint="Check --region, --profile and AWS_ENDPOINT_URL.",
        ) from error


def _from_client_error(doing: str, error: boto.ClientError) -> Exception:
    flaw: Mapping[str, Any] = error.response.get("Error", {})
    code, message, origin = str(flaw.get("Code", "")), str(flaw.get("Message", "")), flaw.get(ORIGIN)
    credentials, renew = (f"credentials from {origin}", origin.remedy) if origin else ("credentials", SIGN_IN)
    if clock := clock_error(doing, code, message):
        return clock
    if code in EXPIRED:
        return CredentialsError(
            f"the AWS {credentials} have expired while {doing}", hint=renew, code="credentials.expired"
        )
    if code in REJECTED:
        return CredentialsError(f"AWS rejected the {credentials} while {doing}", hint=renew)
    if code in DENIED and _OF_KMS.search(f"{code} {message}"):  # the missing permission is not that of the operation
        return CredentialsError(
            f"AWS does not permit the use of the KMS key while {doing}",
            hint="Give this identity kms:Decrypt and kms:GenerateDataKey on the key, in its own policy or the key's.",
            code="credentials.permission",
        )
    if code in DENIED:
        action = f"{_IAM_PREFIX.get(error.operation_name, 'dynamodb')}:{error.operation_name}"
        return CredentialsError(
            f"AWS does not permit {action} while {doing}",
            hint=f"Give this identity {action}; docs/permissions.md has policies to copy.",
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
