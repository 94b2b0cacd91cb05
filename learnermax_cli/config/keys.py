"""What a Stripe key says of itself: its kind, its mode and, in current keys, its account. No key is ever shown."""

import re
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from learnermax_cli.config.settings import Mode
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText

KeyKind = Literal["secret", "restricted", "publishable", "webhook"]

# [doc "API keys"]; rkcs keys belong to sandboxes that the Stripe CLI made and nobody has claimed yet.
_KINDS: Final[dict[str, KeyKind]] = {"sk": "secret", "rk": "restricted", "rkcs": "restricted", "pk": "publishable"}
_PREFIXES: Final[dict[KeyKind, str]] = {"secret": "sk_", "restricted": "rk_", "publishable": "pk_", "webhook": "whsec_"}
_API_KEY = re.compile(r"(?P<prefix>sk|rk|rkcs|pk)_(?P<mode>test|live)_(?P<body>[A-Za-z0-9_]{8,247})")
_WEBHOOK_SECRET = re.compile(r"whsec_[A-Za-z0-9+/=_]{8,247}")
# The dashboard shows a key in part, with dots or the like for the rest, until it is asked for the whole.
_CUT_SHORT = re.compile(
    r"(?:(?:sk|rk|rkcs|pk)_(?:test|live)_|whsec_)(?:[A-Za-z0-9+/=_]{0,7}|\w*(?:\.{2,}|[*\u2026\u2022]+)\w*)"
)
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
    """Return what a key says of itself; raises ConfigError naming the flaw, never the key."""
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


def require_kind(key: StripeKey, kinds: tuple[KeyKind, ...]) -> StripeKey:
    """Return the key; raises ConfigError when it is of none of these kinds."""
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
