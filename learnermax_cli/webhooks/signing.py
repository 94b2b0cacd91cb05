"""The signing secrets that deliveries are checked against: configured, else from the secret, kept for some minutes."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from learnermax_cli.errors import ConfigError
from learnermax_cli.secret_text import SecretText
from learnermax_cli.secrets.content import parse_content
from learnermax_cli.secrets.model import WEBHOOK_SECRET, SecretStore
from learnermax_cli.webhooks.clock import Clock
from learnermax_cli.webhooks.model import PREVIOUS_SECRET

if TYPE_CHECKING:
    from learnermax_cli.app import App

MAX_AGE = timedelta(minutes=5)
"""After this long the secrets are read again in any case."""
REREAD_AFTER = timedelta(minutes=1)
"""After this long they are read again when a signature does not fit: they may have been replaced."""
_NAMES = (WEBHOOK_SECRET, PREVIOUS_SECRET)


class CachedSecrets:
    """The present signing secret and, during a roll, the one before; threads may share it."""

    def __init__(self, read: Callable[[], Sequence[SecretText]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: Sequence[SecretText] = ()
        self._read_at: datetime | None = None

    def current(self) -> Sequence[SecretText]:
        """Return the secrets, at most five minutes old; raises LmxError when they can't be read."""
        return self._younger_than(MAX_AGE, self._clock.now)

    def after_misfit(self) -> Sequence[SecretText]:
        """Return the secrets, at most a minute old: for a signature that did not fit; raises LmxError as `current`."""
        return self._younger_than(REREAD_AFTER, self._clock.fresh)

    def _younger_than(self, age: timedelta, ask: Callable[[], datetime]) -> Sequence[SecretText]:
        with self._lock:  # whoever comes meanwhile waits for this reading instead of making another
            now = ask()
            # A clock that was set back tells nothing of the age.
            if self._read_at is None or not timedelta(0) <= now - self._read_at < age:
                self._kept = self._read()
                self._read_at = now
            return self._kept


def build_cached_secrets(app: "App", clock: Clock) -> CachedSecrets:
    """Return the signing secrets of an app: from environment or env file where they are set there, else stored ones."""
    values, name = app.settings.values, app.settings.secret_name
    fixed = tuple(SecretText(values[key]) for key in _NAMES if values.get(key))
    if fixed:
        return CachedSecrets(lambda: fixed, clock)
    store = app.secret_store
    return CachedSecrets(lambda: read_accepted(store, name), clock)


def read_accepted(store: SecretStore, secret_name: str) -> Sequence[SecretText]:
    """Return the stored signing secrets; raises ConfigError when there is none."""
    value = store.read_value(secret_name)
    content = {} if value is None else parse_content(secret_name, value)
    found = tuple(SecretText(text) for key in _NAMES if isinstance(text := content.get(key), str) and text)
    if not found:
        raise ConfigError(
            f"there is no {WEBHOOK_SECRET}, neither configured nor in secret {secret_name}",
            hint="Register the endpoint: lmx webhooks create --url URL",
            code="config.webhook_secret",
        )
    return found
