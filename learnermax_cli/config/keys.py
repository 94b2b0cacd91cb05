"""Names of Stripe keys and of the table, in one place, and what a key shows: kind, mode, account. No key is shown."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, cast

from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText

Mode = Literal["test", "live"]
KeyKind = Literal["secret", "restricted", "publishable", "webhook"]

SECRET_KEY: Final = "STRIPE_SECRET_KEY"  # noqa: S105 - the name of a key, not a key
PUBLISHABLE_KEY: Final = "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"
WEBHOOK_SECRET: Final = "STRIPE_WEBHOOK_SECRET"  # noqa: S105 - likewise
PREVIOUS_SECRET: Final = "STRIPE_WEBHOOK_SECRET_PREVIOUS"  # noqa: S105 - likewise


def table_name(environment: str = "sandbox") -> str:
    """Return the name of LearnerMax's table in an environment."""
    return f"learnermax-education-{environment}"


class KeyName(NamedTuple):
    """A key that lmx knows: its name in secrets and env files, and the kinds that it may be of."""

    name: str
    kinds: tuple[KeyKind, ...]
    pushed: bool = True
    """Whether `secrets push` stores it and `secrets pull` brings it back."""
    required: bool = False
    """Whether a push needs it."""


KEYS: Final = (
    KeyName(SECRET_KEY, ("secret", "restricted"), required=True),
    KeyName(PUBLISHABLE_KEY, ("publishable",), required=True),
    KeyName(WEBHOOK_SECRET, ("webhook",)),
    # The former signing secret while an endpoint is being replaced; receivers accept both.
    KeyName(PREVIOUS_SECRET, ("webhook",), pushed=False),
)
PUSHED_KEYS: Final = tuple(key.name for key in KEYS if key.pushed)
REQUIRED_KEYS: Final = tuple(key.name for key in KEYS if key.required)
SIGNING_SECRETS: Final = tuple(key.name for key in KEYS if key.kinds == ("webhook",))
ENV_FILE_NAMES: Final = (
    *(key.name for key in KEYS),
    "EDUCATION_TABLE_NAME",
    "FRONTEND_URL",
    "TRANSACTIONAL_EMAIL_TOPIC_ARN",
)
"""What is read from an env file besides the settings that begin with LMX_.

A file in a cloned repository must not be able to send keys elsewhere: it sets no endpoint, profile or state folder.
"""
SECRET_NAMES: Final = (
    *(key.name for key in KEYS if key.kinds != ("publishable",)),
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
)
"""The variables of an environment or env file whose values are never printed."""
_KINDS_OF: Final = {key.name: key.kinds for key in KEYS}

# [doc "API keys"]; rkcs keys belong to sandboxes that the Stripe CLI made and that are not claimed yet.
_KINDS: Final[dict[str, KeyKind]] = {"sk": "secret", "rk": "restricted", "rkcs": "restricted", "pk": "publishable"}
_PREFIXES: Final[dict[KeyKind, str]] = {"secret": "sk_", "restricted": "rk_", "publishable": "pk_", "webhook": "whsec_"}
_API_KEY = re.compile(r"(?P<prefix>sk|rk|rkcs|pk)_(?P<mode>test|live)_(?P<body>[A-Za-z0-9_]{8,247})")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_]{8,247}")
KEY_START: Final = r"(?:sk|rk|rkcs|pk)_(?:test|live)_|whsec_"
"""The pattern of what keys begin with."""
# The dashboard shows a key in part, with dots or the like for the rest, until it is asked for the whole.
_CUT_SHORT = re.compile(rf"(?:{KEY_START})" r"(?:[A-Za-z0-9+/=_]{0,7}|\w*(?:\.{2,}|[*\u2026\u2022]+)\w*)")
# Keys of newer accounts carry the account id without `acct_` behind a leading 5.
_ACCOUNT_PART = re.compile(r"5(?P<part>1[A-Za-z0-9]{15})[A-Za-z0-9]{8,}")
_QUOTES: Final = frozenset("\"'`\u2018\u2019\u201c\u201d")


@dataclass(frozen=True, slots=True)
class StripeKey:
    """A well-formed key and what can be read off it; `mode` is None for a webhook signing secret."""

    name: str
    text: SecretText = field(repr=False)
    kind: KeyKind
    mode: Mode | None
    account_part: str | None

    @property
    def account(self) -> str | None:
        """The account id that the key itself names, if it does."""
        return f"acct_{self.account_part}" if self.account_part else None


def parse_stripe_key(name: str, secret: SecretText) -> StripeKey:
    """Return what a key shows: kind, mode, account; raises ConfigError naming the flaw, never the key."""
    text = secret.reveal()
    flaw = _flaw(text)
    if flaw is not None:
        raise ConfigError(f"{name} {flaw[0]}", hint=flaw[1], code="config.key")
    if text.startswith("whsec_"):
        return StripeKey(name, secret, "webhook", None, None)
    match = _API_KEY.fullmatch(text)
    assert match is not None
    account = _ACCOUNT_PART.fullmatch(match["body"])
    kind = _KINDS[match["prefix"]]
    return StripeKey(name, secret, kind, cast("Mode", match["mode"]), account["part"] if account else None)


def parse_named_key(name: str, secret: SecretText) -> StripeKey:
    """Return what a key of `KEYS` shows; raises ConfigError when it is malformed or of another kind."""
    key, kinds = parse_stripe_key(name, secret), _KINDS_OF[name]
    if key.kind not in kinds:
        wanted = " or ".join(kinds)
        prefixes = " or ".join(_PREFIXES[kind] for kind in kinds)
        raise ConfigError(
            f"{key.name} holds a {key.kind} key, not a {wanted} one",
            hint=f"Copy the right one from the Stripe dashboard: it starts with {prefixes}",
            code="config.key",
        )
    return key


def _flaw(text: str) -> tuple[str, str] | None:
    if not text:
        return "is empty", "Copy the key from the Stripe dashboard."
    if text != text.strip():
        return "has a blank or newline at its start or end", "Remove it: copy the key again without white space."
    if text[0] in _QUOTES or text[-1] in _QUOTES:
        return "is wrapped in quotes", "Remove the quotes around the key."
    if _API_KEY.fullmatch(text) or _WEBHOOK_SECRET.fullmatch(text):
        return None
    if _CUT_SHORT.fullmatch(text):
        return "is cut short", "Copy the whole key from the Stripe dashboard, which shows a part until you reveal it."
    return (
        "is not a Stripe key",
        "Copy it from the Stripe dashboard, Developers > API keys or Webhooks: it starts with whsec_, sk_, rk_ or pk_.",
    )
