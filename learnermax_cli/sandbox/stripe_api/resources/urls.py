"""What Stripe accepts as a URL."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from learnermax_cli.sandbox.stripe_api.errors import invalid


def require_url(text: str, param: str) -> str:
    """Return an absolute http or https URL; raises Stripe's error for anything else."""
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname or any(character.isspace() for character in text):
        raise invalid("Not a valid URL", param, "url_invalid")
    return text


def is_loopback_http(url: str) -> bool:
    """Return whether a URL is one that the sandbox delivers to: http on this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        return parts.scheme == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
