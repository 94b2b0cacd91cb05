"""The student that a sandbox has from the start, so that a checkout can be tried at once."""

from contextlib import suppress

import boto3
from botocore.config import Config

from learnermax_cli.config.keys import table_name
from learnermax_cli.config.sandbox_state import SandboxInfo
from learnermax_cli.core.ownership import encode_reference

STUDENT_ID = "test-student"
EMAIL = "student@example.com"
_SINCE = "2025-10-12T09:00:00.000Z"


def email_of(user_id: str) -> str:
    """Return the email that a student of the sandbox gets, a valid one whatever the id."""
    return EMAIL if user_id == STUDENT_ID else f"{encode_reference(user_id)}@example.com"


def put_student(info: SandboxInfo, user_id: str = STUDENT_ID) -> None:
    """Write a student, by default that one, to the sandbox's table, unless it is there."""
    own = info.environment()
    client = boto3.client(
        "dynamodb",
        endpoint_url=info.aws_url,
        region_name=info.region,
        aws_access_key_id=own["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=own["AWS_SECRET_ACCESS_KEY"],
        config=Config(proxies={}),  # a proxy can't reach this machine
    )
    texts = {
        "PK": f"USER#{user_id}",
        "SK": "METADATA",
        "GSI1PK": f"USER#{user_id}",
        "GSI1SK": "METADATA",
        "entityType": "USER",
        "userId": user_id,
        "email": email_of(user_id),
        "name": "Test Student",
        "signUpMethod": "email",
        "createdAt": _SINCE,
        "updatedAt": _SINCE,
    }
    item = {name: {"S": text} for name, text in texts.items()}
    with suppress(client.exceptions.ConditionalCheckFailedException):
        client.put_item(
            TableName=table_name(),
            Item={**item, "emailVerified": {"BOOL": True}},
            ConditionExpression="attribute_not_exists(PK)",
        )
