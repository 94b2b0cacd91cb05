"""What a URL is: absolute or not, of this machine or not, its parts."""

import ipaddress
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit


def split_url(url: str) -> SplitResult | None:
    """Return the parts of a URL, None when it is malformed."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it raises where it is malformed
    except ValueError:
        return None
    return parts


def find_passwords(*urls: str) -> set[str]:
    """Return the passwords that URLs hold, as they stand and decoded; a malformed URL may hold one, too."""
    logins = (url.rpartition("@")[0] for url in urls)
    held = {(login.partition("//")[2] or login).partition(":")[2] for login in logins}
    return held | {unquote(password) for password in held}


def is_absolute(url: str, schemes: tuple[str, ...] = ("http", "https")) -> bool:
    """Return whether a URL has one of these schemes, a host, and no blank or control character."""
    parts = split_url(url)
    plain = url.isprintable() and " " not in url
    return parts is not None and plain and parts.scheme in schemes and bool(parts.hostname)


def page_of(site: str, path: str, query: str = "") -> str:
    """Return the URL of a page of a site; a path, a query and a fragment that the site's URL has are kept."""
    parts = urlsplit(site)
    query = "&".join(filter(None, (parts.query, query)))
    return urlunsplit(parts._replace(path=parts.path.rstrip("/") + path, query=query))


def is_loopback(host: str) -> bool:
    """Return whether a host name is this machine's own."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
