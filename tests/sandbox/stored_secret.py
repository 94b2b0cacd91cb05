"""The one secret of the tests of Secrets Manager: its versions, and what is asked of it."""

from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient

NAME = "learnermax/stripe-keys"
FIRST, SECOND, THIRD = "1" * 32, "2" * 32, "3" * 64


def labels(secrets: "SecretsManagerClient") -> dict[str, list[str]]:
    """Return the labels per version, as described."""
    described = secrets.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    return {version: sorted(stages) for version, stages in described.items()}


def value(secrets: "SecretsManagerClient") -> str:
    """Return the current value."""
    return secrets.get_secret_value(SecretId=NAME)["SecretString"]


def refused(code: str) -> "pytest.RaisesExc[ClientError]":
    """Expect an error with that code."""
    return pytest.raises(ClientError, check=lambda error: code == error.response["Error"]["Code"])


def put(secrets: "SecretsManagerClient", token: str, text: str) -> None:
    """Put a version under a label of our own."""
    secrets.put_secret_value(SecretId=NAME, SecretString=text, ClientRequestToken=token, VersionStages=["lmx-staged"])


def move(secrets: "SecretsManagerClient", to: str, source: str) -> None:
    """Move AWSCURRENT from one version to another."""
    secrets.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=to, RemoveFromVersionId=source
    )
