"""Finds the Stripe key that lmx itself works with in the secret."""

from learnermax_cli.config.keys import SECRET_KEY
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.content import parse_content
from learnermax_cli.secrets.model import SecretValue


def find_stripe_key(value: SecretValue | None, secret_name: str) -> SecretText:
    """Return the STRIPE_SECRET_KEY in a secret; raises ConfigError when the secret or the key in it is missing."""
    if value is None:
        raise _missing(f"there is no {SECRET_KEY}, neither configured nor in secret {secret_name}")
    key = parse_content(secret_name, value).get(SECRET_KEY)
    if not isinstance(key, str) or not key:
        raise _missing(f"secret {secret_name} holds no {SECRET_KEY}")
    return SecretText(key)


def _missing(message: str) -> ConfigError:
    return ConfigError(message, hint="Store it: lmx secrets push", code="config.key_missing")
