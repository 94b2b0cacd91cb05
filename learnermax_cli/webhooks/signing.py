"""The signing secrets that deliveries are checked against: configured, else from the secret, kept for some minutes."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from learnermax_cli.config.keys import SIGNING_SECRETS, WEBHOOK_SECRET, parse_named_key
from learnermax_cli.core.errors import ConfigError, FailedError, LmxError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.content import SecretsJob, find_text, parse_content
from learnermax_cli.secrets.model import Content, SecretValue

MAX_AGE = timedelta(minutes=5)
"""After this long the secrets are read again in any case."""
REREAD_AFTER = timedelta(minutes=1)
"""After this long they are read again when a signature does not match: they may have been replaced."""
FAILURE_AGE = timedelta(seconds=10)
"""For this long a reading that failed is not tried again."""
PLACES = 8
"""So many deliveries that do not match may wait for a reading, far fewer than a receiver has threads."""


class SigningJob(SecretsJob, Protocol):
    """What the signing secrets are read with."""

    def read_secret(self) -> SecretValue | None:
        """Read the secret's current value; the Stripe key, when it is needed later, is taken from it."""


class CachedSecrets:
    """The present signing secret and, during a roll, the one before; threads may share it."""

    def __init__(self, read: Callable[[], Sequence[SecretText]], now: Callable[[], datetime]) -> None:
        self._read = read
        self._now = now
        self._reading = threading.Lock()
        self._places = threading.BoundedSemaphore(PLACES)
        self._kept: tuple[Sequence[SecretText], datetime] | None = None
        self._failed: tuple[LmxError, datetime] | None = None

    def current(self) -> Sequence[SecretText]:
        """Return the secrets, at most five minutes old; raises LmxError when they can't be read."""
        known = self._known(MAX_AGE, self._now())
        if known is not None:
            return known
        with self._reading:  # no delivery can be checked without secrets, so all wait for one reading
            return self._read_unless_known(MAX_AGE)

    def after_mismatch(self) -> Sequence[SecretText]:
        """Return the secrets, at most a minute old: for a signature that did not match; raises LmxError as `current`.

        Only a few wait for a reading: senders of forged signatures could keep every thread waiting.
        """
        known = self._known(REREAD_AFTER, self._now())
        if known is not None:
            return known
        if not self._places.acquire(blocking=False):
            raise FailedError("the signing secrets are being read", hint="Deliver again.", code="failed.busy")
        try:
            with self._reading:
                return self._read_unless_known(REREAD_AFTER)
        finally:
            self._places.release()

    def _known(self, age: timedelta, now: datetime) -> Sequence[SecretText] | None:
        """Return what is young enough, None when it has to be read; raises what a reading just now has raised."""
        kept, failed = self._kept, self._failed  # other threads replace them
        if kept is not None and _is_younger(kept[1], age, now):
            return kept[0]
        if failed is not None and _is_younger(failed[1], FAILURE_AGE, now):
            raise failed[0].with_traceback(None)  # else it would grow with each time
        return None

    def _read_unless_known(self, age: timedelta) -> Sequence[SecretText]:
        now = self._now()
        known = self._known(age, now)
        if known is not None:
            return known
        try:
            secrets = self._read()
        except LmxError as error:
            self._failed = error, self._now()
            raise
        self._kept, self._failed = (secrets, now), None
        return secrets


def _is_younger(at: datetime, age: timedelta, now: datetime) -> bool:
    # After a clock was set back the age is unknown.
    return timedelta(0) <= now - at < age


def build_cached_secrets(job: SigningJob) -> CachedSecrets:
    """Return the signing secrets of a run: from environment or env file where they are set there, else stored ones.

    Raises ConfigError for a configured one that is none: with it every delivery would be rejected.
    """
    values, name = job.settings.values, job.settings.secret_name
    fixed = tuple(parse_named_key(key, SecretText(values[key])).text for key in SIGNING_SECRETS if values.get(key))
    if fixed:
        return CachedSecrets(lambda: fixed, job.now)
    _ = job.secret_store  # a mismatch with the environment fails before the first delivery
    return CachedSecrets(lambda: find_accepted(job.read_secret(), name), job.now)


def find_accepted(value: SecretValue | None, secret_name: str) -> Sequence[SecretText]:
    """Return the signing secrets in a secret; raises ConfigError when there is none."""
    content: Content = {} if value is None else parse_content(secret_name, value)
    found = tuple(SecretText(text) for key in SIGNING_SECRETS if (text := find_text(content, key)))
    if not found:
        raise ConfigError(
            f"{WEBHOOK_SECRET} is neither configured nor in secret {secret_name}",
            hint="Register the endpoint: " + lmx("webhooks create", "--url", "URL"),
            code="config.webhook_secret",
        )
    return found
