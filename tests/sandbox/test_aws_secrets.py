"""A secret of Secrets Manager as AWS keeps it: its name, its deletion, its limits, and what is described."""

from typing import TYPE_CHECKING

import pytest

from tests.running import Sandbox
from tests.sandbox.stored_secret import FIRST, NAME, SECOND, THIRD, move, refused, value

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient


def test_create_on_an_existing_name(secrets: "SecretsManagerClient") -> None:
    """A name is used once."""
    with refused("ResourceExistsException"):
        secrets.create_secret(Name=NAME, SecretString="other")


def test_create_on_a_name_scheduled_for_deletion(secrets: "SecretsManagerClient") -> None:
    """A deleted secret keeps its name until the window is over."""
    secrets.delete_secret(SecretId=NAME)

    with refused("InvalidRequestException"):
        secrets.create_secret(Name=NAME, SecretString="other")


@pytest.mark.parametrize(
    "call",
    [
        lambda secrets: secrets.get_secret_value(SecretId=NAME),
        lambda secrets: secrets.put_secret_value(SecretId=NAME, SecretString="two"),
        lambda secrets: secrets.update_secret(SecretId=NAME, SecretString="two"),
        lambda secrets: secrets.tag_resource(SecretId=NAME, Tags=[{"Key": "a", "Value": "b"}]),
        lambda secrets: move(secrets, to=FIRST, source=FIRST),
    ],
)
def test_deleted_secret_is_closed(secrets: "SecretsManagerClient", call: object) -> None:
    """A secret scheduled for deletion is neither read nor changed."""
    secrets.delete_secret(SecretId=NAME)

    with refused("InvalidRequestException"):
        call(secrets)  # type: ignore[operator]


def test_deleted_secret_is_described_and_restored(secrets: "SecretsManagerClient") -> None:
    """It still tells its date, and comes back with its value."""
    secrets.delete_secret(SecretId=NAME, RecoveryWindowInDays=7)
    assert "DeletedDate" in secrets.describe_secret(SecretId=NAME)

    secrets.restore_secret(SecretId=NAME)

    assert "DeletedDate" not in secrets.describe_secret(SecretId=NAME)
    assert "one" == value(secrets)


@pytest.mark.parametrize(("size", "accepted"), [(65_536, True), (65_537, False)])
def test_limit_of_the_value(secrets: "SecretsManagerClient", size: int, accepted: bool) -> None:
    """A value has at most 65,536 bytes."""
    text = "é" * (size // 2) + "x" * (size % 2)
    if accepted:
        secrets.put_secret_value(SecretId=NAME, SecretString=text)
        assert text == value(secrets)
    else:
        with refused("ValidationException"):
            secrets.put_secret_value(SecretId=NAME, SecretString=text)


def test_unknown_label_and_unknown_secret(secrets: "SecretsManagerClient") -> None:
    """What is not there is not found."""
    with refused("ResourceNotFoundException"):
        secrets.get_secret_value(SecretId=NAME, VersionStage="nobody")
    with refused("ResourceNotFoundException"):
        secrets.describe_secret(SecretId="learnermax/other")


def test_versions_are_listed_with_their_dates(sandbox: Sandbox, secrets: "SecretsManagerClient") -> None:
    """Versions tell when they were made, by the sandbox's clock; those without a label only on request."""
    sandbox.control.advance_clock(3600)
    secrets.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=SECOND)
    secrets.put_secret_value(SecretId=NAME, SecretString="three", ClientRequestToken=THIRD)

    listed = secrets.list_secret_version_ids(SecretId=NAME)["Versions"]
    everything = secrets.list_secret_version_ids(SecretId=NAME, IncludeDeprecated=True)["Versions"]

    assert {SECOND, THIRD} == {version["VersionId"] for version in listed}
    created = {version["VersionId"]: version["CreatedDate"] for version in everything}
    assert {FIRST, SECOND, THIRD} == created.keys()
    assert 3600 <= (created[SECOND] - created[FIRST]).total_seconds()


def test_rotation_is_described(secrets: "SecretsManagerClient") -> None:
    """A secret with rotation says so and keeps its value."""
    secrets.rotate_secret(
        SecretId=NAME,
        RotationLambdaARN="arn:aws:lambda:us-east-1:123456789012:function:rotate",
        RotationRules={"AutomaticallyAfterDays": 30},
    )

    described = secrets.describe_secret(SecretId=NAME)
    assert (True, 30) == (described["RotationEnabled"], described["RotationRules"]["AutomaticallyAfterDays"])
    assert "one" == value(secrets)


def test_owning_service_is_described(sandbox: Sandbox) -> None:
    """The tag that AWS itself sets marks a secret as a service's own."""
    sandbox.secretsmanager().create_secret(
        Name=NAME, SecretString="{}", Tags=[{"Key": "aws:secretsmanager:owningService", "Value": "rds"}]
    )

    assert "rds" == sandbox.secretsmanager().describe_secret(SecretId=NAME)["OwningService"]


def test_description_changes_without_a_new_version(secrets: "SecretsManagerClient") -> None:
    """UpdateSecret of a description leaves versions and tags alone."""
    secrets.update_secret(SecretId=NAME, Description="keys of Stripe")

    described = secrets.describe_secret(SecretId=NAME)
    assert ("keys of Stripe", {FIRST: ["AWSCURRENT"]}) == (described["Description"], described["VersionIdsToStages"])
