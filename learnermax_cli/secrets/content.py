"""The JSON object in a secret: parsed, written in canonical form, and described without its values."""

import json
from collections.abc import Iterable, Mapping

from learnermax_cli.config.keys import SECRET_KEY, parse_stripe_key
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import canonical_json
from learnermax_cli.secrets.model import Content, SecretValue

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
