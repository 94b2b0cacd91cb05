"""Reads the endpoints at Stripe and the stored signing secrets, and compares ours with what `webhooks create` makes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.remedy import Advice, lmx
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.content import (
    SecretsJob,
    find_text,
    read_stored,
    require_new_name,
    require_ours,
    require_readable,
)
from learnermax_cli.secrets.model import Content, SecretStore
from learnermax_cli.webhooks.model import Endpoint, EndpointGateway, StoredSecrets
from learnermax_cli.webhooks.plan_endpoints import differing_events, is_foreign, ours_at, why_secret
from learnermax_cli.webhooks.plan_url import fits_host

_WRONG_HOST = "the host is not"
REPLACES = f"replaces the stored {WEBHOOK_SECRET}, which is not this endpoint's and is kept as {PREVIOUS_SECRET}"


@dataclass(frozen=True, slots=True)
class Standard:
    """What an endpoint of ours is compared with; `secrets` is None when they could not be read."""

    environment: str
    api_version: str
    frontend_url: str | None
    secrets: StoredSecrets | None


@dataclass(frozen=True, slots=True)
class ListedEndpoints:
    """All endpoints of an account and mode, with the drift of ours; `warnings` name what was not compared."""

    endpoints: Sequence[Endpoint]
    drift: Mapping[str, tuple[str, ...]]
    """Per endpoint id; empty for the endpoints of others."""
    warnings: tuple[str, ...] = ()
    secrets: StoredSecrets | None = None
    """None when they could not be read."""


class EndpointsJob(SecretsJob, Protocol):
    """What the endpoints are read with."""

    @property
    def endpoints(self) -> EndpointGateway: ...


def read_endpoints(job: EndpointsJob) -> ListedEndpoints:
    """Read the endpoints at Stripe and compare ours; raises LmxError when they can't be read."""
    settings = job.settings
    listed = sorted(job.endpoints.list_endpoints(), key=lambda e: (e.url, e.created, e.endpoint_id))
    secrets: StoredSecrets | None = None
    warnings: tuple[str, ...] = ()
    try:
        secrets = read_stored_secrets(job.secret_store, settings.secret_name)
    except LmxError as error:
        warnings = (f"signing secrets were not compared: {error.message}",)
    standard = Standard(settings.environment, job.endpoints.api_version, settings.frontend_url, secrets)
    return ListedEndpoints(listed, {e.endpoint_id: find_drift(e, listed, standard) for e in listed}, warnings, secrets)


def read_stored_secrets(store: SecretStore, name: str) -> StoredSecrets:
    """Read the stored signing secrets; raises LmxError when the secret can't be read, or not be written either."""
    stored = read_stored(store, name)
    if stored is None:
        require_new_name(name)
        return StoredSecrets(exists=False)
    require_ours(stored.description)
    require_readable(stored.description)
    content = stored.content or {}
    return StoredSecrets(_secret(content, WEBHOOK_SECRET), _secret(content, PREVIOUS_SECRET), stored.created)


def find_drift(endpoint: Endpoint, listed: Sequence[Endpoint], standard: Standard) -> tuple[str, ...]:
    """Return what differs from what `webhooks create` makes; nothing for the endpoints of others."""
    if not endpoint.marker.is_ours(standard.environment):
        return ()
    found = _state_drift(endpoint, standard)
    ours = ours_at(listed, endpoint.url, standard.environment)
    again = ""
    if standard.secrets is not None and is_foreign(ours, standard.secrets):
        again = f" (registering it again {REPLACES})"
    if standard.secrets is not None and (flaw := why_secret(endpoint, standard.secrets)):
        found.append(flaw + again)
    if len(ours) > 1:
        found.append(f"two of ours at this URL: a replacement is not finished{again}")
    return tuple(found)


def drift_remedy(url: str, read: ListedEndpoints, environment: str) -> Advice:
    """Return the command that settles a drift: what is at the wrong host is deleted, all else is registered again."""
    flaws = (flaw for e in ours_at(read.endpoints, url, environment) for flaw in read.drift[e.endpoint_id])
    if any(flaw.startswith(_WRONG_HOST) for flaw in flaws):
        return lmx("webhooks delete", "--url", url)
    return create_again(url, ours_at(read.endpoints, url, environment), read.secrets)


def create_again(url: str, ours: Sequence[Endpoint], secrets: StoredSecrets | None) -> Advice:
    """Return the command that registers an endpoint, with the answer to its question where it replaces a secret."""
    answer = ("--yes",) if secrets is not None and is_foreign(ours, secrets) else ()
    return lmx("webhooks create", "--url", url, *answer)


def _state_drift(endpoint: Endpoint, standard: Standard) -> list[str]:
    found = [] if endpoint.enabled else ["disabled"]
    missing, extra = differing_events(endpoint)
    if missing:
        found.append(f"events missing: {', '.join(missing)}")
    if extra:
        found.append(f"events not handled: {', '.join('all' if event == '*' else event for event in extra)}")
    if endpoint.api_version != standard.api_version:
        found.append(f"API version {endpoint.api_version or 'of the account'}, not {standard.api_version}")
    if not fits_host(endpoint.url, standard.frontend_url, standard.environment):
        found.append(f"{_WRONG_HOST} environment {standard.environment}'s")
    return found


def _secret(content: Content, name: str) -> SecretText | None:
    value = find_text(content, name)
    return SecretText(value) if value else None
