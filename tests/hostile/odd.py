"""Forty and more answers that are none."""

import gzip
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from tests.hostile.middleman import Answer, Connection, Odd

HTML = b"<html><head><title>Sign in</title></head><body>Please sign in to the network.</body></html>"
_JSON = "application/json"
_DATES = {
    "doubled": "Sat, 28 Nov 2026 10:00:00 GMT, Sat, 28 Nov 2026 10:00:00 GMT",
    "-0000": "Sat, 28 Nov 2026 10:00:00 -0000",
    "without zone": "Sat, 28 Nov 2026 10:00:00",
    "in the year 99999": "Sat, 28 Nov 99999 10:00:00 GMT",
    "a word": "yesterday",
}


def _fixed(status: int, body: bytes, kind: str = "text/html", **more: str) -> Callable[[Answer], Answer]:
    headers = [("Content-Type", kind), *((name.replace("_", "-"), value) for name, value in more.items())]
    return lambda _: Answer(status, headers, body)


def _body(change: Callable[[bytes], bytes]) -> Callable[[Answer], Answer]:
    return lambda answer: replace(answer, body=change(answer.body))


def _header(name: str, value: str) -> Callable[[Answer], Answer]:
    def spoil(answer: Answer) -> Answer:
        kept = [(found, text) for found, text in answer.headers if found.lower() != name.lower()]
        return replace(answer, headers=[*kept, (name, value)])

    return spoil


def _values(change: Callable[[Any], Any]) -> Callable[[Answer], Answer]:
    """Change every value of a JSON body, the innermost first; another body becomes an empty object."""

    def walk(value: Any, *, top: bool = False) -> Any:
        if isinstance(value, dict):
            value = {name: walk(inner) for name, inner in value.items()}
        elif isinstance(value, list):
            value = [walk(inner) for inner in value]
        return value if top else change(value)

    def spoil(body: bytes) -> bytes:
        try:
            return json.dumps(walk(json.loads(body), top=True)).encode()
        except ValueError:
            return b"{}"

    return _body(spoil)


def _when(kind: type | tuple[type, ...], other: object) -> Callable[[Any], Any]:
    return lambda value: other if isinstance(value, kind) and not (kind is int and value is True) else value


def _trickle(connection: Connection, answer: Answer) -> None:
    for byte in connection.head(answer) + answer.body:
        connection.wfile.write(bytes([byte]))
        connection.wfile.flush()
        time.sleep(0.25)


def _trickle_body(connection: Connection, answer: Answer) -> None:
    connection.wfile.write(connection.head(answer))
    for byte in answer.body or b" ":
        connection.wfile.write(bytes([byte]))
        connection.wfile.flush()
        time.sleep(0.25)


def _cut(connection: Connection, answer: Answer) -> None:
    connection.wfile.write(connection.head(answer) + answer.body[: len(answer.body) // 2])


def _chunked_cut(connection: Connection, answer: Answer) -> None:
    head = f"HTTP/1.1 {answer.status} OK\r\nTransfer-Encoding: chunked\r\nContent-Type: {_JSON}\r\n\r\n"
    connection.wfile.write(head.encode() + b"40\r\n" + answer.body[:20])


def _raw(text: bytes) -> Callable[[Connection, Answer], None]:
    def write(connection: Connection, _: Answer) -> None:
        connection.wfile.write(text)

    return write


def _silent(_connection: Connection, _answer: Answer) -> None:
    time.sleep(3)


_SPOILED: Mapping[str, Callable[[Answer], Answer]] = {
    "200 HTML": _fixed(200, HTML),
    "200 empty": _fixed(200, b""),
    "200 text": _fixed(200, b"OK", "text/plain"),
    "200 null": _fixed(200, b"null", _JSON),
    "200 list": _fixed(200, b"[]", _JSON),
    "200 number": _fixed(200, b"5", _JSON),
    "200 string": _fixed(200, b'"ok"', _JSON),
    "200 {}": _fixed(200, b"{}", _JSON),
    "200 deep": _fixed(200, b"[" * 100_000, _JSON),
    "200 not UTF-8": _fixed(200, b'{"id": "\xff\xfe"}', _JSON),
    "200 broken gzip": _fixed(200, gzip.compress(b"{}")[:-6], _JSON, Content_Encoding="gzip"),
    "200 not gzip": _fixed(200, b"{}", _JSON, Content_Encoding="gzip"),
    "200 XML": _fixed(200, b"<Response><Result/></Response>", "text/xml"),
    "200 error": _fixed(200, b'{"error": 5}', _JSON),
    "200 a product": _fixed(200, b'{"id": "prod_1", "object": "product"}', _JSON),
    "200 an item": _fixed(200, b'{"Item": {"PK": {"S": "x"}}, "ConsumedCapacity": {"TableName": "t"}}', _JSON),
    "200 a secret": _fixed(200, b'{"ARN": "a", "Name": "n", "SecretString": "{}", "VersionId": "v"}', _JSON),
    "204": _fixed(204, b""),
    "206 cut": _body(lambda body: body[: len(body) // 2]),
    "302": _fixed(302, HTML, Location="http://127.0.0.1:9/login"),
    "307": _fixed(307, b"", Location="http://127.0.0.1:9/"),
    "400 HTML": _fixed(400, HTML),
    "400 text": _fixed(400, b"Bad Request", "text/plain"),
    "400 odd error": _fixed(400, b'{"error": {"type": [], "message": 5}, "__type": 7, "message": {}}', _JSON),
    "403 HTML": _fixed(403, HTML),
    "404 HTML": _fixed(404, HTML),
    "407": _fixed(407, HTML, Proxy_Authenticate="Basic"),
    "429 HTML": _fixed(429, HTML),
    "500 HTML": _fixed(500, HTML),
    "502 empty": _fixed(502, b""),
    "503 text": _fixed(503, b"no backend", "text/plain"),
    "504 HTML": _fixed(504, HTML),
    "numbers are texts": _values(_when((int, float), "many")),
    "texts are numbers": _values(_when(str, 7)),
    "lists are null": _values(_when(list, None)),
    "lists are texts": _values(_when(list, "abc")),
    "maps are texts": _values(_when(dict, "abc")),
    "maps are empty": _values(_when(dict, {})),
    "truths are maps": _values(_when(bool, {})),
    "times of another age": _values(_when(int, 10**15)),
    "all null": _values(lambda _: None),
    **{f"Date {name}": _header("Date", value) for name, value in _DATES.items()},
    "Content-Type picture": _header("Content-Type", "image/png"),
}
_WRITTEN: Mapping[str, Callable[[Connection, Answer], None]] = {
    "cut": _cut,
    "chunk cut": _chunked_cut,
    "trickling": _trickle,
    "trickling body": _trickle_body,
    "silence": _silent,
    "closed": lambda _connection, _answer: None,
    "not HTTP": _raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "endless header": _raw(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n"),
    "many headers": _raw(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 300 + b"\r\n"),
    "no status": _raw(b"HTTP/1.1 \r\n\r\n"),
}
ODD = (
    *(Odd(name, spoil=spoil) for name, spoil in _SPOILED.items()),
    *(Odd(name, write=write) for name, write in _WRITTEN.items()),
)
