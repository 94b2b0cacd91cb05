"""Values that must never become text: a wrapper that masks itself, and a scrubber for all that is printed."""

import re
from typing import Final

MASK: Final = "***"

# Stripe's documented prefixes [doc "API keys"]; publishable keys are public and stay readable.
_KEY_PATTERN = re.compile(r"(?<![A-Za-z0-9])((?:sk|rk|rkcs)_(?:test|live)_|whsec_)[A-Za-z0-9+/=_*.\-]+")


class SecretText:
    """A secret string; only `reveal` gives it away."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the secret itself, for the one call that needs it."""
        return self._value

    def __str__(self) -> str:
        return MASK

    def __repr__(self) -> str:
        return f"SecretText({MASK})"

    def __format__(self, spec: str) -> str:
        return MASK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SecretText):
            return NotImplemented
        import hmac

        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(("SecretText", self._value))

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a SecretText is not serialised")


def scrub(text: str) -> str:
    """Mask anything that looks like a Stripe key or signing secret: the last line of defence before output."""
    return _KEY_PATTERN.sub(lambda match: match.group(1) + MASK, text)
