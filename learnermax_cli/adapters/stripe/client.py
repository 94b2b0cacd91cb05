"""Builds the Stripe client of a run, and turns what it raises into errors that people understand."""

import logging
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import stripe

from learnermax_cli.adapters.stripe.http import PATIENT, PacedHttpClient, Patience
from learnermax_cli.adapters.stripe.rate_limiter import DEFAULT_RATE, RateLimiter
from learnermax_cli.config.keys import StripeKey
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import CredentialsError, FailedError, GuardError, LmxError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.urls import is_loopback

_STRIPE_HOST = "api.stripe.com"
# Stripe's refusals name it as 'rak_product_read', newer ones as "Products Read" ('product_read').
_PERMISSION = re.compile(r"'((?:rak_)?[a-z0-9_]+_(?:read|write))'")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+\b")


def build_stripe(
    key: StripeKey, settings: Settings, meter: Meter, debug: Callable[[str], None], patience: Patience = PATIENT
) -> stripe.StripeClient:
    """Return a client that keeps to the rate limit; raises GuardError for a base address where keys must not go."""
    require_stripe_endpoint(settings.stripe_api_base)
    # Telemetry would write an id file to the home folder: a dry run writes nothing.
    stripe.enable_telemetry = False
    # STRIPE_LOG=debug prints request bodies and answers past our own console, signing secrets among them.
    stripe._util.STRIPE_LOG = None  # noqa: SLF001 - read once, at import, with no public switch
    logging.getLogger("stripe").setLevel(logging.CRITICAL)
    # The SDK prints Stripe's notices to test accounts as Python warnings.
    warnings.filterwarnings("ignore", module=r"stripe\b")
    # What is meant for this machine must not pass a proxy in clear text.
    outside = urlsplit(settings.stripe_api_base).scheme == "https"
    limiter = RateLimiter(settings.max_rate or DEFAULT_RATE[str(key.mode)])
    return stripe.StripeClient(
        key.text.reveal(),
        base_addresses={"api": settings.stripe_api_base.rstrip("/")},
        http_client=PacedHttpClient(limiter, meter, debug, patience, through_proxy=outside),
        max_network_retries=0,
    )


def read_account(client: stripe.StripeClient, key: StripeKey) -> str | None:
    """Read the account of a key; a restricted key may not ask (403), then the refusal or the key names it."""
    with stripe_errors("reading the Stripe account"):
        try:
            return client.v1.accounts.retrieve_current().id
        except stripe.PermissionError as refusal:
            named = _ACCOUNT.search(refusal.user_message or "")
            return named.group() if named else key.account


def require_stripe_endpoint(url: str) -> None:
    """Raise GuardError unless a key sent to this URL reaches Stripe over HTTPS, or this machine alone."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        plain = parts.username is None and parts.password is None and not parts.query and parts.path in ("", "/")
    except ValueError:
        scheme, host, port, plain = "", "", None, False
    # What urlsplit drops without a word, an HTTP client may not.
    plain = plain and url.isprintable() and not set(" \\#") & set(url)
    if plain and scheme == "https" and host == _STRIPE_HOST and port is None:
        return
    if plain and scheme in ("http", "https") and is_loopback(host):
        return
    # The URL is not repeated: it may hold a password.
    raise GuardError(
        f"the Stripe key must not go to {f'{scheme}://{host}' if host else 'a malformed address'}, "
        f"only to https://{_STRIPE_HOST} with nothing behind it, or to this machine",
        hint="Unset STRIPE_API_BASE; no flag lifts this.",
        code="guard.endpoint",
    )


@contextmanager
def stripe_errors(doing: str) -> Iterator[None]:
    """Turn what the Stripe SDK raises into one line of what went wrong and one of what to do."""
    try:
        yield
    except stripe.StripeError as error:
        raise translate(doing, error) from error


def named_permission(refusal: stripe.PermissionError) -> str | None:
    """Return the permission that a refusal names, if it does."""
    found = _PERMISSION.search(refusal.user_message or "")
    return found.group(1) if found else None


def translate(doing: str, error: stripe.StripeError) -> LmxError:
    """Return our error for one of the SDK's, judged by type and code."""
    request = f" (request {error.request_id})" if error.request_id else ""
    message = error.user_message or "no message"
    match error:
        case stripe.AuthenticationError():
            # The SDK passes the code of a 401 on in the error object alone [stripe._api_requestor].
            code = error.error.code if error.error else error.code
            what = "has expired" if code == "api_key_expired" else "is not accepted: it may have been revoked"
            return CredentialsError(
                f"the Stripe key {what}, while {doing}{request}",
                hint="Create a new key in the dashboard, set STRIPE_SECRET_KEY to it, then lmx secrets push.",
                code="credentials.stripe",
            )
        case stripe.PermissionError():
            needed = named_permission(error) or "a permission"
            return CredentialsError(
                f"the restricted Stripe key lacks {needed}, while {doing}{request}",
                hint=f"Give the key {needed} in the dashboard, Developers > API keys; the README lists all it needs.",
                code="credentials.permission",
            )
        case stripe.RateLimitError():
            hint = "Wait a minute and run again, or lower LMX_MAX_RATE; running again is safe."
            return FailedError(f"Stripe keeps throttling, while {doing}{request}", hint=hint, code="failed.throttled")
        case stripe.APIConnectionError():
            return FailedError(
                f"no connection to Stripe while {doing}",
                hint="Check network, proxy and STRIPE_API_BASE; running again is safe.",
                code="failed.network",
            )
    return FailedError(
        f"Stripe answered {error.http_status or 'an error'} while {doing}: {message}{request}",
        hint="Running again is safe; if it stays, look the request up in the dashboard's logs.",
        code="failed.stripe",
    )
