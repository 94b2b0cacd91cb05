"""Refunds of the local Stripe, through the real SDK and the sandbox's control."""

from typing import Any

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import AMOUNT, charge_of, event_types, new_session, paid_session, read_session
from tests.sandbox.stripe_server import StripeServer, error_of


def test_a_full_refund(stripe_server: StripeServer) -> None:
    """The charge is refunded; the session stays complete and paid."""
    paid = paid_session(stripe_server)
    refund = stripe_server.control.refund(paid)
    charge = charge_of(stripe_server, paid)
    assert (AMOUNT, charge["id"]) == (refund.amount, refund.charge)
    assert (True, AMOUNT, False) == (charge["refunded"], charge["amount_refunded"], charge["disputed"])
    session = read_session(stripe_server, paid)
    assert ("complete", "paid") == (session.status, session.payment_status)
    assert ["refund.created", "charge.refunded"] == event_types(stripe_server)[-2:]


def test_partial_refunds_add_up(stripe_server: StripeServer) -> None:
    """Only the last one makes the charge refunded, and its event tells what was before."""
    paid = paid_session(stripe_server)
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


def test_a_refund_by_the_api(stripe_server: StripeServer) -> None:
    """By charge or payment intent; it can be read and listed."""
    paid = paid_session(stripe_server)
    client = stripe_server.client()
    charge = charge_of(stripe_server, paid)
    first = client.v1.refunds.create({"charge": charge["id"], "amount": 99, "reason": "duplicate"})
    second = client.v1.refunds.create({"payment_intent": charge["payment_intent"], "metadata": {"a": "b"}})
    assert (99, "duplicate", AMOUNT - 99) == (first.amount, first.reason, second.amount)
    assert [second.id, first.id] == [refund.id for refund in client.v1.refunds.list({"charge": charge["id"]}).data]
    assert "succeeded" == client.v1.refunds.retrieve(first.id).status


def test_no_more_is_refunded_than_was_paid(stripe_server: StripeServer) -> None:
    """Nor twice."""
    paid = paid_session(stripe_server)
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


def test_a_refund_fails_later(stripe_server: StripeServer) -> None:
    """Three days on, by the sandbox's clock: the charge is paid again, and three events report it."""
    paid = paid_session(stripe_server)
    made = stripe_server.control.refund(paid, fails_later=True)
    stripe_server.control.advance_clock(2 * 86_400)
    assert ("succeeded", True) == (made.status, charge_of(stripe_server, paid)["refunded"])
    stripe_server.control.advance_clock(86_400)
    failed = stripe_server.client().v1.refunds.retrieve(made.id)
    charge = charge_of(stripe_server, paid)
    assert ("failed", "expired_or_canceled_card", False, 0) == (
        failed.status,
        failed.failure_reason,
        charge["refunded"],
        charge["amount_refunded"],
    )
    assert ["charge.refund.updated", "refund.updated", "refund.failed"] == event_types(stripe_server)[-3:]
    updated = stripe_server.client().v1.events.list({"type": "refund.updated"}).data[0].to_dict()
    assert {"status": "succeeded", "failure_reason": None} == updated["data"]["previous_attributes"]


def test_a_refund_fails_at_once(stripe_server: StripeServer) -> None:
    """The one that is named, else the newest; what failed can be refunded again."""
    paid = paid_session(stripe_server)
    first, second = stripe_server.control.refund(paid, 1000), stripe_server.control.refund(paid, 500)
    stripe_server.control.change_refund(paid, refund_id=first.id)
    assert "failed" == stripe_server.control.change_refund(paid).status
    charge = stripe_server.client().v1.charges.retrieve(second.charge, {"expand": ["refunds"]}).to_dict()
    assert [(second.id, "failed"), (first.id, "failed")] == [
        (refund["id"], refund["status"]) for refund in charge["refunds"]["data"]
    ]
    assert AMOUNT == stripe_server.control.refund(paid).amount


def test_the_charge_may_go_on_saying_that_it_is_refunded(stripe_server: StripeServer) -> None:
    """Only the refund says that it failed: whoever asks the charge alone is wrong."""
    paid = paid_session(stripe_server)
    stripe_server.control.refund(paid)
    stripe_server.control.change_refund(paid, charge_follows=False)
    charge = charge_of(stripe_server, paid)
    assert (True, AMOUNT) == (charge["refunded"], charge["amount_refunded"])
    assert ["failed"] == [refund.status for refund in stripe_server.client().v1.refunds.list().data]


def test_a_pending_refund_counts_when_it_has_succeeded(stripe_server: StripeServer) -> None:
    """Until then the charge does not say so, but nothing is left to refund."""
    paid = paid_session(stripe_server)
    stripe_server.control.refund(paid, status="pending")
    assert (False, 0) == tuple(charge_of(stripe_server, paid)[name] for name in ("refunded", "amount_refunded"))
    assert "refund.created" == event_types(stripe_server)[-1]
    with pytest.raises(SandboxError, match="already been refunded"):
        stripe_server.control.refund(paid)
    stripe_server.control.change_refund(paid, "succeeded")
    assert (True, AMOUNT) == tuple(charge_of(stripe_server, paid)[name] for name in ("refunded", "amount_refunded"))
    assert ["charge.refunded", "charge.refund.updated", "refund.updated"] == event_types(stripe_server)[-3:]


def test_a_canceled_refund_gives_the_money_to_the_seller(stripe_server: StripeServer) -> None:
    """Without the event of a failure; then its end is reached."""
    paid = paid_session(stripe_server)
    stripe_server.control.refund(paid, status="requires_action")
    assert "canceled" == stripe_server.control.change_refund(paid, "canceled").status
    assert ["charge.refund.updated", "refund.updated"] == event_types(stripe_server)[-2:]
    with pytest.raises(SandboxError, match="a refund that is canceled cannot become 'failed'"):
        stripe_server.control.change_refund(paid)


def test_a_charge_shows_ten_refunds(stripe_server: StripeServer) -> None:
    """The newest, and that there are more; without being asked it shows none."""
    paid = paid_session(stripe_server)
    made = [stripe_server.control.refund(paid, 100).id for _ in range(11)]
    charges = stripe_server.client().v1.charges
    assert "refunds" not in charges.retrieve(charge_of(stripe_server, paid)["id"]).to_dict()
    (charge,) = charges.list({"expand": ["data.refunds"]}).data
    shown = charge.to_dict()["refunds"]
    assert (made[:0:-1], True) == ([refund["id"] for refund in shown["data"]], shown["has_more"])


def test_refunds_are_listed_by_time_with_what_they_belong_to(stripe_server: StripeServer) -> None:
    """Payment intent and charge take the places of their ids, four levels deep at most."""
    first = stripe_server.control.refund(paid_session(stripe_server))
    stripe_server.control.advance_clock(3600)
    middle = int(stripe_server.control.health()["now"])
    stripe_server.control.advance_clock(3600)
    second = stripe_server.control.refund(paid_session(stripe_server, metadata={"a": "b"}))
    refunds = stripe_server.client().v1.refunds
    assert [second.id] == [refund.id for refund in refunds.list({"created": {"gte": middle}}).data]
    assert [first.id] == [refund.id for refund in refunds.list({"created": {"lt": middle}}).data]
    assert [first.id] == [refund.id for refund in refunds.list({"limit": 1, "starting_after": second.id}).data]
    expand = ["data.charge.refunds", "data.payment_intent.latest_charge"]
    newest = refunds.list({"limit": 1, "expand": expand}).to_dict()["data"][0]
    assert ([second.id], second.charge) == (
        [refund["id"] for refund in newest["charge"]["refunds"]["data"]],
        newest["payment_intent"]["latest_charge"]["id"],
    )
    too_deep: Any = {"expand": ["data.charge.payment_intent.latest_charge.customer"]}
    assert (400, "expand") == tuple(error_of(lambda: refunds.list(too_deep))[name] for name in ("status", "param"))


def test_refunds_need_the_permission_of_charges(stripe_server: StripeServer) -> None:
    """Disputes have one of their own; each refusal names what is missing."""
    key = stripe_server.control.add_key(permissions={"dispute": "read", "charge": "none"})["value"]
    client = stripe_server.client(key)
    assert [] == client.v1.disputes.list().data
    error = error_of(client.v1.refunds.list)
    assert (403, True) == (error["status"], "('charge_read')" in str(error["message"]))
    error = error_of(lambda: client.v1.disputes.list({"expand": ["data.charge"]}))
    assert (403, True) == (error["status"], "('charge_read')" in str(error["message"]))
    other = stripe_server.client(stripe_server.control.add_key(permissions={"charge": "read"})["value"])
    assert "('dispute_read')" in str(error_of(other.v1.disputes.list)["message"])


def test_what_a_refund_of_the_sandbox_has_no_use_for_is_refused(stripe_server: StripeServer) -> None:
    """Rather than ignored."""
    params: Any = {"charge": charge_of(stripe_server, paid_session(stripe_server))["id"], "reverse_transfer": True}
    assert "reverse_transfer" == error_of(lambda: stripe_server.client().v1.refunds.create(params))["param"]


@pytest.mark.parametrize(
    "call",
    [
        lambda control, paid: control.refund(paid, 0),
        lambda control, paid: control.refund(paid, status="failed"),
        lambda control, paid: control.change_refund(paid),
        lambda control, paid: control.change_refund(paid, refund_id="re_none"),
    ],
)
def test_what_is_not_possible_is_refused(stripe_server: StripeServer, call: Any) -> None:
    """Nothing to refund, a status that no new refund has, no refund to change."""
    paid = paid_session(stripe_server)
    with pytest.raises(SandboxError, match="400"):
        call(stripe_server.control, paid)


@pytest.mark.parametrize("kind", ["refunds", "disputes", "charges", "payment_intents", "events", "customers"])
def test_an_unknown_id_is_a_404(stripe_server: StripeServer, kind: str) -> None:
    """With Stripe's code."""
    answer = stripe_server.raw("GET", f"/v1/{kind}/none")
    assert (404, "resource_missing") == (answer.status_code, answer.json()["error"]["code"])
