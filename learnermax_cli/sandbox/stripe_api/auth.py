"""Authenticates a request: API keys, permissions of restricted keys, API version [doc API keys]."""

import base64
import binascii
from typing import Literal

import stripe
from stripe.params import WebhookEndpointCreateParams

from learnermax_cli.sandbox.stripe_api.errors import ErrorBody, StripeApiError, invalid, not_permitted
from learnermax_cli.sandbox.stripe_api.keys import Key, KeyRing
from learnermax_cli.sandbox.stripe_api.schema import spec_of

API_VERSION: str = stripe.api_version
# Those that an endpoint may be pinned to are all that were released before the SDK was; previews are not among them.
_RELEASED = frozenset(spec_of(WebhookEndpointCreateParams).fields["api_version"].literals)

# Resource, as keys of the sandbox name it, to what Stripe's dashboard and its refusals call it.
_PERMISSIONS = {
    "account": ("Accounts KYC Basic", "accounts_kyc_basic"),
    "charge": ("Charges and Refunds", "charge"),
    "payment_intent": ("PaymentIntents", "payment_intent"),
    "price": ("Prices", "plan"),
    "payment_link": ("Payment Links", "payment_links"),
    "webhook_endpoint": ("Webhook Endpoints, Event Destinations", "webhook"),
}
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="Stripe"'}
_NO_KEY = (
    "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth "
    "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See https://stripe.com/docs/api#authentication for details, or we "
    "can help at https://support.stripe.com/."
)
_PUBLISHABLE = (
    "This API call cannot be made with a publishable API key. Please use a secret API key. You can find a list of your "
    "API keys at https://dashboard.stripe.com/account/apikeys."
)


def authenticate(authorization: str, keys: KeyRing) -> Key:
    """Return the key of a request; raises 401 for none, an unknown, revoked or expired one, 403 for a publishable."""
    value = _presented(authorization)
    if not value:
        raise _unauthorized(_NO_KEY)
    key = keys.find(value)
    if key is None or key.status == "revoked":
        raise _unauthorized(f"Invalid API Key provided: {masked(value)}")
    if key.status == "expired":
        raise _unauthorized(f"Expired API Key provided: {masked(value)}", "api_key_expired")
    if key.kind == "publishable":
        raise not_permitted(_PUBLISHABLE, "secret_key_required")
    return key


def require_permission(key: Key, resource: str, write: bool) -> None:
    """Raise the 403 that names the account and the missing permission; no restricted key may read the account."""
    if key.kind == "secret" or (resource != "account" and key.allows(resource, write)):
        return
    level: Literal["Write", "Read"] = "Write" if write else "Read"
    title, name = _PERMISSIONS.get(resource, (resource.replace("_", " ").title() + "s", resource))
    raise not_permitted(
        f"Permission denied. The provided key '{masked(key.value)}' does not have the required permissions for this "
        f"endpoint on account '{key.account}'. Enabling \"{title} {level}\" ('{name}_{level.lower()}') permissions on "
        "this key would allow this request to continue."
    )


def require_account(key: Key, account: str) -> None:
    """Raise the 403 for an account that is not the key's own."""
    if account != key.account:
        raise not_permitted(
            f"The provided key '{masked(key.value)}' does not have access to account '{account}' (or that account does "
            "not exist). Application access may have been revoked.",
            "account_invalid",
        )


def read_version(version: str | None) -> str:
    """Return the API version that a request names, by default the account's, which is the one that the SDK pins.

    Raises 400 for one that was never released. Parameters and answers are those of `API_VERSION` whatever is named.
    """
    if version is not None and version not in _RELEASED:
        raise invalid(f"Invalid Stripe API version: {version}")
    return version or API_VERSION


def masked(value: str) -> str:
    """Return a key as Stripe shows it in errors: prefix and mode, stars, the last four characters."""
    if len(value) <= 12:
        return "*" * len(value)
    return value[:8] + "*" * (len(value) - 12) + value[-4:]


def _presented(authorization: str) -> str:
    scheme, _, credentials = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return credentials.strip()
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(credentials, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _unauthorized(message: str, code: str | None = None) -> StripeApiError:
    return StripeApiError(ErrorBody(401, message, code=code, headers=_CHALLENGE))
