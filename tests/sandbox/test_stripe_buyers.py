"""What buyers do: pay, be declined, pay later, pay nothing, through sessions and links."""

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import AMOUNT, event_types, new_link, new_session, read_session
from tests.sandbox.stripe_server import StripeServer


def test_a_card_payment_completes_the_session(stripe_server: StripeServer) -> None:
    """Payment intent and charge have succeeded, and carry the metadata that the session has for them."""
    session = new_session(stripe_server, metadata={"on": "session"}, payment_intent_data={"metadata": {"on": "intent"}})
    paid = stripe_server.control.pay(session.id, email="ada@b.example")
    found = read_session(stripe_server, session.id, "payment_intent.latest_charge").to_dict()
    intent = found["payment_intent"]
    charge = intent["latest_charge"]
    assert ("complete", "paid", None, "ada@b.example", None) == (
        found["status"],
        found["payment_status"],
        found["url"],
        found["customer_details"]["email"],
        found["customer"],
    )
    assert (paid.payment_intent, "succeeded", AMOUNT, {"on": "intent"}) == (
        intent["id"],
        intent["status"],
        intent["amount_received"],
        intent["metadata"],
    )
    assert (True, True, False, 0, {"on": "intent"}, "ada@b.example") == (
        charge["paid"],
        charge["captured"],
        charge["refunded"],
        charge["amount_refunded"],
        charge["metadata"],
        charge["billing_details"]["email"],
    )
    assert ["payment_intent.succeeded", "checkout.session.completed"] == event_types(stripe_server)


def test_a_customer_is_made_when_the_session_says_always(stripe_server: StripeServer) -> None:
    """With the buyer's address, on session, payment intent and charge."""
    session = new_session(stripe_server, customer_creation="always", customer_email="ada@b.example")
    paid = stripe_server.control.pay(session.id)
    client = stripe_server.client()
    assert paid.customer is not None
    assert "ada@b.example" == client.v1.customers.retrieve(paid.customer).email
    assert [paid.customer] == [charge.customer for charge in client.v1.charges.list().data]


def test_a_session_is_paid_once(stripe_server: StripeServer) -> None:
    """A second payment is refused, and so is one of an expired session."""
    paid, expired = new_session(stripe_server), new_session(stripe_server)
    stripe_server.control.pay(paid.id)
    stripe_server.control.expire(expired.id)
    for session, status in ((paid, "complete"), (expired, "expired")):
        with pytest.raises(SandboxError, match=f"this session is {status}"):
            stripe_server.control.pay(session.id)
    assert 1 == len(stripe_server.client().v1.charges.list().data)


def test_a_declined_card_leaves_the_session_open(stripe_server: StripeServer) -> None:
    """The next attempt pays with the same payment intent, and a charge of its own."""
    session = new_session(stripe_server)
    declined = stripe_server.control.pay(session.id, "declined")
    assert declined.payment_intent is not None
    client = stripe_server.client()
    intent = client.v1.payment_intents.retrieve(declined.payment_intent)
    assert intent.last_payment_error is not None
    assert ("open", "unpaid", "requires_payment_method", "card_declined") == (
        declined.status,
        declined.payment_status,
        intent.status,
        intent.last_payment_error.code,
    )
    assert [] == event_types(stripe_server)
    paid = stripe_server.control.pay(session.id)
    assert ("paid", declined.payment_intent) == (paid.payment_status, paid.payment_intent)
    charges = client.v1.charges.list({"payment_intent": declined.payment_intent}).data
    assert [("succeeded", True), ("failed", False)] == [(charge.status, charge.paid) for charge in charges]


@pytest.mark.parametrize(
    ("succeed", "payment_status", "intent_status", "charge_status", "last_event"),
    [
        (True, "paid", "succeeded", "succeeded", "checkout.session.async_payment_succeeded"),
        (False, "unpaid", "requires_payment_method", "failed", "checkout.session.async_payment_failed"),
    ],
)
def test_a_bank_debit_is_settled_later(
    stripe_server: StripeServer,
    succeed: bool,
    payment_status: str,
    intent_status: str,
    charge_status: str,
    last_event: str,
) -> None:
    """The session is complete at once, unpaid and processing until the bank has spoken."""
    session = new_session(stripe_server)
    stripe_server.control.pay(session.id, "delayed")
    before = read_session(stripe_server, session.id, "payment_intent.latest_charge").to_dict()
    assert ("complete", "unpaid", "processing", "pending") == (
        before["status"],
        before["payment_status"],
        before["payment_intent"]["status"],
        before["payment_intent"]["latest_charge"]["status"],
    )
    stripe_server.control.advance_clock(2 * 86_400)
    stripe_server.control.settle(session.id, succeed=succeed)
    after = read_session(stripe_server, session.id, "payment_intent.latest_charge").to_dict()
    assert (payment_status, intent_status, charge_status, succeed) == (
        after["payment_status"],
        after["payment_intent"]["status"],
        after["payment_intent"]["latest_charge"]["status"],
        after["payment_intent"]["latest_charge"]["paid"],
    )
    assert before["payment_intent"]["created"] == after["payment_intent"]["created"]
    assert last_event == event_types(stripe_server)[-1]
    with pytest.raises(SandboxError, match="no payment of this session is processing"):
        stripe_server.control.settle(session.id, succeed=True)


def test_a_delayed_payment_arrives_three_days_later(stripe_server: StripeServer) -> None:
    """By the sandbox's clock, whoever reads it first; one that failed before stays failed."""
    session, failed = new_session(stripe_server), new_session(stripe_server)
    for made in (session, failed):
        stripe_server.control.pay(made.id, "delayed")
    stripe_server.control.settle(failed.id, succeed=False)
    stripe_server.control.advance_clock(3 * 86_400 - 60)
    assert "unpaid" == read_session(stripe_server, session.id).payment_status
    stripe_server.control.advance_clock(60)
    assert ["paid", "unpaid"] == [read_session(stripe_server, made.id).payment_status for made in (session, failed)]
    assert ["payment_intent.succeeded", "checkout.session.async_payment_succeeded"] == event_types(stripe_server)[-2:]


def test_a_full_discount_needs_no_payment(stripe_server: StripeServer) -> None:
    """There is no payment intent then."""
    session = new_session(stripe_server, allow_promotion_codes=True)
    free = stripe_server.control.pay(session.id, discount_percent=100)
    assert ("complete", "no_payment_required", 0, None) == (
        free.status,
        free.payment_status,
        free.amount_total,
        free.payment_intent,
    )
    found = read_session(stripe_server, session.id)
    assert found.total_details is not None
    assert (AMOUNT, AMOUNT) == (found.amount_subtotal, found.total_details.amount_discount)
    assert ["checkout.session.completed"] == event_types(stripe_server)


def test_a_promotion_lowers_the_payment(stripe_server: StripeServer) -> None:
    """Only where the session allows promotion codes."""
    session = new_session(stripe_server, allow_promotion_codes=True)
    stripe_server.control.pay(session.id, discount_percent=20)
    assert [4000] == [intent.amount for intent in stripe_server.client().v1.payment_intents.list().data]
    with pytest.raises(SandboxError, match="does not allow promotion codes"):
        stripe_server.control.pay(new_session(stripe_server).id, discount_percent=20)


def test_a_link_makes_a_session_for_each_buyer(stripe_server: StripeServer) -> None:
    """The link's metadata goes to the session, its payment_intent_data to the payment intent."""
    link = new_link(stripe_server, metadata={"courseId": "c1"}, payment_intent_data={"metadata": {"on": "intent"}})
    paid = stripe_server.control.pay(f"{link.url}?client_reference_id=user_7-a&prefilled_email=a%40b.example")
    other = stripe_server.control.open_link(link.id)
    assert (True, "open") == (paid.id != other.id, other.status)
    found = read_session(stripe_server, paid.id, "payment_intent", "payment_link").to_dict()
    assert (link.id, "user_7-a", "a@b.example", {"courseId": "c1"}, {"on": "intent"}) == (
        found["payment_link"]["id"],
        found["client_reference_id"],
        found["customer_details"]["email"],
        found["metadata"],
        found["payment_intent"]["metadata"],
    )


@pytest.mark.parametrize("reference", ["USER%237", "a%40b.example", "", "u" * 201, "caf%C3%A9"])
def test_an_invalid_reference_is_dropped_silently(stripe_server: StripeServer, reference: str) -> None:
    """The page works all the same [doc Track a payment link]."""
    opened = stripe_server.control.open_link(f"{new_link(stripe_server).url}?client_reference_id={reference}")
    assert ("open", None) == (opened.status, read_session(stripe_server, opened.id).client_reference_id)


def test_an_unknown_session_or_link_is_told(stripe_server: StripeServer) -> None:
    """With its id."""
    for target in ("cs_test_none", "plink_none", f"{stripe_server.url}/l/test_none"):
        with pytest.raises(SandboxError, match="none"):
            stripe_server.control.pay(target)
