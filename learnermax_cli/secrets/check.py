"""Checks Stripe keys before anything is written: name, kind, mode, account; pure, and no message shows a key."""

from collections.abc import Mapping
from dataclasses import dataclass

from learnermax_cli.config.keys import (
    PUBLISHABLE_KEY,
    REQUIRED_KEYS,
    SECRET_KEY,
    WEBHOOK_SECRET,
    Mode,
    StripeKey,
    parse_named_key,
)
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText


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


def require_keys(values: Mapping[str, str], source: str) -> PushKeys:
    """Return the keys of a place; raises ConfigError for missing, malformed and contradicting ones."""
    missing = [name for name in REQUIRED_KEYS if not values.get(name)]
    if missing:
        raise ConfigError(
            f"{' and '.join(missing)} missing in {source}",
            hint="All keys are taken from one place: put them there, or name another file with --env-file.",
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


def _parse(values: Mapping[str, str], name: str) -> StripeKey:
    return parse_named_key(name, SecretText(values[name]))
