"""Builds the Stripe client of a run, translates what it raises into errors with a hint, and asks what doctor asks."""

import logging
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import certifi
import stripe

from learnermax_cli.adapters.network import no_connection
from learnermax_cli.adapters.stripe.answers import AnswerTimeoutError, NoAnswerError, NoConnectionError
from learnermax_cli.adapters.stripe.http import PacedHttpClient
from learnermax_cli.config.keys import StripeKey
from learnermax_cli.core.errors import CredentialsError, FailedError, GuardError, LmxError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import read_http_date
from learnermax_cli.core.urls import is_loopback, split_url

if TYPE_CHECKING:
    from learnermax_cli.doctor.model import Denial, Permission

_STRIPE_HOST = "api.stripe.com"
# Stripe's error messages name it as 'rak_product_read', newer ones as "Products Read" ('product_read').
_PERMISSION = re.compile(r"'((?:rak_)?[a-z0-9_]+_(?:read|write))'")
_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+\b")


def build_stripe(key: StripeKey, api_base: str, http_client: PacedHttpClient) -> stripe.StripeClient:
    """Return a client; raises GuardError for a base address where keys must not go."""
    require_stripe_endpoint(api_base)
    # Telemetry would write an id file to the home folder: a dry run writes nothing.
    stripe.enable_telemetry = False
    stripe.ca_bundle_path = certifi.where()  # as for AWS, not a bundle of the SDK's own
    # STRIPE_LOG=debug prints request bodies and answers past our own console, signing secrets among them.
    stripe._util.STRIPE_LOG = None  # noqa: SLF001 - read once, at import, with no public switch
    logging.getLogger("stripe").setLevel(logging.CRITICAL)
    # The SDK prints Stripe's notices to test accounts as Python warnings.
    warnings.filterwarnings("ignore", module=r"stripe\b")
    return stripe.StripeClient(
        key.text.reveal(),
        base_addresses={"api": api_base.rstrip("/")},
        http_client=http_client,
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
    parts = split_url(url)
    where = "a malformed address"
    if parts is not None and parts.hostname:
        # Not the whole URL: it may hold a password.
        where = f"{parts.scheme}://{parts.hostname}"
        alone = parts.username is None and parts.password is None and not parts.query and parts.path in ("", "/")
        # What urlsplit drops silently, an HTTP client may not.
        alone = alone and url.isprintable() and not set(" \\#") & set(url)
        outside = parts.scheme == "https" and parts.hostname == _STRIPE_HOST and parts.port is None
        if alone and (outside or (parts.scheme in ("http", "https") and is_loopback(parts.hostname))):
            return
    raise GuardError(
        f"the Stripe key must not go to {where}, only to https://{_STRIPE_HOST} without a path, or to this machine",
        hint="Unset STRIPE_API_BASE; no flag lifts this.",
        code="guard.endpoint",
    )


@contextmanager
def stripe_errors(doing: str) -> Iterator[None]:
    """Translate what the Stripe SDK raises: one line of what went wrong, one of what to do."""
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
            why = "it has expired" if code == "api_key_expired" else "it may have been revoked"
            return CredentialsError(
                f"Stripe rejected the key while {doing}: {why}{request}",
                hint="Create a new key in the Dashboard, set STRIPE_SECRET_KEY to it, then run " + lmx("secrets push"),
                code="credentials.stripe",
            )
        case stripe.PermissionError():
            needed = named_permission(error) or "a permission"
            return CredentialsError(
                f"the restricted Stripe key lacks {needed}, needed for {doing}{request}",
                hint=f"Grant the key {needed} in the Dashboard (Developers > API keys); docs/permissions.md lists all.",
                code="credentials.permission",
            )
        case stripe.RateLimitError():
            hint = "Wait a minute, or lower LMX_MAX_RATE, then run the command again."
            return FailedError(
                f"Stripe kept throttling requests while {doing}{request}", hint=hint, code="failed.throttled"
            )
        case stripe.APIConnectionError():
            return _unanswered(doing, error)
    return FailedError(
        f"Stripe answered {error.http_status or 'an error'} while {doing}: {message}{request}",
        hint="Run the command again. If it fails again, look up the request in the Dashboard's logs.",
        code="failed.refused" if isinstance(error, stripe.InvalidRequestError) else "failed.stripe",
    )


def _unanswered(doing: str, error: stripe.APIConnectionError) -> LmxError:
    """Return the error for what came instead of an answer, or did not come."""
    hint = "Check network, proxy and STRIPE_API_BASE, then run the command again."
    match error:
        case AnswerTimeoutError():
            return FailedError(f"Stripe timed out while {doing}: {error}", hint=hint, code="failed.timeout")
        case NoAnswerError():
            message = f"what came was no answer of Stripe while {doing}: {error}"
            return FailedError(message, hint="A proxy may be in between. " + hint, code="failed.answer")
    url = error.url if isinstance(error, NoConnectionError) else ""
    source = None if urlsplit(url).hostname == _STRIPE_HOST else "STRIPE_API_BASE"
    return no_connection("Stripe", doing, error, url, source)


class StripeProbes:
    """What `doctor` asks; implements `doctor.model.StripeProber`.

    It lists one object of a kind: Stripe does not list a key's permissions, it only rejects what they lack.
    """

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def probe(self, permission: "Permission") -> "Denial | None":
        """List one object; None when the key may. Raises LmxError for any other failure."""
        from learnermax_cli.doctor.model import Denial

        with stripe_errors(f"listing {permission.title}"):
            try:
                self._get(permission.path, limit=1)
            except stripe.PermissionError as refusal:
                return Denial(permission, named_permission(refusal))
        return None

    def read_clock(self) -> datetime:
        """Read Stripe's time from an answer's Date, of a refusal too; raises LmxError when nothing is answered."""
        with stripe_errors("reading Stripe's time"):
            try:
                headers = self._get("/v1/account")
            except stripe.StripeError as refusal:
                if not refusal.headers:
                    raise
                headers = refusal.headers
        return read_http_date(headers.get("Date"), "Stripe")

    def _get(self, path: str, **params: Any) -> Mapping[str, str]:
        # The SDK's own headers are a dictionary that knows no case [requests.structures].
        return cast("Mapping[str, str]", cast("Any", self._client.raw_request("get", path, **params)).headers)
