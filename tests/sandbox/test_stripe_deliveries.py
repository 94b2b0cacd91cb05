"""The local Stripe delivers events to webhook endpoints."""

from collections.abc import Iterator

import pytest
import stripe

from learnermax_cli.sandbox.stripe_api.deliveries.posting import signature_header
from tests.sandbox.receiving import COMPLETED, HOUR, Receiver, receiving, register, seed_paid, undelivered
from tests.sandbox.selling import event_types, new_session, paid_session
from tests.sandbox.stripe_server import StripeServer

EXPIRED = "checkout.session.expired"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving() as receiver:
        yield receiver


def test_an_event_is_delivered_and_signed(stripe_server: StripeServer, receiver: Receiver) -> None:
    """The SDK verifies it; it is the event that can be read, as it was when no endpoint had it yet."""
    endpoint = register(stripe_server, receiver.url)
    session = new_session(stripe_server, metadata={"userId": "Zoë"})
    stripe_server.control.pay(session.id)
    stripe_server.control.drain_webhooks()

    (received,) = receiver.received
    event = received.verified(endpoint.secret)
    read = stripe_server.client().v1.events.retrieve(event.id).to_dict()
    assert {**read, "pending_webhooks": 1} == received.event
    assert ("/hook", session.id, "Zoë") == (
        received.path,
        received.event["data"]["object"]["id"],
        received.event["data"]["object"]["metadata"]["userId"],
    )
    with pytest.raises(stripe.SignatureVerificationError):
        received.verified("whsec_" + "other")


def test_a_delivery_looks_like_stripes(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Content type, user agent, and the fake v0 beside the true signature in test mode."""
    register(stripe_server, receiver.url)
    seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    (received,) = receiver.received
    assert ("application/json; charset=utf-8", "Stripe/1.0 (+https://stripe.com/docs/webhooks)") == (
        received.headers["CONTENT_TYPE"],
        received.headers["HTTP_USER_AGENT"],
    )
    assert ["t", "v1", "v0"] == [part.partition("=")[0] for part in received.signature.split(",")]


def test_an_endpoint_gets_what_it_asked_for(stripe_server: StripeServer) -> None:
    """Types by name, or all; nothing of another mode, nothing while it is disabled."""
    with receiving() as some, receiving() as everything, receiving() as disabled:
        register(stripe_server, some.url, COMPLETED, EXPIRED)
        register(stripe_server, everything.url, "*")
        off = register(stripe_server, disabled.url, "*")
        stripe_server.client().v1.webhook_endpoints.update(off.id, {"disabled": True})
        stripe_server.control.pay(new_session(stripe_server).id)
        stripe_server.control.expire(new_session(stripe_server).id)
        stripe_server.control.seed_sessions(generate={"count": 1}, deliver=True, mode="live")
        stripe_server.control.drain_webhooks()

        assert [COMPLETED, EXPIRED] == sorted(some.types)
        assert sorted(event_types(stripe_server)) == sorted(everything.types)
        assert [] == disabled.received


def test_events_tell_whether_they_were_delivered(stripe_server: StripeServer, receiver: Receiver) -> None:
    """To all endpoints that asked for them; one that no endpoint asked for counts as delivered."""
    events = stripe_server.client().v1.events
    with receiving(500) as failing:
        register(stripe_server, receiver.url)
        register(stripe_server, failing.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()

        assert [COMPLETED] == undelivered(stripe_server)
        delivered = events.list({"delivery_success": True}).data
        assert [("payment_intent.succeeded", 0)] == [(event.type, event.pending_webhooks) for event in delivered]
        assert 1 == events.list({"type": COMPLETED}).data[0].pending_webhooks

        stripe_server.control.advance_clock(HOUR)
        stripe_server.control.drain_webhooks()
        assert [] == undelivered(stripe_server)
        assert 0 == events.list({"type": COMPLETED}).data[0].pending_webhooks


@pytest.mark.parametrize("status", [301, 302, 307, 400, 404, 500, 503])
def test_only_2xx_is_a_success(stripe_server: StripeServer, status: int) -> None:
    """A redirect is a failure, and is not followed."""
    with receiving(status) as receiver:
        register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()

        (record,) = stripe_server.control.webhook_deliveries()
        assert ("failed", status, ["/hook"]) == (record.outcome, record.status, [one.path for one in receiver.received])
        assert [COMPLETED] == undelivered(stripe_server)


@pytest.mark.parametrize("status", [201, 204])
def test_any_2xx_is_a_success(stripe_server: StripeServer, status: int) -> None:
    """With a body or without."""
    with receiving(status) as receiver:
        register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()

        assert [("delivered", status)] == [(r.outcome, r.status) for r in stripe_server.control.webhook_deliveries()]


def test_an_endpoint_that_is_not_there_is_a_failure(stripe_server: StripeServer) -> None:
    """The record says why there is no status."""
    with receiving() as receiver:
        url = receiver.url
    register(stripe_server, url)
    seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    (record,) = stripe_server.control.webhook_deliveries()
    assert ("failed", None, True) == (record.outcome, record.status, "refused" in str(record.error))


def test_an_endpoint_that_does_not_answer_is_a_failure(stripe_server: StripeServer, receiver: Receiver) -> None:
    """After the timeout."""
    receiver.gate.clear()
    stripe_server.control.set_webhooks(timeout_seconds=0.05)
    register(stripe_server, receiver.url)
    seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    (record,) = stripe_server.control.webhook_deliveries()
    assert ("failed", None, "no answer after 0.05 s") == (record.outcome, record.status, record.error)


def test_nothing_leaves_this_machine(stripe_server: StripeServer) -> None:
    """An https endpoint elsewhere can be registered; deliveries to it fail."""
    register(stripe_server, "https://api.learnermax.example/hook")
    seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    (record,) = stripe_server.control.webhook_deliveries()
    assert ("failed", "the sandbox delivers to http addresses of this machine alone") == (record.outcome, record.error)


def test_a_session_that_expires_by_the_clock_is_told_of(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Without anybody asking the API."""
    register(stripe_server, receiver.url, EXPIRED)
    session = new_session(stripe_server)
    stripe_server.control.advance_clock(24 * HOUR)
    stripe_server.control.drain_webhooks()

    assert [session.id] == receiver.sessions


def test_deliveries_are_not_in_the_journal(stripe_server: StripeServer, receiver: Receiver) -> None:
    """It has the requests that the sandbox answered; the deliveries have a record of their own."""
    endpoint = register(stripe_server, receiver.url)
    (session_id,) = seed_paid(stripe_server)
    stripe_server.control.drain_webhooks()

    assert ["POST /v1/webhook_endpoints"] == [entry["operation"] for entry in stripe_server.control.journal()]
    (record,) = stripe_server.control.webhook_deliveries()
    assert (COMPLETED, endpoint.id, 1, "automatic", "delivered", 200) == (
        record.type,
        record.endpoint,
        record.attempt,
        record.kind,
        record.outcome,
        record.status,
    )
    assert [session_id] == receiver.sessions
    assert [] == stripe_server.control.webhook_deliveries(since=record.seq)


def test_a_reset_forgets_everything(stripe_server: StripeServer) -> None:
    """Endpoints, records, retries, what waits, and the settings."""
    control = stripe_server.control
    with receiving(500) as receiver:
        register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        control.drain_webhooks()
        control.set_webhooks(loss_percent=100, retry_seconds=[])
        control.pause_webhooks()
        control.resend_events([control.webhook_deliveries()[0].event])
        assert {"paused": True, "waiting": 1, "in_flight": 0, "retries": 1} == control.webhook_counts()

        control.reset()

        assert {"paused": False, "waiting": 0, "in_flight": 0, "retries": 0} == control.webhook_counts()
        assert [] == control.webhook_deliveries()
        assert (0.0, [300.0, 3000.0, 9000.0]) == tuple(
            control.set_webhooks()[name] for name in ("loss_percent", "retry_seconds")
        )
        seed_paid(stripe_server)
        control.drain_webhooks()
        assert 1 == len(receiver.received)


def test_a_live_delivery_has_no_fake_signature() -> None:
    """The SDK takes the true one."""
    header = signature_header(b"{}", "whsec_" + "a", 1_800_000_000, livemode=True)

    assert ["t", "v1"] == [part.partition("=")[0] for part in header.split(",")]
    assert stripe.WebhookSignature.verify_header("{}", header, "whsec_" + "a")


def test_what_comes_after_a_sale_is_delivered(stripe_server: StripeServer, receiver: Receiver) -> None:
    """Events of refunds and disputes, and each is pending until it has been taken."""
    names = ["charge.refunded", "refund.failed", "charge.dispute.created", "charge.dispute.closed"]
    paid = paid_session(stripe_server)
    secret = register(stripe_server, receiver.url, *names).secret
    stripe_server.control.pause_webhooks()
    stripe_server.control.refund(paid, 100)
    stripe_server.control.change_refund(paid)
    stripe_server.control.dispute(paid)
    stripe_server.control.change_dispute(paid, "lost")
    events = stripe_server.client().v1.events
    assert [1] * 4 == [event.pending_webhooks for event in events.list({"types": names}).data]
    stripe_server.control.resume_webhooks()
    stripe_server.control.drain_webhooks()
    assert set(names) == {received.verified(secret).type for received in receiver.received}
    assert {0} == {event.pending_webhooks for event in events.list({"limit": 100}).data}
