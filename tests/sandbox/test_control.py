"""Clock, journal, faults and the control routes that a test steers the sandbox with."""

import threading
import time
from itertools import islice

import pytest
import requests

from learnermax_cli.sandbox import serving
from learnermax_cli.sandbox.client import SandboxClient, SandboxError
from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.control.faults import Fault, Faults
from learnermax_cli.sandbox.control.journal import Entry, Journal
from tests.sandbox.stripe_server import StripeServer


def entry(operation: str = "GET /v1/prices") -> Entry:
    """Return an entry as a service records it."""
    return Entry(service="stripe", operation=operation, path="/v1/prices", write=False, status=200)


def test_a_clock_that_advances_a_day_and_is_reset_shows_real_time_again() -> None:
    """The offset is added, and a reset takes it away."""
    clock = Clock()
    before = clock.now()
    clock.advance(86_400)
    assert 86_400 == int(clock.now() - before)
    clock.reset()
    assert 0 == int(clock.now() - before)


def test_a_journal_gives_what_came_after_a_number() -> None:
    """Entries are numbered from 1 and can be read from any of them on."""
    journal = Journal()
    for operation in ("a", "b", "c"):
        journal.add(entry(operation))
    assert [(1, "a"), (2, "b"), (3, "c")] == [(found.seq, found.operation) for found in journal.since()]
    assert ["c"] == [found.operation for found in journal.since(2)]


def test_a_cleared_journal_goes_on_counting() -> None:
    """A reader that knows the last number misses nothing after a clear."""
    journal = Journal()
    journal.add(entry("a"))
    journal.clear()
    journal.add(entry("b"))
    assert [(2, "b")] == [(found.seq, found.operation) for found in journal.since(1)]


def test_a_fault_hits_once_after_the_requests_it_skips() -> None:
    """`skip` lets the first ones pass, `times` ends it."""
    faults = Faults()
    faults.add(Fault("error", service="stripe", operation="POST /v1/*", skip=1, id="f"))
    hits = [faults.take("stripe", "POST /v1/products", write=True) for _ in range(4)]
    assert [None, "f", None, None] == [hit.id if hit else None for hit in hits]


def test_a_fault_leaves_other_requests_alone() -> None:
    """Service, operation and writes_only must all fit."""
    faults = Faults()
    faults.add(Fault("error", service="dynamodb", operation="Update*", writes_only=True, times=None))
    assert faults.take("stripe", "UpdateItem", write=True) is None
    assert faults.take("dynamodb", "GetItem", write=True) is None
    assert faults.take("dynamodb", "UpdateItem", write=False) is None
    assert faults.take("dynamodb", "UpdateItem", write=True) is not None


def test_a_fault_of_some_percent_hits_the_same_requests_each_time() -> None:
    """The dice are seeded, so that a failing run can be repeated."""

    def thrown(faults: Faults) -> list[bool]:
        faults.add(Fault("error", times=None, percent=30))
        return [faults.take("stripe", "GET /v1/prices", write=False) is not None for _ in range(200)]

    first = thrown(Faults())
    assert first == thrown(Faults())
    assert 30 < sum(first) < 90


def test_an_unknown_kind_of_fault_is_refused() -> None:
    """A typo in a test must not pass as a fault that never hits."""
    with pytest.raises(ValueError, match="unknown fault"):
        Fault("explode")  # type: ignore[arg-type]


def test_a_held_request_goes_on_when_it_is_released() -> None:
    """Hold blocks, held counts, release ends it."""
    faults = Faults()
    thread = threading.Thread(target=faults.hold, args=(Fault("hold"),))
    thread.start()
    for _ in range(1_000):
        if faults.held():
            break
        time.sleep(0.01)
    assert 1 == faults.held()
    faults.release()
    thread.join(timeout=10)
    assert 0 == faults.held()
    assert not thread.is_alive()


def test_the_client_reads_health_and_time(stripe_server: StripeServer) -> None:
    """The clock of the answer is the sandbox's, which can be advanced."""
    before = stripe_server.control.health()["now"]
    assert 3_600 == int(stripe_server.control.advance_clock(3_600) - before)
    assert "ok" == stripe_server.control.health()["status"]


def test_a_wrong_control_request_says_what_is_wrong(stripe_server: StripeServer) -> None:
    """An unknown field of a fault or an unknown setting is refused."""
    with pytest.raises(SandboxError, match=r"400.*unknown fields of a fault.*'tmies'"):
        stripe_server.control.add_fault("drop", tmies=3)


def test_a_sandbox_that_does_not_answer_is_an_error() -> None:
    """Nothing listens there."""
    with pytest.raises(SandboxError):
        SandboxClient("http://127.0.0.1:9", timeout=2).health()


def test_reset_takes_back_everything(stripe_server: StripeServer) -> None:
    """Objects, faults, settings, clock and journal are as at the start."""
    control = stripe_server.control
    stripe_server.client().v1.products.create({"name": "Course"})
    control.add_fault("error", times=None)
    control.set_rate_limit(1)
    control.advance_clock(1e6)
    control.reset()
    assert [] == stripe_server.client().v1.products.list().data
    assert ["GET /v1/products"] == [found["operation"] for found in control.journal()]
    assert control.health()["now"] < 1e6 + stripe_server.state.control.clock.now() - 1e5


def test_control_requests_are_neither_journalled_nor_faulted(stripe_server: StripeServer) -> None:
    """They work while everything else fails."""
    stripe_server.control.add_fault("drop", times=None)
    stripe_server.control.health()
    assert [] == stripe_server.control.journal()


def test_the_server_keeps_a_connection_open() -> None:
    """HTTP/1.1 keep-alive: five requests travel over one connection, whose body is always read."""
    peers: list[str] = []

    def app(environ, start_response):  # type: ignore[no-untyped-def]
        peers.append(environ["REMOTE_PORT"])
        start_response("200 OK", [])
        return [b"x" * 10]

    server = serving.start(app)
    with requests.Session() as session:
        answers = [session.post(server.url, data="abc", timeout=10).text for _ in range(5)]
    server.stop()
    assert ["x" * 10] * 5 == answers
    assert 1 == len(set(peers))


def test_a_dropped_connection_gives_the_client_not_one_byte() -> None:
    """The client sees the end of the connection, as when a network fails."""

    def app(environ, start_response):  # type: ignore[no-untyped-def]
        del start_response
        serving.drop_connection(environ)

    server = serving.start(app)
    with pytest.raises(requests.ConnectionError, match="without response"):
        requests.get(server.url, timeout=10)
    server.stop()


def test_a_stopped_server_frees_its_port_and_ends_its_connections() -> None:
    """The same port can be served again at once."""

    def app(environ, start_response):  # type: ignore[no-untyped-def]
        del environ
        start_response("200 OK", [])
        return islice([b"again"], 1)

    first = serving.start(app)
    with requests.Session() as session:
        session.get(first.url, timeout=10)
        first.stop()
        second = serving.start(app, first.port)
        assert "again" == session.get(second.url, timeout=10).text
        second.stop()
