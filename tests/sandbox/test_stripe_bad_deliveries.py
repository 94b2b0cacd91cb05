"""Deliveries as bad as a test asks for: lost, doubled, late, out of order; and events that are sent again."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.receiving import Receiver, receiving, register, seed_paid, wait_until
from tests.sandbox.selling import new_session
from tests.sandbox.stripe_server import StripeServer

COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
HOUR = 3600


@pytest.fixture
def receiver(stripe_server: StripeServer) -> Iterator[Receiver]:
    """A receiver that answers 200, registered for the completed sessions."""
    with receiving() as receiver:
        register(stripe_server, receiver.url)
        yield receiver


def test_half_of_the_events_are_lost(stripe_server: StripeServer, receiver: Receiver) -> None:
    """For good; they stay undelivered and can be listed."""
    stripe_server.control.set_webhooks(loss_percent=50, seed=7)
    sessions = seed_paid(stripe_server, 200)
    stripe_server.control.drain_webhooks()
    stripe_server.control.advance_clock(24 * HOUR)
    stripe_server.control.drain_webhooks()

    outcomes = Counter(record.outcome for record in stripe_server.control.webhook_deliveries())
    assert {"delivered", "lost"} == outcomes.keys()
    assert 70 <= outcomes["lost"] <= 130
    listed = stripe_server.client().v1.events.list({"delivery_success": False, "limit": 100}).auto_paging_iter()
    lost = [event.data.object["id"] for event in listed]
    assert sorted(sessions) == sorted(lost + receiver.sessions)


def test_the_same_seed_loses_the_same_events(stripe_server: StripeServer, receiver: Receiver) -> None:
    """So a test that loses events can be repeated."""
    runs = []
    for _ in range(2):
        stripe_server.control.set_webhooks(loss_percent=50, seed=3)
        sessions = seed_paid(stripe_server, 20)
        stripe_server.control.drain_webhooks()
        runs.append([session in receiver.sessions for session in sessions])

    assert runs[0] == runs[1]
    assert {True, False} == set(runs[0])


def test_chosen_events_are_lost(stripe_server: StripeServer, receiver: Receiver) -> None:
    """By type or by session, with wildcards."""
    first, second = new_session(stripe_server), new_session(stripe_server)
    stripe_server.control.set_webhooks(lose=[first.id, "checkout.session.exp*"])
    stripe_server.control.pay(first.id)
    stripe_server.control.pay(second.id)
    stripe_server.control.expire(new_session(stripe_server).id)
    stripe_server.control.drain_webhooks()

    assert [second.id] == receiver.sessions


def test_events_come_twice(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Each is a delivery of its own."""
    stripe_server.control.set_webhooks(duplicate_percent=100)
    sessions = seed_paid(stripe_server, 3)
    stripe_server.control.drain_webhooks()

    assert sorted(sessions * 2) == sorted(receiver.sessions)
    kinds = Counter(record.kind for record in stripe_server.control.webhook_deliveries())
    assert {"automatic": 3, "duplicate": 3} == kinds


def test_nothing_comes_while_it_is_paused(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Everything afterwards, in the order that is asked for."""
    control = stripe_server.control
    control.set_webhooks(concurrency=1)
    control.pause_webhooks()
    sessions = seed_paid(stripe_server, 5)
    control.drain_webhooks()
    assert ([], 5) == (receiver.received, control.webhook_counts()["waiting"])

    control.resume_webhooks("reversed")
    control.drain_webhooks()

    assert sessions[::-1] == receiver.sessions


def test_one_at_a_time_keeps_the_order(stripe_server: StripeServer, receiver: Receiver) -> None:
    """The order in which the events came into being."""
    stripe_server.control.set_webhooks(concurrency=1)
    sessions = seed_paid(stripe_server, 10)
    stripe_server.control.drain_webhooks()

    assert sessions == receiver.sessions


def test_the_same_seed_shuffles_alike(stripe_server: StripeServer, receiver: Receiver) -> None:
    """What waited during a pause."""
    control = stripe_server.control
    orders = []
    for _ in range(2):
        control.set_webhooks(concurrency=1, seed=1)
        control.pause_webhooks()
        sessions = seed_paid(stripe_server, 10)
        control.resume_webhooks("shuffled")
        control.drain_webhooks()
        orders.append([sessions.index(session) for session in receiver.sessions[-10:]])

    assert orders[0] == orders[1]
    assert list(range(10)) == sorted(orders[0])
    assert list(range(10)) != orders[0]


def test_random_delays_change_the_order(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Nothing is lost by it."""
    stripe_server.control.set_webhooks(concurrency=1, jitter_seconds=0.3)
    sessions = seed_paid(stripe_server, 20)
    stripe_server.control.drain_webhooks()

    assert sorted(sessions) == sorted(receiver.sessions)
    assert sessions != receiver.sessions


def test_deliveries_are_delayed(stripe_server: StripeServer, receiver: Receiver) -> None:
    """By real time, which the sandbox's clock does not shorten."""
    control = stripe_server.control
    control.set_webhooks(delay_seconds=HOUR)
    seed_paid(stripe_server)
    control.advance_clock(2 * HOUR)
    assert ([], 1) == (receiver.received, control.webhook_counts()["waiting"])
    with pytest.raises(TimeoutError):
        control.drain_webhooks(timeout=0)

    control.set_webhooks(delay_seconds=0.01)
    (session,) = seed_paid(stripe_server)
    wait_until(lambda: bool(receiver.received))

    assert [session] == receiver.sessions


def test_events_are_sent_again(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Also those that were lost, which then count as delivered; spared from loss and doubles."""
    control = stripe_server.control
    control.set_webhooks(loss_percent=100, duplicate_percent=100)
    sessions = seed_paid(stripe_server, 3)
    events = [event.id for event in stripe_server.client().v1.events.list({"type": COMPLETED}).data]

    assert 6 == control.resend_events(events * 2, rate=1000)
    control.drain_webhooks()

    assert sorted(sessions * 2) == sorted(receiver.sessions)
    assert [] == stripe_server.client().v1.events.list({"delivery_success": False}).data


def test_an_event_sent_again_is_not_retried(stripe_server: StripeServer) -> None:
    """As one resent by hand."""
    control = stripe_server.control
    with receiving(500, 500) as failing:
        control.set_webhooks(retry_seconds=[])
        register(stripe_server, failing.url)
        seed_paid(stripe_server)
        control.drain_webhooks()
        control.resend_events([control.webhook_deliveries()[0].event])
        control.drain_webhooks()

        assert ["automatic", "resent"] == [record.kind for record in control.webhook_deliveries()]
        assert 0 == control.webhook_counts()["retries"]


def test_seeded_events_are_delivered_only_on_request(stripe_server: StripeServer, receiver: Receiver) -> None:
    """They tell of the past as a rule."""
    stripe_server.control.seed_sessions(generate={"count": 2})
    asked = seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    assert asked == receiver.sessions


@pytest.mark.parametrize(
    "settings",
    [{"loss_percent": 101}, {"duplicate_percent": -1}, {"concurrency": 0}, {"unknown": 1}, {"delay_seconds": "soon"}],
)
def test_settings_that_make_no_sense_are_refused(stripe_server: StripeServer, settings: dict[str, Any]) -> None:
    """And nothing is changed."""
    before = stripe_server.control.set_webhooks()

    with pytest.raises(SandboxError):
        stripe_server.control.set_webhooks(**settings)

    assert before == stripe_server.control.set_webhooks()


@pytest.mark.parametrize(("events", "rate"), [([], None), (["evt_none"], None), (["real"], 0), (["real", "evt_no"], 1)])
def test_what_cannot_be_sent_again_is_refused(
    stripe_server: StripeServer, receiver: Receiver, events: list[str], rate: float | None
) -> None:
    """Nothing, an unknown event, at no rate; nothing is sent then."""
    stripe_server.control.seed_sessions(generate={"count": 1})
    (event,) = stripe_server.client().v1.events.list({"type": COMPLETED}).data

    with pytest.raises(SandboxError):
        stripe_server.control.resend_events([{"real": event.id}.get(name, name) for name in events], rate=rate)
    stripe_server.control.drain_webhooks()

    assert [] == receiver.received
