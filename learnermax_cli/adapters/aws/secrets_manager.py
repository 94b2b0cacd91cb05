"""Secrets in AWS Secrets Manager; implements `secrets.model.SecretStore`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.core.errors import ConfigError, FailedError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.model import LostRaceError, NewSecret, SecretDescription, SecretValue, SecretVersion

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient

# Our own staging label: a version that has it, and nothing else, was stored but not made current.
PENDING = "LMX_PENDING"
_MISSING = "ResourceNotFoundException"
_EXISTS = "ResourceExistsException"
_BAD_STATE = "InvalidRequestException"
_BAD_PARAMETER = "InvalidParameterException"
RequireTagFits = Callable[[str, str | None], None]
"""Raises GuardError for a secret, by its name, whose tag Environment names another environment."""


class SecretsManagerStore:
    """Reads and writes secrets; a value leaves this class only as SecretText, and `note` takes each that was read."""

    def __init__(
        self, client: "SecretsManagerClient", require_tag_fits: RequireTagFits, note: Callable[[SecretText], None]
    ) -> None:
        self._client = client
        self._require_tag_fits = require_tag_fits
        self._note = note

    def read_description(self, name: str) -> SecretDescription | None:
        """Describe a secret: the one call that also answers for a secret scheduled for deletion.

        Every writer describes the secret first, so a tag that does not fit stops all of them.
        """
        with aws_errors(f"describing secret {name}"):
            try:
                answer = self._client.describe_secret(SecretId=name)
            except ClientError as error:
                if _code(error) == _MISSING:
                    return None
                raise
        tags = {tag.get("Key"): tag.get("Value") for tag in answer.get("Tags", ())}
        self._require_tag_fits(name, tags.get("Environment"))
        deleted = answer.get("DeletedDate")
        labels = {
            label: version for version, stages in answer.get("VersionIdsToStages", {}).items() for label in stages
        }
        return SecretDescription(
            arn=answer["ARN"],
            name=answer["Name"],
            labels=labels,
            deleted=deleted.astimezone(UTC) if deleted else None,
            rotates=bool(answer.get("RotationEnabled")),
            owning_service=answer.get("OwningService") or None,
            kms_key_id=answer.get("KmsKeyId") or None,
            environment=tags.get("Environment"),
        )

    def read_value(self, name: str, version: str | None = None) -> SecretValue | None:
        """Read one version, by default the current one; raises ConfigError for a secret scheduled for deletion."""
        which: dict[str, Any] = {"VersionId": version} if version else {"VersionStage": "AWSCURRENT"}
        with aws_errors(f"reading secret {name}"):
            try:
                answer = self._client.get_secret_value(SecretId=name, **which)
            except ClientError as error:
                if _code(error) == _MISSING:
                    return None
                if _code(error) == _BAD_STATE:
                    raise _unreadable(name) from error
                raise
        text = SecretText(answer["SecretString"]) if "SecretString" in answer else None
        if text is not None:
            self._note(text)
        return SecretValue(answer["VersionId"], answer["CreatedDate"].astimezone(UTC), text)

    def list_versions(self, name: str) -> tuple[SecretVersion, ...]:
        """List all versions, those without a label included, the newest first."""
        versions: list[SecretVersion] = []
        more: dict[str, Any] = {}
        with aws_errors(f"listing the versions of secret {name}"):
            while True:
                page = self._client.list_secret_version_ids(SecretId=name, IncludeDeprecated=True, **more)
                versions += [
                    SecretVersion(v["VersionId"], v["CreatedDate"].astimezone(UTC), tuple(v.get("VersionStages", ())))
                    for v in page["Versions"]
                ]
                if not page.get("NextToken"):
                    return tuple(sorted(versions, key=lambda version: version.created, reverse=True))
                more = {"NextToken": page["NextToken"]}

    def create_secret(self, secret: NewSecret) -> None:
        """Create a secret; boto3's own retries after a lost answer are harmless, for the token is the version's id."""
        options: dict[str, Any] = {"KmsKeyId": secret.kms_key_id} if secret.kms_key_id else {}
        with aws_errors(f"creating secret {secret.name}"), _races(f"creating secret {secret.name}", _EXISTS):
            try:
                self._client.create_secret(
                    Name=secret.name,
                    Description="Stripe API keys of LearnerMax, stored by lmx.",
                    SecretString=secret.text.reveal(),
                    ClientRequestToken=secret.token,
                    Tags=[{"Key": key, "Value": value} for key, value in secret.tags.items()],
                    **options,
                )
            except ClientError as error:
                if _code(error) == _BAD_STATE:
                    raise _still_deleting(secret.name) from error
                raise

    def restore_secret(self, arn: str) -> None:
        """Cancel the deletion of a secret."""
        with aws_errors(f"restoring secret {arn}"):
            self._client.restore_secret(SecretId=arn)

    def put_version(self, arn: str, text: SecretText, token: str) -> None:
        """Add a version under our own label: with a label given, AWSCURRENT stays [doc PutSecretValue]."""
        doing = f"storing a version of secret {arn}"
        with aws_errors(doing), _races(doing, _MISSING, _BAD_STATE):
            self._client.put_secret_value(
                SecretId=arn, SecretString=text.reveal(), ClientRequestToken=token, VersionStages=[PENDING]
            )

    def move_current(self, arn: str, version: str, *, away_from: str | None) -> None:
        """Move AWSCURRENT, if it is where it is said to be: "if the version ID does not match, the operation fails"."""
        doing = f"making version {version} of secret {arn} current"
        source: dict[str, Any] = {"RemoveFromVersionId": away_from} if away_from else {}
        with aws_errors(doing), _races(doing, _MISSING, _BAD_STATE, _BAD_PARAMETER):
            self._client.update_secret_version_stage(
                SecretId=arn, VersionStage="AWSCURRENT", MoveToVersionId=version, **source
            )


@contextmanager
def _races(doing: str, *codes: str) -> Iterator[None]:
    """Turn errors that mean "no longer as it was read" into LostRaceError."""
    try:
        yield
    except ClientError as error:
        if _code(error) in codes:
            raise LostRaceError(doing, str(error.response.get("Error", {}).get("Message", ""))) from error
        raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _unreadable(name: str) -> ConfigError:
    return ConfigError(
        f"secret {name} can't be read: it is scheduled for deletion",
        hint="Restore it with " + lmx("secrets push", "--restore") + ", or name another with --secret-name.",
        code="config.secret_deleted",
    )


def _still_deleting(name: str) -> FailedError:
    return FailedError(
        f"secret {name} can't be created: one of that name is still being deleted",
        hint="Wait some minutes, then run the command again, or name another with --secret-name.",
        code="failed.secret_deleting",
    )
