"""Lists are read to their end, and only once: against a server that answers as Stripe does not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

from learnermax_cli.adapters.stripe.reads import CursorGoneError, list_raw
from learnermax_cli.core.errors import FailedError
from tests.adapters.stripe.clients import build_at

Answer = tuple[int, dict[str, object]]


def page(*ids: str, more: bool = True) -> Answer:
    """Return a page of a list."""
    return 200, {"object": "list", "data": [{"object": "payment_link", "id": name} for name in ids], "has_more": more}


@contextmanager
def answering(answer: Callable[[str | None], Answer]) -> Iterator[stripe.StripeClient]:
    """Serve a list whose pages are answered by their cursor."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            cursors = query.get("starting_after") or query.get("ending_before")
            status, body = answer(cursors[0] if cursors else None)
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield build_at(f"http://127.0.0.1:{server.server_port}")
        finally:
            server.shutdown()
            thread.join()


def ids(client: stripe.StripeClient, *place: str) -> list[str]:
    """Return the ids of a whole list."""
    return [raw["id"] for read in list_raw(client, "/v1/payment_links", *place) for raw in read]  # type: ignore[arg-type]


def test_each_page_begins_after_the_one_before() -> None:
    """By its last object, or, towards the newest, by its first."""
    pages = {None: page("a", "b"), "b": page("c"), "c": page("d", more=False)}
    with answering(lambda cursor: pages[cursor]) as client:
        assert ["a", "b", "c", "d"] == ids(client)
    towards_newest = {"e": page("c", "d"), "c": page("a", "b", more=False)}
    with answering(lambda cursor: towards_newest[str(cursor)]) as client:
        assert ["c", "d", "a", "b"] == ids(client, "ending_before", "e")


@pytest.mark.parametrize(
    "pages",
    [
        {None: page("a"), "a": page("a")},
        {None: page("a"), "a": page("b"), "b": page("a")},
    ],
    ids=["same", "circle"],
)
def test_page_that_comes_again_is_a_failure(pages: dict[str | None, Answer]) -> None:
    """Nobody reads it for ever."""
    with answering(lambda cursor: pages[cursor]) as client, pytest.raises(FailedError) as raised:
        ids(client)
    assert ("Stripe sent the same page again while listing payment links", "failed.stripe") == (
        raised.value.message,
        raised.value.code,
    )


def test_empty_page_is_the_last() -> None:
    """Whatever it says of more."""
    with answering(lambda _: page()) as client:
        assert [] == ids(client)


def test_cursor_that_is_gone_is_told_from_a_list_that_is_missing() -> None:
    """Only where a list was to go on after an object can that object be gone."""
    missing: Answer = (
        404,
        {"error": {"type": "invalid_request_error", "code": "resource_missing", "message": "None"}},
    )
    with answering(lambda cursor: page("a") if cursor is None else missing) as client, pytest.raises(CursorGoneError):
        ids(client)
    with answering(lambda _: missing) as client, pytest.raises(FailedError, match="Stripe answered 404") as raised:
        ids(client)
    assert FailedError is type(raised.value)
