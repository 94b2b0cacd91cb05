"""Webhook endpoints: create, update, delete, list; the signing secret is shown once [doc Webhook endpoints].

Unlike Stripe, which accepts no address of its user's own machine, the sandbox accepts http URLs on loopback in test
mode, since that is where it delivers to, and no other http URLs.
"""

from urllib.parse import urlsplit

from learnermax_cli.sandbox.stripe_api.errors import StripeApiError, invalid, refused
from learnermax_cli.sandbox.stripe_api.ids import new_id, random_text
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.stored import change, stored
from learnermax_cli.sandbox.stripe_api.resources.urls import is_loopback_http
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

KIND = "webhook_endpoint"
MAX_ENDPOINTS = 16
_SECRET_LENGTH = 32


def create(call: Call) -> Object:
    """Make an endpoint; its secret is in this answer alone."""
    params = call.params
    _require_url(params["url"], call.livemode)
    if params.get("connect"):
        raise invalid("The sandbox has no connected accounts: `connect` must be false.", "connect")
    metadata = merge_metadata({}, params.get("metadata"))
    if len(call.data[KIND]) >= MAX_ENDPOINTS:
        mode = "live" if call.livemode else "test"
        raise refused(f"You have reached the maximum of {MAX_ENDPOINTS} {mode} webhook endpoints.")
    endpoint: Object = {
        "id": new_id("we"),
        "object": KIND,
        "api_version": params.get("api_version"),
        "application": None,
        "created": call.now,
        "description": params.get("description") or None,
        "enabled_events": params["enabled_events"],
        "livemode": call.livemode,
        "metadata": metadata,
        "status": "enabled",
        "url": params["url"],
    }
    secret = f"whsec_{random_text(_SECRET_LENGTH)}"
    call.data[KIND].put(endpoint)
    call.data.signing_secrets[endpoint["id"]] = secret
    return {**endpoint, "secret": secret}


def update(call: Call) -> Object:
    """Change an endpoint; its API version stays [SDK `WebhookEndpointUpdateParams`]."""
    endpoint, params = stored(call, KIND), call.params
    if "url" in params:
        _require_url(params["url"], call.livemode)
    changes: Object = {name: params[name] for name in ("description", "enabled_events", "url") if name in params}
    if changes.get("description") == "":
        changes["description"] = None
    if "disabled" in params:
        changes["status"] = "disabled" if params["disabled"] else "enabled"
    return change(call, endpoint, changes)


def delete(call: Call) -> Object:
    """Delete an endpoint; pending deliveries to it are dropped."""
    endpoint = stored(call, KIND)
    call.data[KIND].remove(endpoint["id"])
    call.data.signing_secrets.pop(endpoint["id"])
    return {"id": endpoint["id"], "object": KIND, "deleted": True}


def list_endpoints(call: Call) -> Object:
    """Return a page of endpoints."""
    return list_page(call.data[KIND], KIND, call.params, call.path, lambda _: True)


def _require_url(url: str, livemode: bool) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError as error:
        raise _bad_url(f"Invalid URL: {url}") from error
    if "://" not in url:
        raise _bad_url("Invalid URL: An explicit scheme (such as https) must be provided.")
    if parts.scheme not in ("http", "https") or not host or any(character.isspace() for character in url):
        raise _bad_url(f"Invalid URL: {url}")
    if parts.scheme == "http" and livemode:
        raise _bad_url(f'Invalid URL: {url}. URLs in livemode must begin with "https://"')
    if parts.scheme == "http" and not is_loopback_http(url):
        raise _bad_url("Invalid URL: the sandbox takes http for addresses of this machine alone.")


def _bad_url(message: str) -> StripeApiError:
    return invalid(message, "url", "url_invalid")
