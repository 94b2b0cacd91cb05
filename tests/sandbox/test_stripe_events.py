"""Events of the local Stripe, through the real SDK."""

import pytest
import stripe

from tests.sandbox.selling import event_types, new_session
from tests.sandbox.stripe_server import StripeServer, error_of

DAY = 86_400


def test_an_event_keeps_what_was_then(stripe_server: StripeServer) -> None:
    """A snapshot of the object, in the SDK's API version, without what is left out of the object itself."""
    session = new_session(stripe_server, metadata={"a": "b"})
    stripe_server.control.pay(session.id)
    stripe_server.client().v1.checkout.sessions.update(session.id, {"metadata": {"a": "c"}})
    client = stripe_server.client()
    listed = client.v1.events.list({"type": "checkout.session.completed"}).data[0]
    event = client.v1.events.retrieve(listed.id).to_dict()
    assert (stripe.api_version, False, 0, None) == (
        event["api_version"],
        event["livemode"],
        event["pending_webhooks"],
        event["request"]["id"],
    )
    snapshot = event["data"]["object"]
    assert (session.id, "complete", {"a": "b"}, False) == (
        snapshot["id"],
        snapshot["status"],
        snapshot["metadata"],
        "line_items" in snapshot,
    )


def test_an_event_names_the_request_that_caused_it(stripe_server: StripeServer) -> None:
    """And its idempotency key."""
    session = new_session(stripe_server)
    stripe_server.client().v1.checkout.sessions.expire(session.id, {}, {"idempotency_key": "k1"})
    request = stripe_server.client().v1.events.list().data[0].request
    assert request is not None
    assert ("k1", True) == (request.idempotency_key, str(request.id).startswith("req_"))


def test_events_are_listed_by_type(stripe_server: StripeServer) -> None:
    """One, several, or a group with a wildcard; not both ways at once."""
    stripe_server.control.pay(new_session(stripe_server).id)
    stripe_server.control.expire(new_session(stripe_server).id)
    events = stripe_server.client().v1.events

    def types(**params: object) -> list[str]:
        return [event.type for event in events.list(params).data]  # type: ignore[arg-type]

    completed, expired = "checkout.session.completed", "checkout.session.expired"
    assert [expired, completed, "payment_intent.succeeded"] == types()
    assert [expired] == types(type=expired)
    assert [expired, completed] == types(types=[completed, expired])
    assert [expired, completed] == types(type="checkout.session.*")
    assert [expired, completed] == types(type="checkout.session.*", delivery_success=True)
    assert [] == types(delivery_success=False)
    assert 400 == error_of(lambda: events.list({"type": "a", "types": ["b"]}))["status"]
    assert 400 == error_of(lambda: events.list({"types": ["a"] * 21}))["status"]


def test_events_can_be_walked_in_both_directions(stripe_server: StripeServer) -> None:
    """Newest first, or with ending_before from the oldest on."""
    for _ in range(5):
        stripe_server.control.expire(new_session(stripe_server).id)
        stripe_server.control.advance_clock(10)
    events = stripe_server.client().v1.events
    newest_first = [event.id for event in events.list({"limit": 2}).auto_paging_iter()]
    assert 5 == len(newest_first)
    backwards = [event.id for event in events.list({"limit": 2, "ending_before": newest_first[-1]}).auto_paging_iter()]
    assert newest_first[-2::-1] == backwards


def test_events_are_kept_for_30_days(stripe_server: StripeServer) -> None:
    """By the sandbox's clock; the session itself stays."""
    session = new_session(stripe_server)
    stripe_server.control.expire(session.id)
    client = stripe_server.client()
    event = client.v1.events.list().data[0]
    stripe_server.control.advance_clock(30 * DAY - 60)
    assert [event.id] == [found.id for found in client.v1.events.list().data]
    stripe_server.control.advance_clock(120)
    assert [] == client.v1.events.list().data
    assert 404 == error_of(lambda: client.v1.events.retrieve(event.id))["status"]


def test_only_what_stripe_tells_is_an_event(stripe_server: StripeServer) -> None:
    """Making and reading sessions is none."""
    new_session(stripe_server)
    stripe_server.client().v1.checkout.sessions.list()
    assert [] == event_types(stripe_server)


@pytest.mark.parametrize("offset", [-60, 60])
def test_events_are_listed_by_time(stripe_server: StripeServer, offset: int) -> None:
    """In a range of creation."""
    stripe_server.control.expire(new_session(stripe_server).id)
    event = stripe_server.client().v1.events.list().data[0]
    found = stripe_server.client().v1.events.list({"created": {"gte": event.created + offset}}).data
    assert [event.id] * (offset < 0) == [one.id for one in found]
