"""Reads a secret and the keys at hand, and refuses secrets that lmx must not write."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from learnermax_cli.config.keys import PUSHED_KEYS
from learnermax_cli.config.settings import Flags, Settings
from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.planning.confirm import Job
from learnermax_cli.secrets.content import parse_content
from learnermax_cli.secrets.model import SecretDescription, SecretStore, Stored


class SecretsJob(Job, Protocol):
    """What every job on the secret works with."""

    @property
    def secret_store(self) -> SecretStore: ...


def read_stored(store: SecretStore, name: str) -> Stored | None:
    """Return the secret, without content when it is scheduled for deletion; None when it does not exist.

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


def require_readable(description: SecretDescription) -> None:
    """Raise ConfigError, with the date, for a secret that is scheduled for deletion."""
    if description.deleted is not None:
        raise ConfigError(
            f"secret {description.name} is scheduled for deletion ({description.deleted:%Y-%m-%d %H:%M} UTC)",
            hint="Restore it with " + lmx("secrets push", "--restore") + ", or use another with --secret-name.",
            code="config.secret_deleted",
        )


def require_ours(description: SecretDescription) -> None:
    """Raise GuardError for a secret that something else writes: a service, or a rotation."""
    owner = f"is owned by {description.owning_service}" if description.owning_service else "has rotation turned on"
    if description.owning_service or description.rotates:
        raise GuardError(
            f"secret {description.name} {owner}: one writer would overwrite the other",
            hint="Keep the keys in another secret: --secret-name."
            if description.owning_service
            else "Turn rotation off, or keep the keys in another secret: --secret-name.",
            code="guard.owned_secret",
        )


def require_new_name(name: str) -> None:
    """Raise ConfigError for a name that a new secret can't or shouldn't have [doc CreateSecret]."""
    flaw = None
    if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
        flaw = "may hold 1 to 512 letters, digits and /_+=.@- only"
    elif re.search(r"-[A-Za-z0-9]{6}$", name):
        flaw = "must not end in a hyphen and six characters, as the end of an ARN does"
    if flaw is not None:
        raise ConfigError(
            f"secret {name} does not exist, and can't be created: its name {flaw}",
            hint="Use another name with --secret-name or LMX_STRIPE_SECRET_NAME.",
            code="config.secret_name",
        )


def version_token(secret: str, text: str, previous: str | None) -> str:
    """Return the id of the version that holds this text after that version: 64 hexadecimal digits of SHA-256."""
    return hashlib.sha256("\n".join((secret, previous or "", text)).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class KeySource:
    """The keys at hand, whose values are never shown, and where they are from."""

    name: str
    values: Mapping[str, str] = field(repr=False)
    fixed: bool = False
    """Whether `secrets pull` can't change them: the keys of the running sandbox."""


def find_keys(settings: Settings, flags: Flags, environ: Mapping[str, str]) -> KeySource:
    """Return the Stripe keys at hand, all from one place: the env file, else the running sandbox, else `environ`."""
    if settings.sandbox is not None and flags.env_file is None:
        return replace(_only_keys("the running sandbox", settings.sandbox.environment()), fixed=True)
    if settings.env_file is not None:
        return _only_keys(str(settings.env_file.path), settings.env_file.values)
    return _only_keys("the process environment", environ)


def _only_keys(name: str, values: Mapping[str, str]) -> KeySource:
    return KeySource(name, {key: values[key] for key in PUSHED_KEYS if values.get(key)})
