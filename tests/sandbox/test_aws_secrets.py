"""Secrets Manager as AWS behaves: versions, staging labels, deletion, and two writers at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient

NAME = "learnermax/stripe-keys"
FIRST, SECOND, THIRD = "1" * 32, "2" * 32, "3" * 64


@pytest.fixture
def secrets(sandbox: Sandbox) -> "SecretsManagerClient":
    """A client; the secret exists with one version."""
    client = sandbox.secretsmanager()
    client.create_secret(Name=NAME, SecretString="one", ClientRequestToken=FIRST)
    return client


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


def test_create_on_an_existing_name(secrets: "SecretsManagerClient") -> None:
    """A name is used once."""
    with refused("ResourceExistsException"):
        secrets.create_secret(Name=NAME, SecretString="other")


def test_create_on_a_name_scheduled_for_deletion(secrets: "SecretsManagerClient") -> None:
    """A deleted secret keeps its name until the window is over."""
    secrets.delete_secret(SecretId=NAME)

    with refused("InvalidRequestException"):
        secrets.create_secret(Name=NAME, SecretString="other")


def test_put_moves_the_labels(secrets: "SecretsManagerClient") -> None:
    """A put makes the new version current and the former one previous."""
    secrets.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=SECOND)

    assert {FIRST: ["AWSPREVIOUS"], SECOND: ["AWSCURRENT"]} == labels(secrets)
    assert "two" == value(secrets)


def test_put_again_with_the_same_token_and_value_does_nothing(secrets: "SecretsManagerClient") -> None:
    """A retried put is recognized by its token, even when another version is current by now."""
    secrets.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=SECOND)

    secrets.put_secret_value(SecretId=NAME, SecretString="one", ClientRequestToken=FIRST)

    assert {FIRST: ["AWSPREVIOUS"], SECOND: ["AWSCURRENT"]} == labels(secrets)


def test_put_with_a_used_token_and_another_value(secrets: "SecretsManagerClient") -> None:
    """A version never changes."""
    with refused("ResourceExistsException"):
        secrets.put_secret_value(SecretId=NAME, SecretString="other", ClientRequestToken=FIRST)


def test_update_with_a_used_token_is_always_refused(secrets: "SecretsManagerClient") -> None:
    """UpdateSecret knows no idempotent repetition."""
    with refused("ResourceExistsException"):
        secrets.update_secret(SecretId=NAME, SecretString="one", ClientRequestToken=FIRST)


def test_put_under_an_own_label_leaves_current(secrets: "SecretsManagerClient") -> None:
    """A version under one's own label is there, and not current."""
    put(secrets, SECOND, "two")

    assert {FIRST: ["AWSCURRENT"], SECOND: ["lmx-staged"]} == labels(secrets)
    assert "one" == value(secrets)


def put(secrets: "SecretsManagerClient", token: str, text: str) -> None:
    """Put a version under a label of our own."""
    secrets.put_secret_value(SecretId=NAME, SecretString=text, ClientRequestToken=token, VersionStages=["lmx-staged"])


def move(secrets: "SecretsManagerClient", to: str, source: str) -> None:
    """Move AWSCURRENT from one version to another."""
    secrets.update_secret_version_stage(
        SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=to, RemoveFromVersionId=source
    )


def test_own_label_moves_to_the_latest_put(secrets: "SecretsManagerClient") -> None:
    """A label is on one version; a version without one is no longer described."""
    put(secrets, SECOND, "two")
    put(secrets, THIRD, "three")

    assert {FIRST: ["AWSCURRENT"], THIRD: ["lmx-staged"]} == labels(secrets)


def test_moving_current_moves_previous_too(secrets: "SecretsManagerClient") -> None:
    """Where AWSCURRENT was, AWSPREVIOUS is afterwards, and other labels stay."""
    put(secrets, SECOND, "two")

    move(secrets, to=SECOND, source=FIRST)

    assert {FIRST: ["AWSPREVIOUS"], SECOND: ["AWSCURRENT", "lmx-staged"]} == labels(secrets)
    assert "two" == value(secrets)


def test_put_after_a_move_knows_the_true_current_version(secrets: "SecretsManagerClient") -> None:
    """The version that AWSCURRENT was moved to becomes the previous one, with its own label kept."""
    put(secrets, SECOND, "two")
    move(secrets, to=SECOND, source=FIRST)

    secrets.put_secret_value(SecretId=NAME, SecretString="three", ClientRequestToken=THIRD)

    assert {SECOND: ["AWSPREVIOUS", "lmx-staged"], THIRD: ["AWSCURRENT"]} == labels(secrets)


def test_move_from_a_version_that_lost_the_label(secrets: "SecretsManagerClient") -> None:
    """The compare in compare-and-set: nothing changes when another writer was faster."""
    put(secrets, SECOND, "two")
    secrets.put_secret_value(SecretId=NAME, SecretString="three", ClientRequestToken=THIRD)
    before = labels(secrets)

    with refused("InvalidParameterException"):
        move(secrets, to=SECOND, source=FIRST)

    assert before == labels(secrets)


def test_move_to_an_unknown_version_changes_nothing(secrets: "SecretsManagerClient") -> None:
    """A refused move leaves AWSCURRENT where it was."""
    with refused("InvalidParameterException"):
        move(secrets, to=SECOND, source=FIRST)

    assert {FIRST: ["AWSCURRENT"]} == labels(secrets)


def test_move_without_saying_from_where(secrets: "SecretsManagerClient") -> None:
    """A label that is on another version has to be named there."""
    put(secrets, SECOND, "two")

    with refused("InvalidParameterException"):
        secrets.update_secret_version_stage(SecretId=NAME, VersionStage="AWSCURRENT", MoveToVersionId=SECOND)


def test_roll_back_exchanges_current_and_previous(secrets: "SecretsManagerClient") -> None:
    """Moving AWSCURRENT back makes the newer version the previous one."""
    secrets.put_secret_value(SecretId=NAME, SecretString="two", ClientRequestToken=SECOND)

    move(secrets, to=FIRST, source=SECOND)

    assert {FIRST: ["AWSCURRENT"], SECOND: ["AWSPREVIOUS"]} == labels(secrets)
    assert "one" == value(secrets)


def test_one_of_two_writers_moves_current(secrets: "SecretsManagerClient") -> None:
    """Two writers that read the same version: one wins, the other is told so."""
    put(secrets, SECOND, "two")
    put(secrets, THIRD, "three")

    def try_move(to: str) -> bool:
        try:
            move(secrets, to=to, source=FIRST)
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        won = list(pool.map(try_move, (SECOND, THIRD)))

    assert [False, True] == sorted(won)


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
