"""Disputes of the local Stripe, through the real SDK and the sandbox's control."""

from typing import Any

import pytest

from learnermax_cli.sandbox.client import SandboxError
from learnermax_cli.sandbox.stripe_api.resources.disputes import STATUSES
from tests.sandbox.selling import AMOUNT, charge_of, event_types, new_session, paid_session
from tests.sandbox.stripe_server import StripeServer

_DISPUTED = ["created", "funds_withdrawn"]


def _dispute_events(server: StripeServer) -> list[str]:
    prefix = "charge.dispute."
    return [name.removeprefix(prefix) for name in event_types(server) if name.startswith(prefix)]


def test_a_dispute_is_opened_and_lost(stripe_server: StripeServer) -> None:
    """The charge only says that it is disputed; the dispute says how it ended."""
    paid = paid_session(stripe_server)
    opened = stripe_server.control.dispute(paid)
    charge = charge_of(stripe_server, paid)
    assert (True, "needs_response", charge["id"], AMOUNT) == (
        charge["disputed"],
        opened.status,
        opened.charge,
        opened.amount,
    )
    with pytest.raises(SandboxError, match="charged back"):
        stripe_server.control.refund(paid)
    stripe_server.control.change_dispute(paid, "lost")
    disputes = stripe_server.client().v1.disputes
    assert ("lost", AMOUNT) == (disputes.retrieve(opened.id).status, disputes.retrieve(opened.id).amount)
    assert [opened.id] == [found.id for found in disputes.list({"charge": charge["id"]}).data]
    assert [opened.id] == [found.id for found in disputes.list({"payment_intent": charge["payment_intent"]}).data]
    assert [*_DISPUTED, "closed"] == _dispute_events(stripe_server)


def test_a_dispute_that_is_won_stays_on_the_charge(stripe_server: StripeServer) -> None:
    """`disputed` is never taken back; the money comes back."""
    paid = paid_session(stripe_server)
    stripe_server.control.dispute(paid)
    assert "won" == stripe_server.control.change_dispute(paid, "won").status
    assert charge_of(stripe_server, paid)["disputed"]
    assert [*_DISPUTED, "closed", "funds_reinstated"] == _dispute_events(stripe_server)


def test_a_dispute_that_was_won_is_lost_after_all(stripe_server: StripeServer) -> None:
    """The same one, through an appeal: the money is taken again, and the end reported again."""
    paid = paid_session(stripe_server)
    opened = stripe_server.control.dispute(paid)
    for status in ("won", "appeal_needs_response", "appeal_under_review", "lost"):
        assert (opened.id, status) == (
            stripe_server.control.change_dispute(paid, status).id,
            stripe_server.client().v1.disputes.retrieve(opened.id).status,
        )
    later = ["closed", "funds_reinstated", "funds_withdrawn", "updated", "updated", "closed"]
    assert [*_DISPUTED, *later] == _dispute_events(stripe_server)
    event = stripe_server.client().v1.events.list({"type": "charge.dispute.closed"}).data[0].to_dict()
    assert ("lost", {"status": "appeal_under_review"}) == (
        event["data"]["object"]["status"],
        event["data"]["previous_attributes"],
    )


def test_a_part_of_a_payment_is_disputed(stripe_server: StripeServer) -> None:
    """As where an order has several items."""
    assert 1000 == stripe_server.control.dispute(paid_session(stripe_server), amount=1000).amount


def test_an_inquiry_takes_no_money(stripe_server: StripeServer) -> None:
    """It can be refunded, until it becomes a dispute."""
    paid = paid_session(stripe_server)
    inquiry = stripe_server.control.dispute(paid, "warning_needs_response")
    disputes = stripe_server.client().v1.disputes
    assert disputes.retrieve(inquiry.id).is_charge_refundable
    assert 100 == stripe_server.control.refund(paid, 100).amount
    stripe_server.control.change_dispute(paid, "needs_response")
    assert not disputes.retrieve(inquiry.id).is_charge_refundable
    assert ["created", "funds_withdrawn", "updated"] == _dispute_events(stripe_server)


def test_disputes_are_listed_with_what_they_belong_to(stripe_server: StripeServer) -> None:
    """Newest first, by time, with payment intent and charge in the places of their ids."""
    first = stripe_server.control.dispute(paid_session(stripe_server))
    stripe_server.control.advance_clock(3600)
    after = int(stripe_server.control.health()["now"])
    second = stripe_server.control.dispute(paid_session(stripe_server, payment_intent_data={"metadata": {"a": "b"}}))
    disputes = stripe_server.client().v1.disputes
    assert [second.id, first.id] == [dispute.id for dispute in disputes.list().data]
    expand = ["data.payment_intent", "data.charge"]
    (found,) = disputes.list({"created": {"gte": after}, "expand": expand}).to_dict()["data"]
    assert ({"a": "b"}, second.charge) == (found["payment_intent"]["metadata"], found["charge"]["id"])


@pytest.mark.parametrize("status", STATUSES)
def test_a_dispute_may_begin_with_any_status(stripe_server: StripeServer, status: str) -> None:
    """One that has ended at once reports so."""
    opened = stripe_server.control.dispute(paid_session(stripe_server), status)
    ended = status in ("won", "lost", "prevented", "warning_closed")
    assert (status, ended) == (opened.status, "closed" in _dispute_events(stripe_server))


def test_what_is_not_possible_is_refused(stripe_server: StripeServer) -> None:
    """Unknown statuses, amounts beyond the payment, no dispute, no payment, no change."""
    paid, disputed, unpaid = paid_session(stripe_server), paid_session(stripe_server), new_session(stripe_server).id
    stripe_server.control.dispute(disputed)
    calls: list[Any] = [
        lambda: stripe_server.control.dispute(paid, "angry"),
        lambda: stripe_server.control.dispute(paid, amount=0),
        lambda: stripe_server.control.dispute(paid, amount=AMOUNT + 1),
        lambda: stripe_server.control.change_dispute(paid, "won"),
        lambda: stripe_server.control.change_dispute(disputed, "needs_response"),
        lambda: stripe_server.control.change_dispute(disputed, "angry"),
        lambda: stripe_server.control.dispute(unpaid),
        lambda: stripe_server.control.refund(unpaid),
    ]
    for refused in calls:
        with pytest.raises(SandboxError, match="400"):
            refused()
