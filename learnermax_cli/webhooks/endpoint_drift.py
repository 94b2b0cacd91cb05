"""What drifted about the endpoints at Stripe: events, version, disabled, host, signing secret; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from learnermax_cli.webhooks.endpoint_model import Endpoint
from learnermax_cli.webhooks.endpoint_url import fits_host
from learnermax_cli.webhooks.plan_endpoints import differing_events, is_ours, ours_at, why_secret
from learnermax_cli.webhooks.stored_secrets import StoredSecrets


@dataclass(frozen=True, slots=True)
class Standard:
    """What an endpoint of ours is measured by; `secrets` is None where they could not be read."""

    environment: str
    api_version: str
    frontend_url: str | None
    secrets: StoredSecrets | None


def find_drift(endpoint: Endpoint, listed: Sequence[Endpoint], standard: Standard) -> tuple[str, ...]:
    """Return in words what is not as `webhooks create` makes it; nothing for the endpoints of others."""
    if not is_ours(endpoint, standard.environment):
        return ()
    found = [*_state_drift(endpoint, standard), *_secret_drift(endpoint, standard.secrets)]
    if len(ours_at(listed, endpoint.url, standard.environment)) > 1:
        found.append("two of ours at this URL: run lmx webhooks create again to finish what replaced one")
    return tuple(found)


def _state_drift(endpoint: Endpoint, standard: Standard) -> list[str]:
    found = [] if endpoint.enabled else ["disabled"]
    missing, extra = differing_events(endpoint)
    if missing:
        found.append(f"events missing: {', '.join(missing)}")
    if extra:
        found.append(f"events too many: {', '.join('all' if event == '*' else event for event in extra)}")
    if endpoint.api_version != standard.api_version:
        found.append(f"API version {endpoint.api_version or 'of the account'}, not {standard.api_version}")
    if not fits_host(endpoint.url, standard.frontend_url, standard.environment):
        found.append(f"the host is not environment {standard.environment}'s")
    return found


def _secret_drift(endpoint: Endpoint, secrets: StoredSecrets | None) -> list[str]:
    flaw = None if secrets is None else why_secret(endpoint, secrets)
    return [] if flaw is None else [flaw]
