"""Reads a secret as commands need it, and refuses those that are not ours to write."""

from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.secrets.content import parse_content
from learnermax_cli.secrets.model import SecretDescription, SecretStore, Stored


def read_stored(store: SecretStore, name: str) -> Stored | None:
    """Return the secret, without content when it is scheduled for deletion; None when there is none.

    The version that the description calls current is read by its id, so that both are of one moment.
    """
    description = store.read_description(name)
    if description is None:
        return None
    if description.deleted is not None:
        return Stored(description, None)
    value = None if description.current is None else store.read_value(description.arn, description.current)
    if value is None:
        return Stored(description, {})
    return Stored(description, parse_content(name, value), value.created)


def require_readable(description: SecretDescription, remedy: str = "lmx secrets push --restore") -> None:
    """Raise ConfigError, with the date, for a secret that is scheduled for deletion."""
    if description.deleted is not None:
        raise ConfigError(
            f"secret {description.name} is scheduled for deletion ({description.deleted:%Y-%m-%d %H:%M} UTC)",
            hint=f"Bring it back with {remedy}, or name another with --secret-name.",
            code="config.secret_deleted",
        )


def require_ours(description: SecretDescription) -> None:
    """Raise GuardError for a secret that somebody else writes: a service, or a rotation."""
    owner = f"is owned by {description.owning_service}" if description.owning_service else "has rotation turned on"
    if description.owning_service or description.rotates:
        raise GuardError(
            f"secret {description.name} {owner}: another writer would undo or be undone",
            hint="Keep the keys in another secret: --secret-name."
            if description.owning_service
            else "Turn rotation off, or keep the keys in another secret: --secret-name.",
            code="guard.owned_secret",
        )
