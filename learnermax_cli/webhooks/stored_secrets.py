"""Which signing secrets are stored, and which endpoint's they are: told by fingerprints, never by value."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.access import read_stored, require_new_name, require_ours, require_readable
from learnermax_cli.secrets.model import Content, SecretStore
from learnermax_cli.webhooks.endpoint_model import Endpoint


@dataclass(frozen=True, slots=True)
class StoredSecrets:
    """The stored signing secrets, since when the version that holds them is there, and whether there is a secret."""

    current: SecretText | None = None
    previous: SecretText | None = None
    since: datetime | None = None
    exists: bool = True

    def is_current_of(self, endpoint: Endpoint) -> bool:
        """Return whether the endpoint signs with the stored secret."""
        return self.current is not None and endpoint.stored == fingerprint(self.current)

    def is_previous_of(self, endpoint: Endpoint) -> bool:
        """Return whether the endpoint signs with the former secret, which receivers still accept."""
        return self.previous is not None and endpoint.stored == fingerprint(self.previous)

    def same_as(self, other: "StoredSecrets") -> bool:
        """Return whether both hold the same secrets."""
        return (self.current, self.previous) == (other.current, other.previous)


def fingerprint(secret: SecretText) -> str:
    """Return what tells signing secrets apart without giving one away: 16 hexadecimal digits of SHA-256."""
    return hashlib.sha256(secret.reveal().encode()).hexdigest()[:16]


def read_stored_secrets(store: SecretStore, name: str) -> StoredSecrets:
    """Read what is stored; raises LmxError when the secret can't be read, or when it could not be written either."""
    stored = read_stored(store, name)
    if stored is None:
        require_new_name(name)
        return StoredSecrets(exists=False)
    require_ours(stored.description)
    require_readable(stored.description)
    content = stored.content or {}
    return StoredSecrets(_secret(content, WEBHOOK_SECRET), _secret(content, PREVIOUS_SECRET), stored.created)


def _secret(content: Content, name: str) -> SecretText | None:
    value = content.get(name)
    return SecretText(value) if isinstance(value, str) and value else None
