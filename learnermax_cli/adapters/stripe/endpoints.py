"""Webhook endpoints at Stripe; implements `webhooks.model.EndpointGateway`."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as, texts
from learnermax_cli.adapters.stripe.client import stripe_errors, translate
from learnermax_cli.adapters.stripe.reads import is_missing, list_raw, path_id, read_or_none
from learnermax_cli.adapters.stripe.writes import create_once, idempotency_keys, write_until_answered
from learnermax_cli.core.errors import FailedError, GuardError, LmxError
from learnermax_cli.core.ownership import marker, read_marker
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.secret_text import KnownSecrets, SecretText
from learnermax_cli.core.times import unix_time
from learnermax_cli.webhooks.model import EVENTS, MAX_ENDPOINTS, Endpoint, EndpointGoneError, NewEndpoint

if TYPE_CHECKING:
    from stripe.params import WebhookEndpointCreateParams

_PATH = "/v1/webhook_endpoints"
_STORED = "secretStored"


class StripeEndpoints:
    """Creates, marks, fixes and deletes endpoints; a signing secret leaves this class only as SecretText."""

    api_version = str(stripe.api_version)

    def __init__(self, client: stripe.StripeClient, known: KnownSecrets) -> None:
        self._client = client
        self._known = known

    def list_endpoints(self) -> list[Endpoint]:
        """Read all endpoints, the newest first."""
        return [read_as(_endpoint, raw) for page in list_raw(self._client, _PATH) for raw in page]

    def create_endpoint(self, url: str, environment: str, replaces: Sequence[str]) -> NewEndpoint:
        """Create an endpoint and return it with its secret, which only this answer and its replays hold."""
        params = _create_params(url, environment, self.api_version)

        def create(key: str) -> stripe.WebhookEndpoint:
            try:
                return self._client.v1.webhook_endpoints.create(params, {"idempotency_key": key})
            except stripe.InvalidRequestError as error:
                raise self._refused(url, error) from error

        def find(raw: Raw | None) -> NewEndpoint | None:
            if raw is None:
                # It may have been created all the same, and nobody can learn its secret any more.
                self._delete_unknown(url, environment, replaces)
            elif read_or_none(self._client, _PATH, raw["id"]) is not None:
                return read_as(self._new_endpoint, raw)
            return None

        keys = idempotency_keys("endpoint", {**params, "replaces": sorted(replaces)})
        return create_once(f"registering {url}", keys, create, self._new_endpoint, find)

    def mark_stored(self, endpoint_id: str, fingerprint: str) -> None:
        """Write the fingerprint to the metadata; other entries stay."""
        self._update(endpoint_id, {"metadata": {_STORED: fingerprint}})

    def fix_endpoint(self, endpoint_id: str) -> None:
        """Enable an endpoint for exactly the session events."""
        self._update(endpoint_id, {"disabled": False, "enabled_events": list(EVENTS)})

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint, unless it is gone already."""
        self._write(f"deleting {endpoint_id}", lambda: self._client.v1.webhook_endpoints.delete(path_id(endpoint_id)))

    def _new_endpoint(self, raw: Raw) -> NewEndpoint:
        self._known.add(raw["secret"])
        return NewEndpoint(_endpoint(raw), SecretText(raw["secret"]))

    def _update(self, endpoint_id: str, params: Mapping[str, Any]) -> None:
        def update() -> object:
            return self._client.v1.webhook_endpoints.update(path_id(endpoint_id), cast("Any", params))

        if not self._write(f"updating {endpoint_id}", update):
            raise EndpointGoneError(endpoint_id)

    def _write(self, doing: str, write: Callable[[], object]) -> bool:
        """Return False when there is no such endpoint."""
        with stripe_errors(doing):
            try:
                write_until_answered(write)
            except stripe.InvalidRequestError as error:
                if not (is_missing(error) or error.http_status == 404):
                    raise
                return False
        return True

    def _delete_unknown(self, url: str, environment: str, known: Sequence[str]) -> None:
        for endpoint in self.list_endpoints():
            ours = endpoint.marker.is_ours(environment) and endpoint.url == url
            if ours and endpoint.stored is None and endpoint.endpoint_id not in known:
                self.delete_endpoint(endpoint.endpoint_id)

    def _refused(self, url: str, error: stripe.InvalidRequestError) -> LmxError:
        message = error.user_message or "no message"
        if error.param == "url":
            return FailedError(
                f"Stripe rejected the URL: {message}", hint="Fix --url, then run the command again.", code="failed.url"
            )
        # The limit has no code of its own, and some accounts have a higher one.
        if error.code is None and error.param is None and len(self.list_endpoints()) >= MAX_ENDPOINTS:
            return GuardError(
                f"Stripe rejected another webhook endpoint: {message}",
                hint="Delete one that is not needed: see " + lmx("webhooks list") + ", or Stripe's dashboard.",
                code="guard.endpoint_limit",
            )
        return translate(f"registering {url}", error)


def _create_params(url: str, environment: str, api_version: str) -> "WebhookEndpointCreateParams":
    params: dict[str, Any] = {
        "url": url,
        "enabled_events": list(EVENTS),
        "api_version": api_version,
        "description": f"LearnerMax {environment}: payments of courses. Made by lmx.",
        "metadata": marker(environment),
    }
    return cast("WebhookEndpointCreateParams", params)


def _endpoint(raw: Raw) -> Endpoint:
    metadata = raw.get("metadata") or {}
    return Endpoint(
        endpoint_id=raw["id"],
        url=raw["url"],
        enabled=raw["status"] == "enabled",
        enabled_events=texts(raw["enabled_events"]),
        api_version=raw.get("api_version"),
        created=unix_time(raw["created"]),
        marker=read_marker(metadata),
        stored=metadata.get(_STORED),
    )
