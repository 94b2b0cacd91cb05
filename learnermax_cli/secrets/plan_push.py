"""Decides a push: finds the keys at hand, checks them, and compares them with what is stored; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from learnermax_cli.config.keys import (
    PUBLISHABLE_KEY,
    PUSHED_KEYS,
    REQUIRED_KEYS,
    SECRET_KEY,
    WEBHOOK_SECRET,
    Mode,
    StripeKey,
    parse_named_key,
)
from learnermax_cli.config.sources import Sources
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.content import canonical_text, describe_content, find_text, new_content
from learnermax_cli.secrets.model import Content

_ONE_PLACE = "All keys come from one place: add them there, or use another file with --env-file."

_FILE = "In the project's directory: cp .env.example .env.local, and fill it in; or name a file with --env-file."
_PROD_FILE = (
    "In the project's directory: cp .env.example .env.prod.local, fill it in, and add --env-file .env.prod.local"
)


@dataclass(frozen=True, slots=True)
class KeySource:
    """The keys at hand, whose values are never shown, and where they are from."""

    name: str
    values: Mapping[str, str] = field(repr=False)
    fixed: bool = False
    """Whether `secrets pull` can't change them: the keys of the running sandbox."""
    not_found: str = ""
    """Where no env file was found, when the keys would be read from it."""
    hint: str = ""
    """How to make that file."""

    def require_keys(self) -> "PushKeys":
        """Return the checked keys; raises ConfigError, which names the env file that was not found."""
        if not self.not_found:
            return require_keys(self.values, self.name)
        return require_keys(self.values, f"{self.name}, and {self.not_found}", self.hint)


def find_keys(sources: Sources) -> KeySource:
    """Return the Stripe keys at hand, all from one place: env file, else running sandbox, else process environment."""
    if sources.sandbox is not None and sources.flags.env_file is None:
        return replace(_only_keys("the running sandbox", sources.sandbox.environment()), fixed=True)
    if sources.env_file is not None:
        return _only_keys(str(sources.env_file.path), sources.env_file.values)
    hint = _PROD_FILE if sources.environment == "prod" else _FILE
    found = _only_keys("the process environment", sources.environ)
    return replace(found, not_found=sources.search.reason, hint=hint)


def _only_keys(name: str, values: Mapping[str, str]) -> KeySource:
    return KeySource(name, {key: values[key] for key in PUSHED_KEYS if values.get(key)})


@dataclass(frozen=True, slots=True)
class PushKeys:
    """The checked keys of one place, both API keys of one mode."""

    secret: StripeKey
    publishable: StripeKey
    webhook: StripeKey | None
    mode: Mode

    def values(self) -> dict[str, str]:
        """Return the keys as the secret holds them."""
        keys = (self.secret, self.publishable, *((self.webhook,) if self.webhook else ()))
        return {key.name: key.text.reveal() for key in keys}


def require_keys(values: Mapping[str, str], source: str, hint: str = _ONE_PLACE) -> PushKeys:
    """Return the keys of a place; raises ConfigError for missing and malformed ones, and for keys of two modes."""
    missing = [name for name in REQUIRED_KEYS if not values.get(name)]
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} missing in {source}",
            hint=hint,
            code="config.key_missing",
        )
    secret, publishable = _parse(values, SECRET_KEY), _parse(values, PUBLISHABLE_KEY)
    webhook = _parse(values, WEBHOOK_SECRET) if values.get(WEBHOOK_SECRET) else None
    if secret.mode is None or secret.mode != publishable.mode:
        raise ConfigError(
            f"{SECRET_KEY} is a {secret.mode} mode key, {PUBLISHABLE_KEY} a {publishable.mode} mode key",
            hint="Copy both from the same page of the Stripe dashboard.",
            code="config.key_mode",
        )
    require_same_account(secret.account, publishable)
    return PushKeys(secret, publishable, webhook, secret.mode)


def require_same_account(account: str | None, publishable: StripeKey) -> None:
    """Raise ConfigError when the publishable key names another account than the secret key's, where both are known."""
    if account and publishable.account and account != publishable.account:
        raise ConfigError(
            f"{SECRET_KEY} belongs to account {account}, {PUBLISHABLE_KEY} to {publishable.account}",
            hint="Copy both from the same account of the Stripe dashboard.",
            code="config.key_account",
        )


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How many keys a push adds, changes, removes and keeps."""

    add: int = 0
    change: int = 0
    remove: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.add} to add, {self.change} to change, {self.remove} to remove, {self.unchanged} unchanged"


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push does: one change or none, the whole new content, and the keys whose stored value would be lost."""

    change: Change | None
    text: SecretText
    names: tuple[str, ...]
    counts: KeyCounts
    loses: tuple[str, ...] = field(default=())


def plan_push(name: str, stored: Content | None, wanted: Mapping[str, str], *, prune: bool) -> PushPlan:
    """Return the plan that makes a secret hold the wanted keys; `stored` is None when there is no secret."""
    before: Content = stored or {}
    other = {key: value for key, value in wanted.items() if find_text(before, key) != value}
    kept = {key: value for key, value in before.items() if key in wanted or not prune}
    after: Content = {**kept, **new_content(other)}
    changed = tuple(sorted(key for key in before if key in after and before[key] != after[key]))
    removed = tuple(sorted(before.keys() - after.keys()))
    added = after.keys() - before.keys()
    counts = KeyCounts(len(added), len(changed), len(removed), len(after) - len(added) - len(changed))
    every = before.keys() | after.keys()
    change = None
    if stored is None:
        change = Change("secret", name, "create", None, describe_content(after, every))
    elif added or changed or removed:
        old, new = describe_content(before, every), describe_content(after, every, before)
        change = Change("secret", name, "update", old, new)
    return PushPlan(change, canonical_text(after), tuple(sorted(after)), counts, (*changed, *removed))


def plan_restore(name: str, deleted: datetime, wanted: Mapping[str, str]) -> PushPlan:
    """Return the plan for a secret that is restored first: its content can't be read before."""
    state = f"scheduled for deletion, {deleted:%Y-%m-%d}"
    content = new_content(wanted)
    after = {"state": "restored", **describe_content(content, wanted)}
    change = Change(
        "secret", name, "update", {"state": state}, after, reason="restored first, then compared and merged"
    )
    names = tuple(sorted(wanted))
    return PushPlan(change, canonical_text(content), names, KeyCounts(change=len(names)), loses=names)


def _parse(values: Mapping[str, str], name: str) -> StripeKey:
    return parse_named_key(name, SecretText(values[name]))
