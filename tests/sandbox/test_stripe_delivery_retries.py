"""The local Stripe delivers again what failed, by its clock."""

import pytest

from tests.sandbox.receiving import COMPLETED, HOUR, receiving, register, seed_paid, undelivered, wait_until
from tests.sandbox.stripe_server import StripeServer


def test_a_failed_delivery_is_tried_three_more_times(stripe_server: StripeServer) -> None:
    """Over a few hours of the sandbox's clock, each signed afresh, and then never again."""
    with receiving(500, 500, 500, 500) as receiver:
        endpoint = register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()
        came = [len(receiver.received)]
        for seconds in (300, 3000, 9000, 24 * HOUR):
            stripe_server.control.advance_clock(seconds)
            stripe_server.control.drain_webhooks()
            came.append(len(receiver.received))

        assert [1, 2, 3, 4, 4] == came
        assert [1, 2, 3, 4] == [record.attempt for record in stripe_server.control.webhook_deliveries()]
        assert (1, 4) == (len({r.body for r in receiver.received}), len({r.signature for r in receiver.received}))
        assert 1 == len({received.verified(endpoint.secret).id for received in receiver.received})
        assert [COMPLETED] == undelivered(stripe_server)


def test_all_retries_of_a_long_time_come_at_once(stripe_server: StripeServer) -> None:
    """The first that succeeds is the last."""
    with receiving(500, 500) as receiver:
        register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()
        stripe_server.control.advance_clock(24 * HOUR)
        stripe_server.control.drain_webhooks()

        assert [500, 500, 200] == [record.status for record in stripe_server.control.webhook_deliveries()]
        assert [] == undelivered(stripe_server)


def test_the_times_of_retries_can_be_set(stripe_server: StripeServer) -> None:
    """One after a moment, which comes without anybody moving the clock."""
    stripe_server.control.set_webhooks(retry_seconds=[0.01])
    with receiving(500, 500) as receiver:
        register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        wait_until(lambda: 2 == len(stripe_server.control.webhook_deliveries()))

        stripe_server.control.advance_clock(24 * HOUR)
        stripe_server.control.drain_webhooks()
        assert 2 == len(receiver.received)


@pytest.mark.parametrize("how", ["deleted", "disabled"])
def test_an_endpoint_that_is_gone_gets_nothing_more(stripe_server: StripeServer, how: str) -> None:
    """Its retries die; what happens while it is disabled is never delivered to it."""
    with receiving(500) as receiver:
        endpoint = register(stripe_server, receiver.url)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()
        endpoints = stripe_server.client().v1.webhook_endpoints
        if how == "deleted":
            endpoints.delete(endpoint.id)
        else:
            endpoints.update(endpoint.id, {"disabled": True})
        stripe_server.control.advance_clock(24 * HOUR)
        seed_paid(stripe_server)
        stripe_server.control.drain_webhooks()
        if how == "disabled":
            endpoints.update(endpoint.id, {"disabled": False})
            stripe_server.control.drain_webhooks()

        assert 1 == len(receiver.received)
        assert ["failed", "dropped"] == [record.outcome for record in stripe_server.control.webhook_deliveries()]
        assert [COMPLETED] == undelivered(stripe_server)
