"""Connections to AWS and Stripe: proxies, certificates, where secrets may go, and the time limit of answers."""

import math
import os
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_ import create_urllib3_context

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.core.urls import is_loopback

_thread = threading.local()
_BUNDLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE")


SLOW = 5.0
"""Seconds after which whoever waits is told what for."""


class _Watchdog:
    """Wakes each answer that it watches when its time comes, in a thread of its own."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._watched: dict[Answering, float] = {}
        self._wakes_at = math.inf
        self._running = False

    def watch(self, answering: "Answering", until: float) -> None:
        with self._changed:
            self._watched[answering] = until
            if not self._running:
                threading.Thread(target=self._run, name="answers in time", daemon=True).start()
                self._running = True
            if until < self._wakes_at:
                self._wakes_at = until
                self._changed.notify()

    def unwatch(self, answering: "Answering") -> None:
        with self._changed:
            self._watched.pop(answering, None)

    def _run(self) -> None:
        while True:
            for answering in self._due():
                answering.wake()

    def _due(self) -> list["Answering"]:
        with self._changed:
            now = time.monotonic()
            due = [answering for answering, until in self._watched.items() if until <= now]
            for answering in due:
                del self._watched[answering]
            self._wakes_at = min(self._watched.values(), default=math.inf)
            if not due:
                self._changed.wait(None if self._wakes_at == math.inf else self._wakes_at - now)
            return due


_watchdog = _Watchdog()


class Answering:
    """One request of this thread, from its beginning to the end of its answer, over a connection of `timed_pools`.

    After five seconds it calls `tell_slow`, and when its time is over it shuts the connection down: reading from it
    ends, whatever it waits for.
    """

    def __init__(self, seconds: float, tell_slow: Callable[[], None]) -> None:
        now = time.monotonic()
        self._until, self._slow_at = now + seconds, now + min(SLOW, seconds)
        self._tell_slow = tell_slow
        self.late = False
        """Whether the answer was cut off, since it was not complete in time."""
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        """Until the end alone: after it another request may go through the same socket."""
        _thread.answering = self

    def __enter__(self) -> "Answering":
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def begin_on(self, connected: socket.socket) -> None:
        """Note the socket that the request goes through, connected and perhaps not yet wrapped in TLS."""
        with self._lock:
            self._forget_socket()
            # A duplicate: TLS takes the socket over, and what shuts down one shuts down both.
            self._socket = socket.fromfd(connected.fileno(), connected.family, socket.SOCK_STREAM)
        _watchdog.watch(self, self._slow_at)

    def end(self) -> None:
        """Note that the answer is complete, or will not come."""
        with self._lock:
            self._forget_socket()
        _watchdog.unwatch(self)
        if getattr(_thread, "answering", None) is self:
            _thread.answering = None

    def _forget_socket(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def wake(self) -> None:
        """Tell that it takes long, or end it."""
        with self._lock:
            if self._socket is None:
                return
            if time.monotonic() >= self._until:
                self.late = True
                with suppress(OSError):  # the other side closed it meanwhile
                    self._socket.shutdown(socket.SHUT_RDWR)
                return
            _watchdog.watch(self, self._until)
        self._tell_slow()


class _Timed:
    """Mixed into a connection of urllib3: puts each request of a thread that has begun one under its time limit."""

    sock: Any

    def _new_conn(self) -> socket.socket:
        """Connect, and note the socket before a proxy or TLS is spoken to through it."""
        connected: socket.socket = super()._new_conn()  # type: ignore[misc]
        self._note(connected)
        return connected

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """Send a request, on a connection that may have been used before."""
        if self.sock is not None and self.sock.fileno() >= 0:
            self._note(self.sock)
        return super().request(*args, **kwargs)  # type: ignore[misc]

    def _note(self, connected: socket.socket) -> None:
        answering: Answering | None = getattr(_thread, "answering", None)
        if answering is not None:
            answering.begin_on(connected)


def timed_pools(http: type[HTTPConnectionPool], https: type[HTTPSConnectionPool]) -> dict[str, Any]:
    """Return classes of pools, by scheme, that are as these but put answers under a time limit."""
    return {scheme: _timed_pool(pool) for scheme, pool in (("http", http), ("https", https))}


def _timed_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    connection = type("TimedConnection", (_Timed, pool.ConnectionCls), {})
    return type("TimedPool", (pool,), {"ConnectionCls": connection})


def find_proxy(url: str) -> str | None:
    """Return the proxy of a URL, None for this machine and for what NO_PROXY names, as `requests` reads it."""
    proxies = getproxies()
    if not proxies or is_loopback(urlsplit(url).hostname or ""):
        return None
    from requests.utils import should_bypass_proxies  # slow to load, and few runs have a proxy

    proxy = None if should_bypass_proxies(url, no_proxy=None) else proxies.get(urlsplit(url).scheme)
    return f"http://{proxy.removeprefix('//')}" if proxy and "://" not in proxy else proxy


def trust_named_authorities() -> ssl.SSLContext | None:
    """Return a context that trusts the authorities in the files that the environment names, None when it names none.

    Raises ConfigError for what is no such file.
    """
    named = [(name, path) for name in _BUNDLES if (path := os.environ.get(name))]
    if not named:
        return None
    context = create_urllib3_context()
    for name, path in named:
        try:
            context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
        except OSError as error:
            raise ConfigError(
                f"{name} names {path}, which can't be read as certificates: {error.strerror or error}",
                hint=f"Name a PEM file of certificates in {name}, or unset it.",
                code="config.certificates",
            ) from error
    return context


def untrusted(service: str, doing: str, error: BaseException | None) -> FailedError | None:
    """Return our error for one that comes from a certificate that is not trusted, None for others."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return FailedError(
                f"no connection to {service} while {doing}: certificate not trusted: {error.verify_message}",
                hint="Where a proxy of your company inspects TLS, name its CA certificate, a PEM file, in "
                "REQUESTS_CA_BUNDLE, then run the command again.",
                code="failed.certificate",
            )
        inner = next((part for part in error.args if isinstance(part, BaseException)), None)  # urllib3 names it so
        error = error.__cause__ or error.__context__ or inner
    return None


def require_secret_endpoint(url: str, default: Callable[[], str]) -> None:
    """Raise GuardError for an override of Secrets Manager's endpoint that is neither AWS's nor of this machine.

    What botocore resolves without overrides, the `default`, is right by definition.
    """
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    plain = parts.username is None and parts.password is None
    if plain and (is_loopback(host) or (parts.scheme == "https" and _secret_hosts().fullmatch(host))):
        return
    if url == default():
        return
    raise GuardError(
        f"keys are not sent to {parts.scheme}://{host}: it is neither an AWS endpoint over HTTPS nor this machine",
        hint="Unset AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SECRETS_MANAGER, or remove endpoint_url from the profile; "
        "no flag allows it.",
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
