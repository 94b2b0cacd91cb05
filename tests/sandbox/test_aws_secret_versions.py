"""Versions and staging labels as AWS moves them, also between two writers at once."""

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from tests.sandbox.stored_secret import FIRST, NAME, SECOND, THIRD, labels, move, put, refused, value

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient


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
