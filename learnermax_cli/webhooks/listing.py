"""`webhooks list`: the endpoints at Stripe, whose they are, and the drift of ours."""

from typing import Protocol

from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_unix
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.webhooks.endpoints import EndpointsJob, ListedEndpoints, drift_remedy, read_endpoints
from learnermax_cli.webhooks.model import Endpoint
from learnermax_cli.webhooks.plan_endpoints import find_others

# The events have no column: four of ours fill a line, and differences are drift.
_COLUMNS = ("url", "id", "owner", "enabled", "api_version", "drift")
_MORE = ("ours", "events", "created")


class ListJob(EndpointsJob, StripeJob, Protocol):
    """What a list works with."""


def run_list(job: ListJob, *, exit_code: bool) -> Report:
    """Return the report of all endpoints; drift of ours is a finding."""
    identity = job.stripe_identity
    read = read_endpoints(job)
    environment = job.settings.environment
    ours = [e for e in read.endpoints if e.marker.is_ours(environment)]
    drifts = [
        Finding("endpoint drift", e.url, f"{e.endpoint_id}: " + flaw, drift_remedy(e.url, read, environment))
        for e in ours
        for flaw in read.drift[e.endpoint_id]
    ]
    urls = sorted({e.url for e in ours})
    others = [finding for url in urls for finding in find_others(read.endpoints, url, environment)]
    rows = tuple(_row(e, read, environment) for e in read.endpoints)
    return Report(
        "webhooks list",
        environment,
        Items(rows, _COLUMNS, "No webhook endpoint is registered: " + lmx("webhooks create", "--url", "URL"), _MORE),
        stripe=identity,
        findings=(*drifts, *others),
        warnings=read.warnings,
        pending_exit=exit_code,
    )


def _row(endpoint: Endpoint, read: ListedEndpoints, environment: str) -> dict[str, object]:
    return {
        "url": endpoint.url,
        "id": endpoint.endpoint_id,
        "owner": f"lmx {endpoint.marker.environment}" if endpoint.marker.managed else "other",
        "ours": endpoint.marker.is_ours(environment),
        "enabled": endpoint.enabled,
        "events": list(endpoint.enabled_events),
        "api_version": endpoint.api_version,
        "created": show_unix(endpoint.created),
        "drift": list(read.drift[endpoint.endpoint_id]),
    }
