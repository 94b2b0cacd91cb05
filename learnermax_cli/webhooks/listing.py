"""`webhooks list`: the endpoints at Stripe, whose they are, and what drifted about ours."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import LmxError
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.webhooks.endpoint_drift import Standard, find_drift
from learnermax_cli.webhooks.endpoint_model import Endpoint
from learnermax_cli.webhooks.plan_endpoints import find_others, is_ours
from learnermax_cli.webhooks.stored_secrets import StoredSecrets, read_stored_secrets

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

# The events are in the JSON alone: four of ours fill a line, and what is wrong with them is drift.
_COLUMNS = ("url", "id", "owner", "enabled", "api_version", "drift")


@dataclass(frozen=True, slots=True)
class ListedEndpoints:
    """All endpoints of an account and mode, with what drifted about ours; `warnings` tell what was not compared."""

    endpoints: Sequence[Endpoint]
    drift: Mapping[str, tuple[str, ...]]
    """Per endpoint id; empty for the endpoints of others."""
    warnings: tuple[str, ...] = ()


def read_endpoints(app: "App") -> ListedEndpoints:
    """Read the endpoints at Stripe and measure ours; raises LmxError when Stripe does not tell them."""
    listed = sorted(app.endpoints.list_endpoints(), key=lambda e: (e.url, e.created, e.endpoint_id))
    secrets, warnings = _read_secrets(app)
    settings = app.settings
    standard = Standard(settings.environment, app.endpoints.api_version, settings.frontend_url, secrets)
    return ListedEndpoints(listed, {e.endpoint_id: find_drift(e, listed, standard) for e in listed}, warnings)


def run_list(app: "App", *, exit_code: bool) -> Report:
    """Return the report of all endpoints; drift of ours is a finding."""
    identity = app.stripe_identity
    read = read_endpoints(app)
    environment = app.settings.environment
    ours = [e for e in read.endpoints if is_ours(e, environment)]
    drifts = [
        Finding("endpoint drift", e.url, f"{e.endpoint_id}: {flaw}") for e in ours for flaw in read.drift[e.endpoint_id]
    ]
    urls = sorted({e.url for e in ours})
    others = [finding for url in urls for finding in find_others(read.endpoints, url, environment)]
    rows = tuple(_row(e, read, environment) for e in read.endpoints)
    return Report(
        "webhooks list",
        environment,
        Items(rows, _COLUMNS, "No webhook endpoint is registered: lmx webhooks create --url URL"),
        stripe=identity,
        findings=(*drifts, *others),
        warnings=read.warnings,
        pending_exit=exit_code,
    )


def _read_secrets(app: "App") -> tuple[StoredSecrets | None, tuple[str, ...]]:
    try:
        return read_stored_secrets(app.secret_store, app.settings.secret_name), ()
    except LmxError as error:
        return None, (f"signing secrets were not compared: {error.message}",)


def _row(endpoint: Endpoint, read: ListedEndpoints, environment: str) -> dict[str, object]:
    return {
        "url": endpoint.url,
        "id": endpoint.endpoint_id,
        "owner": f"lmx {endpoint.environment}" if endpoint.managed else "other",
        "ours": is_ours(endpoint, environment),
        "enabled": endpoint.enabled,
        "events": list(endpoint.enabled_events),
        "api_version": endpoint.api_version,
        "created": datetime.fromtimestamp(endpoint.created, UTC).isoformat().replace("+00:00", "Z"),
        "drift": list(read.drift[endpoint.endpoint_id]),
    }
