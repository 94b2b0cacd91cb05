"""The JSON object in a secret: read, written in canonical form, and told in words that give no value away."""

import json
from collections.abc import Iterable, Mapping

from learnermax_cli.config.keys import parse_stripe_key
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import canonical_json
from learnermax_cli.secrets.model import Content, SecretValue

# [doc "Secrets Manager quotas"]
MAX_VALUE_BYTES = 65_536


def parse_content(name: str, value: SecretValue, remedy: str | None = None) -> dict[str, object]:
    """Return the JSON object of a version; raises ConfigError, which shows nothing of it, for anything else."""
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
        or "Make an earlier version current (lmx secrets rollback), or put a JSON object there, {} at least, in the "
        "account and region that this run worked in.",
        code="config.secret_content",
    )


def canonical_text(content: Content) -> SecretText:
    """Return the one text that stands for this content; raises ConfigError beyond Secrets Manager's 65,536 bytes."""
    text = canonical_json(dict(content))
    if len(text.encode()) > MAX_VALUE_BYTES:
        raise ConfigError(
            f"the secret would hold {len(text.encode())} bytes, more than {MAX_VALUE_BYTES}",
            hint="Drop keys that do not belong there: lmx secrets push --prune.",
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
    told = describe_value(name, content[name])
    return ("changed" if changed else "present") + (f" ({told})" if told else "")


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")
