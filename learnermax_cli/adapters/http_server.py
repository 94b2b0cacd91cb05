"""The HTTP server of `webhooks serve`, uvicorn; implements `webhooks.model.WebhookServer`."""

import asyncio
import contextlib
import logging
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from learnermax_cli.adapters.webhook_app import MAX_IN_FLIGHT, WebhookApp
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.webhooks.model import Address, DeliveryHandler

_MAX_CONNECTIONS = 256
_BACKLOG = 256
_SLOWEST_SENDER = 10.0
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class UvicornServer:
    """Serves one path; a sender has some seconds for its headers, and as many for its body."""

    def __init__(self, sender_timeout: float = _SLOWEST_SENDER) -> None:
        self._sender_timeout = sender_timeout

    def serve(self, address: Address, handler: DeliveryHandler, stop: threading.Event) -> None:
        """Serve until `stop` is set and what is in flight is answered; raises ConfigError without the address."""
        with _listener(address) as listener, ThreadPoolExecutor(MAX_IN_FLIGHT) as pool:
            handler.listening(_url(listener, address.path))
            config = uvicorn.Config(
                WebhookApp(address.path, handler, pool, self._sender_timeout),
                http=_protocol(self._sender_timeout),
                ws="none",
                lifespan="off",
                loop="asyncio",
                proxy_headers=False,
                log_config=None,
                log_level="critical",
                access_log=False,
                server_header=False,
                limit_concurrency=_MAX_CONNECTIONS,
                backlog=_BACKLOG,
            )
            # An operator can do nothing about what asyncio logs of broken connections.
            logging.getLogger("asyncio").setLevel(logging.CRITICAL)
            _Server(config, stop).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Stops when `stop` is set; signals are handled by `Interrupt`."""

    def __init__(self, config: uvicorn.Config, stop: threading.Event) -> None:
        super().__init__(config)
        self._stop = stop

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def on_tick(self, counter: int) -> bool:
        return self._stop.is_set() or await super().on_tick(counter)


def _protocol(sender_timeout: float) -> type[asyncio.Protocol]:
    class TimedProtocol(H11Protocol):
        """Closes a connection whose headers are not complete in time; uvicorn itself would wait forever."""

        _timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._watch()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            self._watch()

        def connection_lost(self, exc: Exception | None) -> None:
            self._unwatch()
            super().connection_lost(exc)

        def _watch(self) -> None:
            if self.conn.their_state is not h11.IDLE or self.transport.is_closing():
                self._unwatch()
            elif self._timer is None:
                self._timer = self.loop.call_later(sender_timeout, self._give_up)

        def _unwatch(self) -> None:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _give_up(self) -> None:
            if not self.transport.is_closing():
                self.transport.write(_TOO_SLOW)
                self.transport.close()

    return TimedProtocol


@contextlib.contextmanager
def _listener(address: Address) -> Iterator[socket.socket]:
    try:
        family, kind, protocol, _, bound = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _unusable(address, error) from error
    with listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(bound)
            listener.listen(_BACKLOG)
        except OSError as error:
            raise _unusable(address, error) from error
        yield listener


def _unusable(address: Address, error: OSError) -> ConfigError:
    return ConfigError(
        f"can't listen on {address.host}, port {address.port}: {error.strerror or error}",
        hint="Give another --port (0: a free one), or a --host of this machine.",
        code="config.address",
    )


def _url(listener: socket.socket, path: str) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}{path}"
