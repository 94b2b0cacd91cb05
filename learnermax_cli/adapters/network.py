"""The network between us and AWS and Stripe: proxies, what goes wrong on the way, and where secrets may go."""

import os
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import getproxies

from learnermax_cli.adapters.certificates import UntrustedError, require_authorities, require_key_log
from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError, GuardError, LmxError
from learnermax_cli.core.urls import is_loopback, split_url

_SOCKS = ("socks4", "socks4a", "socks5", "socks5h")
_TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: (\d+ ?.*)")  # [http.client]


def find_proxy(url: str) -> str | None:
    """Return the proxy of a URL, None for this machine and for what NO_PROXY names, as `requests` reads it."""
    proxies = getproxies()
    if not proxies or is_loopback(urlsplit(url).hostname or ""):
        return None
    from requests.utils import should_bypass_proxies  # slow to load, and few runs have a proxy

    if should_bypass_proxies(url, no_proxy=None):
        return None
    proxy = proxies.get(urlsplit(url).scheme) or proxies.get("all")
    return f"http://{proxy.removeprefix('//')}" if proxy and "://" not in proxy else proxy


def uses_socks(proxy: str | None) -> bool:
    """Return whether a proxy is spoken to by SOCKS."""
    return proxy is not None and proxy.lower().startswith("socks")


def require_network(url: str, ca_bundle: str | None = None) -> None:
    """Raise an LmxError for a proxy, certificates or a key log that a connection to this URL could not use."""
    proxy = find_proxy(url)
    if url.startswith("https:"):
        require_key_log()
        require_authorities(ca_bundle)
    if proxy is None:
        return
    parts, name = split_url(proxy), _proxy_variable(url)
    if parts is None or not parts.hostname or parts.scheme not in ("http", "https", *_SOCKS):
        scheme = "is malformed" if parts is None or not parts.hostname else f"has the scheme {parts.scheme}"
        raise ConfigError(
            f"the proxy in {name} {scheme}",
            hint=f"Set {name} to http://HOST:PORT (or https://, socks5h://).",
            code="config.proxy",
        )
    if uses_socks(proxy) and find_spec("socks") is None:
        raise ConfigError(
            f"{name} names a SOCKS proxy, {_shown(proxy)}, but PySocks is not installed",
            hint="Install it, in the folder of lmx's source: pip install -c constraints.txt '.[socks]'; "
            "or name an HTTP proxy.",
            code="config.proxy",
        )


def _proxy_variable(url: str) -> str:
    """Return the name of the variable that the proxy of a URL comes from."""
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    found = (name for lower in names for name in (lower, lower.upper()) if os.environ.get(name))
    return next(found, "the system's settings")


def _shown(url: str) -> str:
    """Return a URL without what may be secret."""
    parts = urlsplit(url)
    port = "" if parts.port is None else f":{parts.port}"
    return f"{parts.scheme}://{parts.hostname}{port}"


def name_host(url: str) -> str:
    """Return the host of a URL, and the proxy on the way to it."""
    proxy, host = find_proxy(url), urlsplit(url).netloc.rpartition("@")[2]
    return host if proxy is None else f"{host}, by proxy {_shown(proxy)}"


def network_hint(url: str, source: str | None) -> str:
    """Return what to check where a host gives no answer; `source` is what named the host, if anything did."""
    checked = ["the network"]
    checked += [] if find_proxy(url) is None else [f"the proxy in {_proxy_variable(url)}"]
    checked += [f"{source}, which names this host"] if source else []
    return f"Check {' and '.join(checked)}; then run the command again."


def no_connection(service: str, doing: str, error: BaseException, url: str, source: str | None = None) -> LmxError:
    """Return our error for a request to a URL that got no answer."""
    failed, causes, where = f"no connection to {service} while {doing}", list(_causes(error)), name_host(url)
    if untrusted := next((cause for cause in causes if isinstance(cause, UntrustedError)), None):
        return FailedError(f"{failed}: {untrusted.text}", hint=untrusted.hint, code="failed.certificate")
    refusal = next((found[1].strip() for cause in causes if (found := _TUNNEL_REFUSED.fullmatch(str(cause)))), None)
    if refusal is None:
        return FailedError(
            f"{failed}: {_reason(causes)} ({where})", hint=network_hint(url, source), code="failed.network"
        )
    name = _proxy_variable(url)
    if refusal.startswith("407"):
        return CredentialsError(
            f"{failed}: the proxy wants a user name and password ({where})",
            hint=f"Put those that it takes into {name}: http://USER:PASSWORD@HOST:PORT",
            code="credentials.proxy",
        )
    return FailedError(
        f"{failed}: the proxy refused it, {refusal} ({where})",
        hint=f"Have the proxy let this host through, or name it in NO_PROXY, or correct {name}.",
        code="failed.network",
    )


def _reason(causes: list[BaseException]) -> str:
    import socket

    for cause in causes:
        match cause:
            case socket.gaierror():
                return "host not found"
            case ConnectionRefusedError():
                return "connection refused"
            case TimeoutError():
                return "timed out"
            case ConnectionError():
                return "connection closed"
            case OSError(strerror=str(why)):
                return why
    return "connection closed" if "Disconnected" in str(causes) or "Closed" in str(causes) else type(causes[0]).__name__


def is_untrusted(error: BaseException | None) -> bool:
    """Return whether a request failed since a certificate is not trusted: it would again."""
    return any(isinstance(cause, UntrustedError) for cause in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and all that it comes from, wherever the libraries in between keep it."""
    seen: list[BaseException | None] = []
    waiting = [error]
    while waiting:
        cause = waiting.pop(0)
        if cause is None or cause in seen:
            continue
        seen.append(cause)
        yield cause
        inner = [*cause.args, getattr(cause, "reason", None), getattr(cause, "socket_err", None)]
        waiting += [cause.__cause__, cause.__context__, *(part for part in inner if isinstance(part, BaseException))]


def require_secret_endpoint(url: str, default: Callable[[], str], source: str | None = None) -> None:
    """Raise GuardError for an override of Secrets Manager's endpoint that is neither AWS's nor of this machine.

    What botocore resolves without overrides, the `default`, is right by definition; `source` names an override's.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    plain = parts.username is None and parts.password is None
    if plain and (is_loopback(host) or (parts.scheme == "https" and _secret_hosts().fullmatch(host))):
        return
    if url == default():
        return
    source = source or "AWS_ENDPOINT_URL"
    raise GuardError(
        f"keys are not sent to {parts.scheme}://{host}, which {source} names: it is neither an AWS endpoint over HTTPS "
        "nor this machine",
        hint=f"{'Unset' if source.isupper() else 'Remove'} {source}; no flag allows it.",
        code="guard.endpoint",
    )


@cache
def _secret_hosts() -> re.Pattern[str]:
    """Return what matches Secrets Manager's hosts in every partition, a VPC endpoint's too.

    Anybody can have an API or a bucket under amazonaws.com [doc "AWS Secrets Manager endpoints and quotas"].
    """
    from botocore.loaders import Loader

    hosts = []
    for partition in Loader().load_data("partitions")["partitions"]:
        region, outputs = partition["regionRegex"].strip("^$"), partition["outputs"]
        suffixes = "|".join(re.escape(outputs[name]) for name in ("dnsSuffix", "dualStackDnsSuffix"))
        hosts.append(rf"(?:{region})\.(?:vpce\.)?(?:{suffixes})")
    return re.compile(rf"(?:[a-z0-9-]+\.)?secretsmanager(?:-fips)?\.(?:{'|'.join(hosts)})", re.ASCII)
