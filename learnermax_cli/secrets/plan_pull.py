"""Decides a pull: which stored keys may be written into an env file, and what changes there; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from learnermax_cli.config.env_file import env_values, with_values
from learnermax_cli.config.keys import PUSHED_KEYS, StripeKey, parse_stripe_key
from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.content import describe_content, new_content
from learnermax_cli.secrets.model import Content

_NOUN = "env file"
_EMPTY = ('""', "null")


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull does to the file: one change or none, its new text, and the keys whose value here would be lost."""

    change: Change | None
    text: str = field(repr=False)
    loses: tuple[str, ...]
    names: tuple[str, ...]


def require_stored_keys(name: str, content: Content) -> dict[str, StripeKey]:
    """Return the Stripe keys of a secret by name; raises ConfigError for none, and for a value that is no key.

    Only these names are read: whoever can write the secret must not be able to set other variables here.
    """
    stored = [(key, content[key]) for key in PUSHED_KEYS if key in content and content[key].json not in _EMPTY]
    if not stored:
        raise ConfigError(
            f"secret {name} holds no Stripe keys", hint="Store them: " + lmx("secrets push"), code="config.key_missing"
        )
    return {
        key: parse_stripe_key(f"{key} in secret {name}", SecretText(value.json if value.text is None else value.text))
        for key, value in stored
    }


def require_test_keys(keys: Iterable[StripeKey], *, allow_live: bool) -> None:
    """Raise GuardError for live keys, unless allowed."""
    if not allow_live and any(key.mode == "live" for key in keys):
        raise GuardError(
            "the secret holds live mode keys, which do not belong in a file by mistake",
            hint="If intended, pass --allow-live.",
            code="guard.live",
        )


def plan_pull(path: Path, text: str | None, wanted: Mapping[str, str]) -> PullPlan:
    """Return the plan that makes a file hold the wanted keys and keeps everything else in it."""
    here = env_values(text or "", path)
    every = [*wanted]
    loses = tuple(name for name, value in wanted.items() if here.get(name) and here[name] != value)
    new_text = with_values(text or "", wanted)
    _require_only_these(path, here, new_text, wanted)
    present, new = new_content({name: value for name, value in here.items() if value}), new_content(wanted)
    if text is None:
        change: Change | None = Change("secret", str(path), "create", None, describe_content(new, every), noun=_NOUN)
    elif here != {**here, **wanted}:
        before, after = describe_content(present, every), describe_content(new, every, present)
        change = Change("secret", str(path), "update", before, after, noun=_NOUN)
    else:
        change = None
    return PullPlan(change, new_text, loses, tuple(wanted))


def _require_only_these(path: Path, before: Mapping[str, str], text: str, wanted: Mapping[str, str]) -> None:
    if env_values(text, path) != {**before, **wanted}:
        raise ConfigError(
            f"env file {path} can't be changed without touching its other lines",
            hint="Its quotes or line ends are unusual; set the keys by hand, or pull into a new file with --env-file.",
            code="config.env_file",
        )
