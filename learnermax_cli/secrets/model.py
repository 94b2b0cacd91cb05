"""What the secrets feature works with: the secret as Secrets Manager describes it, and the port to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.secret_text import SecretText


@dataclass(frozen=True, slots=True)
class StoredValue:
    """A value of the JSON object in a secret; what others stored there is written again as it was."""

    text: str | None = field(repr=False)
    """None when it is no text."""
    json: str = field(repr=False)
    """The value as it stands in the JSON object."""
    entry: str = field(repr=False)
    """Name and value as they stand there; all of them where the name is repeated, of which the last counts."""


Content = Mapping[str, StoredValue]
"""The JSON object that a secret holds; its values are never shown."""


class LostRaceError(FailedError):
    """The secret changed since it was read; it has to be read again. `reason` is what AWS said."""

    def __init__(self, doing: str, reason: str) -> None:
        super().__init__(
            f"the secret changed while {doing}",
            hint="Run the command again; running again is safe.",
            code="failed.race",
        )
        self.reason = reason


@dataclass(frozen=True, slots=True)
class SecretDescription:
    """A secret without its value; `labels` maps each staging label to the version that has it."""

    arn: str
    name: str
    labels: Mapping[str, str]
    deleted: datetime | None = None
    rotates: bool = False
    owning_service: str | None = None
    kms_key_id: str | None = None
    environment: str | None = None
    """The value of its tag Environment."""

    @property
    def current(self) -> str | None:
        """The id of the version that readers get, None for a secret without one."""
        return self.labels.get("AWSCURRENT")

    @property
    def previous(self) -> str | None:
        """The id of the version that was current before."""
        return self.labels.get("AWSPREVIOUS")


class SecretValue(NamedTuple):
    """The value of one version; `text` is None when it is binary."""

    version: str
    created: datetime
    text: SecretText | None


class SecretVersion(NamedTuple):
    """One version of a secret, without its value."""

    id: str
    created: datetime
    labels: tuple[str, ...]


class NewSecret(NamedTuple):
    """A secret to be created; `token` becomes the id of its first version."""

    name: str
    text: SecretText
    token: str
    tags: Mapping[str, str]
    kms_key_id: str | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A secret as it was read; `content` is None where it can't be read: scheduled for deletion, or unreadable."""

    description: SecretDescription
    content: Content | None = field(repr=False)
    created: datetime | None = None


class SecretStore(Protocol):
    """Secrets Manager; every method raises LmxError for what it can't do."""

    def read_description(self, name: str) -> SecretDescription | None:
        """Return the secret without its value, also one scheduled for deletion; None when it does not exist."""

    def read_value(self, name: str, version: str | None = None) -> SecretValue | None:
        """Return one version, by default the current one; None when there is no such secret or version."""

    def list_versions(self, name: str) -> tuple[SecretVersion, ...]:
        """Return all versions, the newest first."""

    def create_secret(self, secret: NewSecret) -> None:
        """Create a secret; raises LostRaceError when one of that name exists."""

    def restore_secret(self, arn: str) -> None:
        """Cancel the deletion of a secret."""

    def put_version(self, arn: str, text: SecretText, token: str) -> None:
        """Add a version that is not current yet; the same token and text again do nothing."""

    def move_current(self, arn: str, version: str, *, away_from: str | None) -> None:
        """Make a version current; raises LostRaceError when `away_from` no longer is."""
