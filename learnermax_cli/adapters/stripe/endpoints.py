"""Webhook endpoints at Stripe; implements `webhooks.model.EndpointGateway`."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors, translate
from learnermax_cli.adapters.stripe.lists import list_raw
from learnermax_cli.adapters.stripe.writes import MAX_ATTEMPTS, idempotency_keys, is_replayed, is_server_failure
from learnermax_cli.core.errors import FailedError, GuardError, LmxError
from learnermax_cli.core.ownership import MANAGED_BY
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.endpoint_model import MAX_ENDPOINTS, Endpoint, EndpointGoneError, NewEndpoint
from learnermax_cli.webhooks.model import SESSION_EVENTS

if TYPE_CHECKING:
    from stripe.params import WebhookEndpointCreateParams

_PATH = "/v1/webhook_endpoints"
_STORED = "secretStored"


class StripeEndpoints:
    """Makes, marks, mends and deletes endpoints; a signing secret leaves this class only as SecretText."""

    api_version = str(stripe.api_version)

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_endpoints(self) -> list[Endpoint]:
        """Read all endpoints, the newest first."""
        return [_endpoint(raw) for page in list_raw(self._client, _PATH) for raw in page]

    def create_endpoint(self, url: str, environment: str, replaces: Sequence[str]) -> NewEndpoint:
        """Make an endpoint, and return it with its secret, which only this answer and its replays tell."""
        params = _create_params(url, environment, self.api_version)
        for key in idempotency_keys("endpoint", {**params, "replaces": sorted(replaces)}):
            try:
                created = self._client.v1.webhook_endpoints.create(params, {"idempotency_key": key})
            except stripe.InvalidRequestError as error:
                raise self._refused(url, error) from error
            except stripe.StripeError as error:
                if not (isinstance(error, stripe.APIError) and is_server_failure(error)):
                    raise translate(f"registering {url}", error) from error
                # It may have been made all the same, and nobody will ever know its secret.
                self._delete_unknown(url, environment, replaces)
                continue
            # A replayed answer is not the present: the endpoint may have been deleted since.
            if not is_replayed(created) or self._is_there(created.id):
                assert created.last_response is not None
                raw = cast("dict[str, Any]", created.last_response.data)
                return NewEndpoint(_endpoint(raw), SecretText(raw["secret"]))
        raise _will_not(f"register {url}")

    def mark_stored(self, endpoint_id: str, fingerprint: str) -> None:
        """Note the fingerprint in the metadata; what else is in there stays."""
        self._update(endpoint_id, {"metadata": {_STORED: fingerprint}})

    def mend_endpoint(self, endpoint_id: str) -> None:
        """Enable an endpoint for exactly the session events."""
        self._update(endpoint_id, {"disabled": False, "enabled_events": list(SESSION_EVENTS)})

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is gone already is fine."""
        self._insist(f"delete {endpoint_id}", lambda: self._client.v1.webhook_endpoints.delete(endpoint_id))

    def _update(self, endpoint_id: str, params: Mapping[str, Any]) -> None:
        def update() -> object:
            return self._client.v1.webhook_endpoints.update(endpoint_id, cast("Any", params))

        if not self._insist(f"update {endpoint_id}", update):
            raise EndpointGoneError(
                f"endpoint {endpoint_id} was deleted meanwhile", hint="Run it again.", code="failed.endpoint_gone"
            )

    def _insist(self, doing: str, write: Callable[[], object]) -> bool:
        """Write until Stripe takes it; returns False when there is no such endpoint."""
        for _ in range(MAX_ATTEMPTS):
            try:
                write()
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing" or error.http_status == 404:
                    return False
                raise translate(f"trying to {doing}", error) from error
            except stripe.StripeError as error:
                if not (isinstance(error, stripe.APIError) and is_server_failure(error)):
                    raise translate(f"trying to {doing}", error) from error
            else:
                return True
        raise _will_not(doing)

    def _is_there(self, endpoint_id: str) -> bool:
        with stripe_errors(f"reading {endpoint_id}"):
            try:
                self._client.raw_request("get", f"{_PATH}/{endpoint_id}")
            except stripe.InvalidRequestError as error:
                if error.code == "resource_missing" or error.http_status == 404:
                    return False
                raise
        return True

    def _delete_unknown(self, url: str, environment: str, known: Sequence[str]) -> None:
        for endpoint in self.list_endpoints():
            ours = endpoint.managed and endpoint.environment == environment and endpoint.url == url
            if ours and endpoint.stored is None and endpoint.endpoint_id not in known:
                self.delete_endpoint(endpoint.endpoint_id)

    def _refused(self, url: str, error: stripe.InvalidRequestError) -> LmxError:
        message = error.user_message or "no message"
        if error.param == "url":
            return FailedError(
                f"Stripe does not take the URL: {message}", hint="Mend --url, and run again.", code="failed.url"
            )
        # The limit has no code of its own, and some accounts have a higher one.
        if error.code is None and error.param is None and len(self.list_endpoints()) >= MAX_ENDPOINTS:
            return GuardError(
                f"Stripe takes no further webhook endpoint: {message}",
                hint="Delete one that nobody needs (lmx webhooks list, lmx webhooks delete, or Stripe's dashboard).",
                code="guard.endpoint_limit",
            )
        return translate(f"registering {url}", error)


def _create_params(url: str, environment: str, api_version: str) -> "WebhookEndpointCreateParams":
    params: dict[str, Any] = {
        "url": url,
        "enabled_events": list(SESSION_EVENTS),
        "api_version": api_version,
        "description": f"LearnerMax {environment}: payments of courses. Made by lmx.",
        "metadata": {"managedBy": MANAGED_BY, "environment": environment},
    }
    return cast("WebhookEndpointCreateParams", params)


def _endpoint(raw: Mapping[str, Any]) -> Endpoint:
    metadata = raw.get("metadata") or {}
    return Endpoint(
        endpoint_id=raw["id"],
        url=raw["url"],
        enabled=raw["status"] == "enabled",
        enabled_events=tuple(raw["enabled_events"]),
        api_version=raw.get("api_version"),
        created=raw["created"],
        managed=metadata.get("managedBy") == MANAGED_BY,
        environment=metadata.get("environment"),
        stored=metadata.get(_STORED),
        metadata=metadata,
    )


def _will_not(doing: str) -> FailedError:
    return FailedError(
        f"Stripe failed {MAX_ATTEMPTS} times to {doing}", hint="Running again is safe.", code="failed.stripe"
    )
