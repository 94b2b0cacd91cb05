"""The ASGI application behind `webhooks serve`: which requests are deliveries, and the answers to the others."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, HTTPScope, Scope

from learnermax_cli.webhooks.model import MAX_BODY_BYTES, Answer, Delivery, DeliveryHandler

HEALTH_PATH = "/health"
MAX_IN_FLIGHT = 64
"""Each has a thread of its own, so that none waits behind others."""
# Seconds for which the rest of a rejected body is read: a sender that still writes would not read the answer.
_LINGER = 1.0
_PLAIN = (b"content-type", b"text/plain; charset=utf-8")
# For every answer that does not wait for the body: else the connection would wait for it forever.
_CLOSE = {"connection": "close"}


class _TooLongError(Exception):
    """The body is too long."""


class _GoneError(Exception):
    """The sender closed the connection before its body was complete."""


class WebhookApp:
    """Hands deliveries to the handler, a bounded number at a time, and rejects what cannot be one."""

    def __init__(self, path: str, handler: DeliveryHandler, pool: ThreadPoolExecutor, sender_timeout: float) -> None:
        self._path = path
        self._handler = handler
        self._pool = pool
        self._sender_timeout = sender_timeout
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        assert scope["type"] == "http"
        path, method = scope["path"], scope["method"]
        if path == HEALTH_PATH and method in ("GET", "HEAD"):
            await _send(send, Answer(200, "ok"), _CLOSE)
        elif path != self._path:
            await _send(send, Answer(404, "not found"), _CLOSE)
        elif method != "POST":
            await self._reject(send, Answer(405, "only POST is allowed"), {"allow": "POST", **_CLOSE})
        else:
            await self._take(scope, receive, send)

    async def _take(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        headers = dict(reversed(list(scope["headers"])))  # of several of a name, the first
        signatures = [value.decode("latin-1") for name, value in scope["headers"] if name == b"stripe-signature"]
        try:
            async with asyncio.timeout(self._sender_timeout):
                body = await _read_body(headers, receive)
        except TimeoutError:
            await self._reject(send, Answer(408, "the body was not complete in time"), _CLOSE)
        except _TooLongError:
            answer = Answer(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
            await self._reject(send, answer, _CLOSE, rest=receive)
        except _GoneError:
            return
        else:
            # Several of a name are one list [RFC 9110, section 5.3].
            await self._deliver(Delivery(body, ",".join(signatures) if signatures else None), send)

    async def _deliver(self, delivery: Delivery, send: ASGISendCallable) -> None:
        if self._in_flight >= MAX_IN_FLIGHT:
            await self._reject(send, Answer(503, "busy: please deliver again"), {"retry-after": "1", **_CLOSE})
            return
        self._in_flight += 1
        try:
            answer = await asyncio.get_running_loop().run_in_executor(self._pool, self._handler.receive, delivery)
        finally:
            self._in_flight -= 1
        await _send(send, answer)

    async def _reject(
        self,
        send: ASGISendCallable,
        answer: Answer,
        headers: Mapping[str, str],
        rest: ASGIReceiveCallable | None = None,
    ) -> None:
        self._handler.rejected(answer)
        await _send(send, answer, headers, rest)


async def _read_body(headers: Mapping[bytes, bytes], receive: ASGIReceiveCallable) -> bytes:
    if int(headers.get(b"content-length", b"0")) > MAX_BODY_BYTES:  # that it is a number is checked by h11
        raise _TooLongError
    body = bytearray()
    while True:
        message: Any = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _TooLongError
        if not message.get("more_body", False):
            return bytes(body)


async def _send(
    send: ASGISendCallable,
    answer: Answer,
    headers: Mapping[str, str] | None = None,
    rest: ASGIReceiveCallable | None = None,
) -> None:
    text = (answer.line + "\n").encode()
    more = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    await send(
        {
            "type": "http.response.start",
            "status": answer.status,
            "headers": [_PLAIN, (b"content-length", str(len(text)).encode()), *more],
            "trailers": False,
        }
    )
    if rest is not None:
        await send({"type": "http.response.body", "body": text, "more_body": True})
        await _discard(rest)
        text = b""
    await send({"type": "http.response.body", "body": text, "more_body": False})


async def _discard(receive: ASGIReceiveCallable) -> None:
    try:
        async with asyncio.timeout(_LINGER):
            while True:
                message: Any = await receive()
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return
