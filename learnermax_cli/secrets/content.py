"""The secret as jobs read it: its JSON content, and whose it is."""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Protocol

from learnermax_cli.config.keys import SECRET_KEY, parse_stripe_key
from learnermax_cli.config.sources import Flags, Sources
from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.confirm import Job
from learnermax_cli.secrets.model import Content, SecretDescription, SecretStore, SecretValue, Stored, StoredValue

# [doc "Secrets Manager quotas"]
MAX_VALUE_BYTES = 65_536
_BLANKS = re.compile(r"[ \t\n\r]*")


def parse_content(name: str, value: SecretValue, remedy: str | None = None) -> Content:
    """Return the JSON object of a version; raises ConfigError, without the value, for anything else."""
    flaw = "is binary" if value.text is None else "is not a JSON object"
    if value.text is not None:
        text = value.text.reveal()
        try:
            text.encode()  # lone surrogates are no text
            if isinstance(_DECODER.decode(text), dict):
                return _read_object(text)
        except (ValueError, RecursionError):
            flaw = "is not JSON"
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
    key = find_text(parse_content(secret_name, value), SECRET_KEY)
    if not key:
        raise _missing(f"secret {secret_name} holds no {SECRET_KEY}")
    return SecretText(key)


def find_text(content: Content, name: str) -> str | None:
    """Return a value of a secret; None when there is none, or it is no text."""
    value = content.get(name)
    return None if value is None else value.text


def find_texts(text: SecretText) -> Iterator[str]:
    """Yield the texts in a secret, those in lists and objects too; the whole of one that is not JSON."""
    waiting: list[object] = [text.reveal()]
    with suppress(ValueError, RecursionError):
        waiting = [_VALUES.decode(text.reveal())]
    while waiting:
        match waiting.pop():
            case str(found):
                yield found
            case list(parts):
                waiting += parts


def new_content(values: Mapping[str, str]) -> Content:
    """Return values as a secret will hold them."""
    pairs = ((name, json.dumps(name), text, json.dumps(text)) for name, text in values.items())
    return {name: StoredValue(text, value, f"{key}:{value}") for name, key, text, value in pairs}


def canonical_text(content: Content) -> SecretText:
    """Return JSON of this content, by name, each value as it stands.

    Raises ConfigError beyond Secrets Manager's 65,536 bytes.
    """
    text = "{" + ",".join(content[name].entry for name in sorted(content)) + "}"
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


def describe_value(name: str, value: str | None) -> str:
    """Return kind and mode of a Stripe key, such as `restricted, test`; nothing of any other value."""
    if value is None:
        return ""
    try:
        key = parse_stripe_key(name, SecretText(value))
    except ConfigError:
        return ""
    return key.kind if key.mode is None else f"{key.kind}, {key.mode}"


def _word(name: str, content: Content, before: Content | None) -> str:
    if name not in content:
        return "missing"
    changed = before is not None and name in before and before[name] != content[name]
    kind = describe_value(name, content[name].text)
    return ("changed" if changed else "present") + (f" ({kind})" if kind else "")


def _missing(message: str) -> ConfigError:
    return ConfigError(message, hint="Store it: " + lmx("secrets push"), code="config.key_missing")


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


# Numbers are not read: Python's have limits that JSON's have not.
_NO_NUMBERS: Any = {"parse_int": len, "parse_float": len, "parse_constant": _refuse_constant}
_DECODER = json.JSONDecoder(**_NO_NUMBERS)
# Of an object the values alone, repeated names included.
_VALUES = json.JSONDecoder(**_NO_NUMBERS, object_pairs_hook=lambda pairs: [value for _, value in pairs])


def _read_object(text: str) -> dict[str, StoredValue]:
    found: dict[str, StoredValue] = {}
    for key, value in _read_entries(text):
        name, entry = _DECODER.decode(key), f"{key}:{value}"
        if name in found:
            entry = f"{found[name].entry},{entry}"
        found[name] = StoredValue(_DECODER.decode(value) if value[0] == '"' else None, value, entry)
    return found


def _read_entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield name and value of each entry of a JSON object as they stand in its text."""
    at = _skip_blanks(text, text.index("{") + 1)
    while text[at] != "}":
        if text[at] == ",":
            at = _skip_blanks(text, at + 1)
        _, end = _DECODER.raw_decode(text, at)
        start = _skip_blanks(text, text.index(":", end) + 1)
        _, stop = _DECODER.raw_decode(text, start)
        yield text[at:end], text[start:stop]
        at = _skip_blanks(text, stop)


def _skip_blanks(text: str, at: int) -> int:
    found = _BLANKS.match(text, at)
    assert found is not None
    return found.end()


class SecretsJob(Job, Protocol):
    """What every job on the secret works with."""

    flags: Flags

    @property
    def sources(self) -> Sources: ...
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
