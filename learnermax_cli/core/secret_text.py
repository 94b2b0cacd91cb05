"""Values that must never become text: a wrapper that masks itself, and the masks of all that is printed."""

import re
import threading
from collections.abc import Iterator
from functools import cached_property
from typing import Final

MASK: Final = "***"
MIN_LENGTH: Final = 12
"""Of a value that is masked wherever it stands; shorter ones are words, too."""

# Stripe's documented prefixes [doc "API keys"]; publishable keys are public and stay readable.
_API, _SIGNING = "(?:sk|rk|rkcs)_(?:test|live)_", "whsec_"
_PREFIX = f"(?:{_API}|{_SIGNING})"
_PUBLIC = ("pk_test_", "pk_live_")
# After a letter only what is long, for a course may be called risk_test_2; what ends an escape is no letter.
_AFTER = r"(?:(?<![A-Za-z0-9])|(?<=\\[abfnrtv])|(?<=[%x][0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4}))"
_KEY_PATTERN = re.compile(rf"({_AFTER}{_API}|{_API}(?=[A-Za-z0-9]{{20}})|{_SIGNING})[A-Za-z0-9+/=_*.\-]+")
_PLAIN = re.compile("[A-Za-z0-9]+")
_SLASH = r"(?:\\|&#92;)"
_ENTITIES = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}
_CONTROLS = {"\a": "a", "\b": "b", "\f": "f", "\n": "n", "\r": "r", "\t": "t", "\v": "v", "\x1b": "e"}


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


class KnownSecrets:
    """The secrets that a run has read, to be masked in whatever it prints; threads may share it."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self._values: frozenset[str] = frozenset()
        self._known: tuple[_Known, ...] = ()

    def add(self, *values: str | None) -> None:
        """Take secrets; publishable keys, and what is too short to be told from a word, are left out."""
        if self._values.issuperset(values):
            return
        with self._adding:
            new = {v for v in values if v and len(v) >= MIN_LENGTH and not v.startswith(_PUBLIC)} - self._values
            self._values |= new
            # A secret that is a part of another one is masked after it.
            every = (*self._known, *map(_Known, new))
            self._known = tuple(sorted(every, key=lambda known: len(known.value), reverse=True))

    def mask(self, text: str) -> str:
        """Return a text with the known secrets masked, however they are escaped, and all that looks like a key."""
        for known in self._known:
            if known.longest_word in text:
                text = known.pattern.sub(known.mask, text)
        return scrub(text)


class _Known:
    """A secret, and the pattern that finds it as it stands and as JSON, URLs, shells and HTML escape it."""

    def __init__(self, value: str) -> None:
        self.value = value
        prefix = re.match(_PREFIX, value)
        self.mask = (prefix[0] if prefix else "") + MASK  # as `scrub` leaves it, so that both make the same text
        self.longest_word = max(_PLAIN.findall(value), key=len, default="")

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What to look for where the longest word is found, which no escape changes."""
        parts = re.findall(r"[A-Za-z0-9]+|\\+|.", self.value, re.DOTALL)
        return re.compile("".join(part if _PLAIN.match(part) else f"(?:{'|'.join(_forms(part))})" for part in parts))


def _forms(char: str) -> Iterator[str]:
    """Yield patterns of a character as it stands and escaped, also more than once; of backslashes any number."""
    if char[0] == "\\":
        yield rf"(?:{_SLASH}|%(?:25)*5[cC])+"
        return
    yield rf"{_SLASH}*{re.escape(char)}"
    yield "(?i:" + "".join(f"%(?:25)*{byte:02x}" for byte in char.encode(errors="replace")) + ")"
    units = char.encode("utf-16-be", errors="surrogatepass").hex()
    yield "(?i:" + "".join(rf"{_SLASH}+u{units[at : at + 4]}" for at in range(0, len(units), 4)) + ")"
    code = ord(char)
    yield rf"(?i:{_SLASH}+(?:x{code:02x}|u0*{code:x}|0*{code:o})|&#(?:{code}|x0*{code:x});)"
    if char in _ENTITIES:
        yield f"&{_ENTITIES[char]};"
    if char in _CONTROLS:
        yield rf"{_SLASH}+{_CONTROLS[char]}"
    if char == "'":  # as POSIX shells quote it
        yield rf"""'{_SLASH}*"'{_SLASH}*"'|'{_SLASH}+''"""
    if char == " ":
        yield r"\+"
    if char in "@#:":  # as Markdown keeps them from being a mention
        yield f"{char}<!-- -->"


def scrub(text: str) -> str:
    """Mask what looks like a Stripe key or signing secret: the second net, for keys that the run has not read."""
    if "_test_" not in text and "_live_" not in text and "whsec_" not in text:
        return text
    return _KEY_PATTERN.sub(lambda match: match[1] + MASK, text)
