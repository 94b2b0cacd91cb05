"""The sandbox's API keys: made in Stripe's shape, so that the account can be read from them as from real ones."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from learnermax_cli.sandbox.stripe_api.ids import random_text

KeyKind = Literal["secret", "publishable", "restricted"]
KeyStatus = Literal["active", "revoked", "expired"]
Mode = Literal["test", "live"]

_PREFIXES: dict[str, str] = {"secret": "sk", "publishable": "pk", "restricted": "rk"}
_ACCOUNT_PREFIX = "acct_"

# What `lmx` needs at least.
LEAST_PERMISSIONS: dict[str, str] = {
    "product": "write",
    "price": "write",
    "checkout_session": "write",
    "payment_link": "write",
    "webhook_endpoint": "write",
    "payment_intent": "read",
    "customer": "read",
    "charge": "read",
    "dispute": "read",
    "event": "read",
}


@dataclass(frozen=True, slots=True)
class Key:
    """One API key; `permissions` (resource to none, read or write) matter for restricted keys only."""

    value: str
    account: str
    mode: Mode
    kind: KeyKind
    permissions: Mapping[str, str] = field(default_factory=dict)
    status: KeyStatus = "active"

    @property
    def livemode(self) -> bool:
        """Return whether the key is one for live data."""
        return self.mode == "live"

    def allows(self, resource: str, write: bool) -> bool:
        """Return whether the key may read or write a resource; writing includes reading."""
        if self.kind != "restricted":
            return self.kind == "secret"
        level = self.permissions.get(resource, "none")
        return level == "write" or (level == "read" and not write)


def new_account_id() -> str:
    """Return a new account id, `acct_1` and 15 letters and digits."""
    return f"{_ACCOUNT_PREFIX}1{random_text(15)}"


def new_key(account: str, mode: Mode, kind: KeyKind, permissions: Mapping[str, str] | None = None) -> Key:
    """Return a new key: prefix, mode, `5`, the account's id without `acct_`, and a random tail."""
    if mode not in get_args(Mode) or kind not in _PREFIXES:
        raise ValueError(f"unknown key: mode={mode!r} kind={kind!r}")
    tail = random_text(82 if kind != "publishable" else 74)
    value = f"{_PREFIXES[kind]}_{mode}_5{account.removeprefix(_ACCOUNT_PREFIX)}{tail}"
    return Key(value, account, mode, kind, permissions or {})


class KeyRing:
    """All keys: those of the default account, which a reset keeps, and added ones."""

    def __init__(self) -> None:
        self.account = new_account_id()
        modes: tuple[Mode, ...] = ("test", "live")
        self._defaults = [
            key
            for mode in modes
            for key in (
                new_key(self.account, mode, "secret"),
                new_key(self.account, mode, "publishable"),
                new_key(self.account, mode, "restricted", LEAST_PERMISSIONS),
            )
        ]
        self._lock = threading.Lock()
        self._keys: dict[str, Key] = {}
        self.reset()

    def reset(self) -> None:
        """Drop the added keys and make the default ones active again."""
        with self._lock:
            self._keys = {key.value: key for key in self._defaults}

    def all(self) -> tuple[Key, ...]:
        """Return all keys, the default ones first."""
        with self._lock:
            return tuple(self._keys.values())

    def default(self, mode: Mode, kind: KeyKind) -> Key:
        """Return a key of the default account."""
        return next(key for key in self._defaults if (key.mode, key.kind) == (mode, kind))

    def find(self, value: str) -> Key | None:
        """Return the key with that value, or None."""
        with self._lock:
            return self._keys.get(value)

    def add(self, key: Key) -> Key:
        """Add a key."""
        with self._lock:
            self._keys[key.value] = key
        return key

    def set_status(self, value: str, status: KeyStatus) -> Key:
        """Set a key to active, revoked or expired; raises ValueError when there is no such key or status."""
        if status not in get_args(KeyStatus):
            raise ValueError(f"unknown status: {status!r}")
        with self._lock:
            if value not in self._keys:
                raise ValueError("no such key")
            self._keys[value] = replace(self._keys[value], status=status)
            return self._keys[value]
