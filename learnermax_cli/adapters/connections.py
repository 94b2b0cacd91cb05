"""Connections to AWS and Stripe, and the time limit of answers."""

import math
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

from learnermax_cli.adapters.certificates import Trusting

_thread = threading.local()

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


def socks_manager(proxy: str, **options: Any) -> Any:
    """Return what makes connections by a SOCKS proxy, under a time limit too; PySocks must be there."""
    from urllib3.contrib.socks import SOCKSHTTPConnectionPool, SOCKSHTTPSConnectionPool, SOCKSProxyManager

    manager = SOCKSProxyManager(proxy, **options)
    manager.pool_classes_by_scheme = timed_pools(SOCKSHTTPConnectionPool, SOCKSHTTPSConnectionPool)
    return manager


def _timed_pool(pool: type[HTTPConnectionPool]) -> type[HTTPConnectionPool]:
    ours = (_Timed, Trusting) if issubclass(pool, HTTPSConnectionPool) else (_Timed,)
    connection = type("TimedConnection", (*ours, pool.ConnectionCls), {})
    return type("TimedPool", (pool,), {"ConnectionCls": connection})
