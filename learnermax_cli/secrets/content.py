"""The secret as jobs read it: its JSON content, whose it is, and the keys at hand."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from learnermax_cli.config.keys import PUSHED_KEYS, SECRET_KEY, parse_stripe_key
from learnermax_cli.config.settings import Flags, Settings
from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import canonical_json
from learnermax_cli.planning.confirm import Job
from learnermax_cli.secrets.model import Content, SecretDescription, SecretStore, SecretValue, Stored

# [doc "Secrets Manager quotas"]
MAX_VALUE_BYTES = 65_536


def parse_content(name: str, value: SecretValue, remedy: str | None = None) -> dict[str, object]:
    """Return the JSON object of a version; raises ConfigError, without the value, for anything else."""
    content: object = None
    flaw = "is binary" if value.text is None else "is not a JSON object"
    if value.text is not None:
        try:
            content = json.loads(value.text.reveal(), parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            flaw = "is not JSON"
    if isinstance(content, dict):
        return content
    raise ConfigError(
        f"the value of secret {name} {flaw}",
        hint=remedy
        or "Make an earlier version current ("
        + lmx("secrets rollback")
        + "), or store a JSON object, at least {}, in the account and region of this run.",
        code="config.secret_content",
    )


def find_stripe_key(value: SecretValue | None, secret_name: str) -> SecretText:
    """Return the STRIPE_SECRET_KEY in a secret; raises ConfigError when the secret or the key in it is missing."""
    if value is None:
        raise _missing(f"no {SECRET_KEY}: it is not configured, and secret {secret_name} does not exist")
    key = parse_content(secret_name, value).get(SECRET_KEY)
    if not isinstance(key, str) or not key:
        raise _missing(f"secret {secret_name} holds no {SECRET_KEY}")
    return SecretText(key)


def canonical_text(content: Content) -> SecretText:
    """Return the canonical JSON of this content; raises ConfigError beyond Secrets Manager's 65,536 bytes."""
    text = canonical_json(dict(content))
    if len(text.encode()) > MAX_VALUE_BYTES:
        raise ConfigError(
            f"the secret would hold {len(text.encode())} bytes, more than {MAX_VALUE_BYTES}",
            hint="Drop keys that do not belong there: " + lmx("secrets push", "--prune"),
            code="config.secret_size",
        )
    return SecretText(text)


def describe_content(content: Content, names: Iterable[str], before: Content | None = None) -> dict[str, object]:
    """Return a word for each name: missing, present, or changed against `before`; no value and no part of one."""
    return {name: _word(name, content, before) for name in sorted(names)}


def describe_value(name: str, value: object) -> str:
    """Return kind and mode of a Stripe key, such as `restricted, test`; nothing of any other value."""
    if not isinstance(value, str):
        return ""
    try:
        key = parse_stripe_key(name, SecretText(value))
    except ConfigError:
        return ""
    return key.kind if key.mode is None else f"{key.kind}, {key.mode}"


def _word(name: str, content: Content, before: Mapping[str, object] | None) -> str:
    if name not in content:
        return "missing"
    changed = before is not None and name in before and before[name] != content[name]
    kind = describe_value(name, content[name])
    return ("changed" if changed else "present") + (f" ({kind})" if kind else "")


def _missing(message: str) -> ConfigError:
    return ConfigError(message, hint="Store it: " + lmx("secrets push"), code="config.key_missing")


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


class SecretsJob(Job, Protocol):
    """What every job on the secret works with."""

    flags: Flags
    environ: Mapping[str, str]

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


def no_secret(name: str) -> ConfigError:
    """Return the failure of a run that needs the secret, where there is none."""
    hint = "Store keys first: " + lmx("secrets push")
    return ConfigError(f"secret {name} does not exist", hint=hint, code="config.secret_missing")


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
