"""Refunds and disputes of the local Stripe, through the real SDK and the sandbox's control."""

from typing import Any

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import AMOUNT, event_types, new_session, read_session
from tests.sandbox.stripe_server import StripeServer, error_of


@pytest.fixture
def paid(stripe_server: StripeServer) -> str:
    """Return the id of a session that is paid."""
    return stripe_server.control.pay(new_session(stripe_server).id).id


def charge_of(server: StripeServer, session_id: str) -> dict[str, Any]:
    """Return the charge of a session."""
    found = read_session(server, session_id, "payment_intent.latest_charge").to_dict()
    charge: dict[str, Any] = found["payment_intent"]["latest_charge"]
    return charge


def test_a_full_refund(stripe_server: StripeServer, paid: str) -> None:
    """The charge is refunded; the session stays complete and paid."""
    refund = stripe_server.control.refund(paid)
    charge = charge_of(stripe_server, paid)
    assert (AMOUNT, charge["id"]) == (refund.amount, refund.charge)
    assert (True, AMOUNT, False) == (charge["refunded"], charge["amount_refunded"], charge["disputed"])
    session = read_session(stripe_server, paid)
    assert ("complete", "paid") == (session.status, session.payment_status)
    assert "charge.refunded" == event_types(stripe_server)[-1]


def test_partial_refunds_add_up(stripe_server: StripeServer, paid: str) -> None:
    """Only the last one makes the charge refunded, and its event tells what was before."""
    stripe_server.control.refund(paid, 1000)
    charge = charge_of(stripe_server, paid)
    assert (False, 1000) == (charge["refunded"], charge["amount_refunded"])
    stripe_server.control.refund(paid)
    event = stripe_server.client().v1.events.list({"type": "charge.refunded"}).data[0].to_dict()
    assert ({"amount_refunded": 1000, "refunded": False}, True) == (
        event["data"]["previous_attributes"],
        event["data"]["object"]["refunded"],
    )
    charge = stripe_server.client().v1.charges.retrieve(charge["id"], {"expand": ["refunds"]}).to_dict()
    assert [3999, 1000] == [refund["amount"] for refund in charge["refunds"]["data"]]


def test_a_refund_by_the_api(stripe_server: StripeServer, paid: str) -> None:
    """By charge or payment intent; it can be read and listed."""
    client = stripe_server.client()
    charge = charge_of(stripe_server, paid)
    first = client.v1.refunds.create({"charge": charge["id"], "amount": 99, "reason": "duplicate"})
    second = client.v1.refunds.create({"payment_intent": charge["payment_intent"], "metadata": {"a": "b"}})
    assert (99, "duplicate", AMOUNT - 99) == (first.amount, first.reason, second.amount)
    assert [second.id, first.id] == [refund.id for refund in client.v1.refunds.list({"charge": charge["id"]}).data]
    assert "succeeded" == client.v1.refunds.retrieve(first.id).status


def test_no_more_is_refunded_than_was_paid(stripe_server: StripeServer, paid: str) -> None:
    """Nor twice."""
    refunds = stripe_server.client().v1.refunds
    charge = charge_of(stripe_server, paid)["id"]
    error = error_of(lambda: refunds.create({"charge": charge, "amount": AMOUNT + 1}))
    assert (400, "amount", "Refund amount (50.00 usd) is greater than charge amount (49.99 usd)") == (
        error["status"],
        error["param"],
        error["message"],
    )
    refunds.create({"charge": charge})
    again = error_of(lambda: refunds.create({"charge": charge}))
    assert (400, "charge_already_refunded") == (again["status"], again["code"])


@pytest.mark.parametrize("params", [{}, {"charge": "ch_none"}, {"payment_intent": "pi_none"}, {"amount": 5}])
def test_a_refund_needs_a_charge(stripe_server: StripeServer, params: Any) -> None:
    """One that is there."""
    assert 400 == error_of(lambda: stripe_server.client().v1.refunds.create(params))["status"]


def test_a_payment_on_its_way_cannot_be_refunded(stripe_server: StripeServer) -> None:
    """There is no money yet."""
    session = new_session(stripe_server)
    stripe_server.control.pay(session.id, "delayed")
    with pytest.raises(SandboxError, match="did not succeed"):
        stripe_server.control.refund(session.id)


def test_a_dispute_is_opened_and_lost(stripe_server: StripeServer, paid: str) -> None:
    """The charge only says that it is disputed; the dispute tells how it ended."""
    opened = stripe_server.control.dispute(paid)
    charge = charge_of(stripe_server, paid)
    assert (True, "needs_response", charge["id"]) == (charge["disputed"], opened.status, opened.charge)
    with pytest.raises(SandboxError, match="charged back"):
        stripe_server.control.refund(paid)
    stripe_server.control.close_dispute(paid, "lost")
    disputes = stripe_server.client().v1.disputes
    assert ("lost", AMOUNT) == (disputes.retrieve(opened.id).status, disputes.retrieve(opened.id).amount)
    assert [opened.id] == [found.id for found in disputes.list({"charge": charge["id"]}).data]
    assert [opened.id] == [found.id for found in disputes.list({"payment_intent": charge["payment_intent"]}).data]
    assert ["charge.dispute.created", "charge.dispute.closed"] == event_types(stripe_server)[-2:]


def test_a_dispute_that_is_won_stays_on_the_charge(stripe_server: StripeServer, paid: str) -> None:
    """`disputed` is never taken back."""
    stripe_server.control.dispute(paid)
    assert "won" == stripe_server.control.close_dispute(paid, "won").status
    assert charge_of(stripe_server, paid)["disputed"]


def test_an_inquiry_can_be_refunded(stripe_server: StripeServer, paid: str) -> None:
    """It has taken no money."""
    inquiry = stripe_server.control.dispute(paid, "warning_needs_response")
    assert stripe_server.client().v1.disputes.retrieve(inquiry.id).is_charge_refundable
    assert AMOUNT == stripe_server.control.refund(paid).amount


def test_what_is_not_possible_is_refused(stripe_server: StripeServer, paid: str) -> None:
    """Unknown ends, no dispute, no payment."""
    unpaid = new_session(stripe_server).id
    for refused in (
        lambda: stripe_server.control.dispute(paid, "angry"),
        lambda: stripe_server.control.close_dispute(paid, "won"),
        lambda: stripe_server.control.close_dispute(paid, "needs_response"),
        lambda: stripe_server.control.dispute(unpaid),
        lambda: stripe_server.control.refund(unpaid),
    ):
        with pytest.raises(SandboxError, match="400"):
            refused()


@pytest.mark.parametrize("kind", ["refunds", "disputes", "charges", "payment_intents", "events", "customers"])
def test_an_unknown_id_is_a_404(stripe_server: StripeServer, kind: str) -> None:
    """With Stripe's code."""
    answer = stripe_server.raw("GET", f"/v1/{kind}/none")
    assert (404, "resource_missing") == (answer.status_code, answer.json()["error"]["code"])
