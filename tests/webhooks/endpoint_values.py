"""Endpoints and stored secrets as values, for the pure core."""

from typing import Any

from learnermax_cli.core.ownership import Marker
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.model import EVENTS, Endpoint, StoredSecrets, fingerprint
from learnermax_cli.webhooks.plan_endpoints import Wanted

URL = "https://api.learnermax.example/api/webhooks/stripe"
VERSION = "2026-10-28.endive"
NEW, OLD, GONE = (SecretText("whsec_" + word * 8) for word in ("new", "old", "gone"))
STORED = StoredSecrets(NEW, OLD)


def endpoint(endpoint_id: str = "we_1", secret: SecretText | None = NEW, **fields: Any) -> Endpoint:
    """Return an endpoint of ours whose signing secret was stored, None: was not; `fields` replace its own."""
    own: dict[str, Any] = {
        "url": URL,
        "enabled": True,
        "enabled_events": EVENTS,
        "api_version": VERSION,
        "created": int(endpoint_id.rpartition("_")[2]),
        "marker": Marker(managed=True, environment="preview"),
        "stored": None if secret is None else fingerprint(secret),
    }
    return Endpoint(endpoint_id, **{**own, **fields})


def foreign(endpoint_id: str = "we_9", **fields: Any) -> Endpoint:
    """Return an endpoint that somebody made by hand."""
    return endpoint(endpoint_id, None, **{"marker": Marker(managed=False, environment=None), **fields})


def wanted(**fields: Any) -> Wanted:
    """Return what `webhooks create` is asked for."""
    return Wanted(URL, "preview", VERSION, "learnermax/stripe-keys", **fields)
