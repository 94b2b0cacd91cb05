"""Decides on the URL of an endpoint: can Stripe deliver there, are two the same, does the host fit; pure."""

import re

from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.urls import is_loopback, split_url
from learnermax_cli.webhooks.model import WEBHOOK_PATH

_PORTS = {"http": 80, "https": 443}
# Hosts that AWS gives to API Gateway and to function URLs [doc "Invoking Lambda function URLs"].
_AWS_HOST = re.compile(r"(\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?|\.lambda-url\.[a-z0-9-]+\.on\.aws)$")


def require_url(text: str, environment: str) -> str:
    """Return a URL that Stripe may deliver to; raises UsageError for any other."""
    parts = split_url(text)
    flaw = None
    if parts is None or not parts.hostname or not text.isprintable() or set(' \\"<>') & set(text):
        flaw = "is not an absolute URL"
    elif parts.username is not None or parts.password is not None:
        flaw = "holds a user name or password"
    elif parts.fragment or text.endswith("#"):
        flaw = "has a fragment"
    elif is_loopback(parts.hostname) and environment != "sandbox":
        flaw = "is on this machine, where Stripe cannot deliver"
    elif not set(".:") & set(parts.hostname) and not is_loopback(parts.hostname):
        flaw = "has a host without a domain, where Stripe cannot deliver"
    elif "_" in parts.hostname:  # no host name has one [RFC 1123, 2.1], but the placeholder of an example does
        flaw = "has an underscore in its host: put your own host there"
    elif parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
        flaw = "is not https"
    if flaw is None:
        return text
    # The URL itself is not repeated: what is wrong with it may be a password in it.
    raise UsageError(
        f"the URL of --url {flaw}",
        hint=f"Give it as https://HOST{WEBHOOK_PATH}; http is for this machine and -e sandbox alone.",
        code="usage.url",
    )


def same_url(one: str, other: str) -> bool:
    """Return whether two URLs name the same endpoint: case of the host and the default port do not count."""
    return _normal(one) == _normal(other)


def is_usual_path(url: str) -> bool:
    """Return whether the path is the one that the site and `webhooks serve` have."""
    parts = split_url(url)
    return parts is not None and parts.path == WEBHOOK_PATH


def fits_host(url: str, frontend_url: str | None, environment: str) -> bool:
    """Return whether the host can be the environment's: the site's, one beside or below it, or one of AWS's APIs."""
    parts, site = split_url(url), split_url(frontend_url or "")
    host = (parts.hostname if parts else None) or ""
    if is_loopback(host):
        return environment == "sandbox"
    own = (site.hostname if site else None) or ""
    if not own or _AWS_HOST.search(host):
        return True
    parent = own.partition(".")[2]
    domains = [own, parent] if "." in parent else [own]
    return any(host == domain or host.endswith("." + domain) for domain in domains)


def _normal(url: str) -> tuple[str, ...]:
    parts = split_url(url)
    if parts is None:
        return (url,)
    port = parts.port or _PORTS.get(parts.scheme, 0)
    return (parts.scheme, parts.hostname or "", str(port), parts.path or "/", parts.query)
