"""What a secret and its versions are called: names that AWS takes, and version ids made from what they hold."""

import hashlib
import re

from learnermax_cli.core.errors import ConfigError


def version_token(secret: str, text: str, previous: str | None) -> str:
    """Return the id of the version that holds this text after that version: 64 hexadecimal digits of SHA-256."""
    return hashlib.sha256("\n".join((secret, previous or "", text)).encode()).hexdigest()


def require_new_name(name: str) -> None:
    """Raise ConfigError for a name that a new secret can't or shouldn't have [doc CreateSecret]."""
    flaw = None
    if not re.fullmatch(r"[A-Za-z0-9/_+=.@-]{1,512}", name):
        flaw = "may hold 1 to 512 letters, digits and /_+=.@- only"
    elif re.search(r"-[A-Za-z0-9]{6}$", name):
        flaw = "must not end in a hyphen and six characters, as the end of an ARN does"
    if flaw is not None:
        raise ConfigError(
            f"there is no secret {name}, and a new one can't be named so: its name {flaw}",
            hint="Name it otherwise with --secret-name or LMX_STRIPE_SECRET_NAME.",
            code="config.secret_name",
        )
