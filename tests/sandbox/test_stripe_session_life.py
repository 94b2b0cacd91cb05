"""Checkout sessions after they were made: read, changed, listed, expired."""

import pytest

from tests.sandbox.selling import course_price, event_types, new_link, new_session, read_session
from tests.sandbox.stripe_server import StripeServer, error_of

HOUR = 3600


def test_an_unknown_session_is_a_404(stripe_server: StripeServer) -> None:
    """One of the other mode, too."""
    error = error_of(lambda: read_session(stripe_server, "cs_test_none"))
    assert (404, "resource_missing", "session", "No such checkout.session: cs_test_none") == (
        error["status"],
        error["code"],
        error["param"],
        error["message"],
    )
    session = new_session(stripe_server)
    live = stripe_server.client(stripe_server.key("live"))
    assert 404 == error_of(lambda: live.v1.checkout.sessions.retrieve(session.id))["status"]


def test_a_session_expires_when_it_is_asked_to(stripe_server: StripeServer) -> None:
    """Once; a session that is not open is refused with its status."""
    sessions = stripe_server.client().v1.checkout.sessions
    session = new_session(stripe_server)
    expired = sessions.expire(session.id)
    assert ("expired", "unpaid", None) == (expired.status, expired.payment_status, expired.url)
    again = error_of(lambda: sessions.expire(session.id))
    assert (
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
        "`expired`." == again["message"]
    )
    assert ["checkout.session.expired"] == event_types(stripe_server)


def test_a_complete_session_cannot_expire(stripe_server: StripeServer) -> None:
    """The money is in."""
    session = new_session(stripe_server)
    stripe_server.control.pay(session.id)
    error = error_of(lambda: stripe_server.client().v1.checkout.sessions.expire(session.id))
    assert (400, True) == (error["status"], "`complete`" in str(error["message"]))
    stripe_server.control.advance_clock(25 * HOUR)
    assert "complete" == read_session(stripe_server, session.id).status


def test_a_session_expires_by_the_clock(stripe_server: StripeServer) -> None:
    """Whoever reads it afterwards finds it expired, and its event bears the second of its end."""
    session = new_session(stripe_server)
    stripe_server.control.advance_clock(24 * HOUR - 60)
    assert "open" == read_session(stripe_server, session.id).status
    stripe_server.control.advance_clock(3 * HOUR)
    events = stripe_server.client().v1.events.list({"type": "checkout.session.expired"}).data
    assert [(session.expires_at, session.id, "expired")] == [
        (event.created, event.data.object["id"], event.data.object["status"]) for event in events
    ]
    found = read_session(stripe_server, session.id)
    assert ("expired", None) == (found.status, found.url)


def test_a_session_that_was_tried_in_vain_expires_with_its_payment(stripe_server: StripeServer) -> None:
    """The payment intent is cancelled."""
    session = new_session(stripe_server)
    stripe_server.control.pay(session.id, "declined")
    stripe_server.control.expire(session.id)
    intent = stripe_server.client().v1.payment_intents.list().data[0]
    assert ("canceled", "automatic") == (intent.status, intent.cancellation_reason)


def test_metadata_can_be_changed(stripe_server: StripeServer) -> None:
    """New keys are merged, empty values remove theirs."""
    session = new_session(stripe_server, metadata={"a": "1", "b": "2"})
    changed = stripe_server.client().v1.checkout.sessions.update(session.id, {"metadata": {"a": "", "c": "3"}})
    assert {"b": "2", "c": "3"} == changed.to_dict()["metadata"]


def test_what_is_sold_cannot_be_changed(stripe_server: StripeServer) -> None:
    """Line items of a hosted session are what they are."""
    session = new_session(stripe_server)
    sessions = stripe_server.client().v1.checkout.sessions
    error = error_of(lambda: sessions.update(session.id, {"line_items": [{"price": "p", "quantity": 1}]}))
    assert (400, "line_items") == (error["status"], error["param"])


def test_line_items_come_in_pages(stripe_server: StripeServer) -> None:
    """In the order in which they are sold."""
    prices = [course_price(stripe_server, name=name) for name in ("A", "B", "C")]
    session = new_session(stripe_server, line_items=[{"price": price, "quantity": 1} for price in prices])
    items = stripe_server.client().v1.checkout.sessions.line_items
    first = items.list(session.id, {"limit": 2})
    assert (["A", "B"], True) == ([item.description for item in first.data], first.has_more)
    rest = items.list(session.id, {"limit": 2, "starting_after": first.data[1].id})
    assert (["C"], False) == ([item.description for item in rest.data], rest.has_more)


def test_a_list_can_be_filtered_by_everything_that_the_sdk_offers(stripe_server: StripeServer) -> None:
    """Status, customer, its address, payment intent, payment link."""
    sessions = stripe_server.client().v1.checkout.sessions
    customer = stripe_server.client().v1.customers.create({"email": "c@b.example"}).id
    of_customer = new_session(stripe_server, customer=customer)
    paid = stripe_server.control.pay(new_session(stripe_server).id, email="d@b.example")
    link = new_link(stripe_server)
    of_link = stripe_server.control.open_link(link.url)

    def ids(**params: object) -> list[str]:
        return [session.id for session in sessions.list(params).data]  # type: ignore[arg-type]

    assert [of_link.id, paid.id, of_customer.id] == ids()
    assert [paid.id] == ids(status="complete")
    assert [of_link.id, of_customer.id] == ids(status="open")
    assert [of_customer.id] == ids(customer=customer)
    assert [of_customer.id] == ids(customer_details={"email": "c@b.example"})
    assert [paid.id] == ids(payment_intent=paid.payment_intent)
    assert [of_link.id] == ids(payment_link=link.id)


def test_a_list_can_be_filtered_by_creation(stripe_server: StripeServer) -> None:
    """Ranges are open or closed at either end."""
    sessions = stripe_server.client().v1.checkout.sessions
    made = []
    for _ in range(3):
        made.append(new_session(stripe_server))
        stripe_server.control.advance_clock(600)
    first, second, third = made
    inside = sessions.list({"created": {"gt": first.created, "lte": third.created}}).data
    assert [third.id, second.id] == [session.id for session in inside]


def test_a_page_of_sessions_with_their_charges(stripe_server: StripeServer) -> None:
    """Payment intent, its charge and the line items in one answer."""
    paid = stripe_server.control.pay(new_session(stripe_server).id)
    new_session(stripe_server)
    listed = stripe_server.client().v1.checkout.sessions.list(
        {"expand": ["data.payment_intent.latest_charge", "data.line_items"]}
    )
    unpaid, found = (session.to_dict() for session in listed.data)
    assert (None, paid.id) == (unpaid["payment_intent"], found["id"])
    assert ("succeeded", True) == (
        found["payment_intent"]["status"],
        found["payment_intent"]["latest_charge"]["paid"],
    )
    assert "Course" == found["line_items"]["data"][0]["description"]


@pytest.mark.parametrize("path", ["data.metadata", "payment_intent", "data.line_items.data.price.product"])
def test_an_expansion_that_is_none_is_refused(stripe_server: StripeServer, path: str) -> None:
    """Not expandable, not below data, or more than four levels deep."""
    error = error_of(lambda: stripe_server.client().v1.checkout.sessions.list({"expand": [path]}))
    assert (400, "expand") == (error["status"], error["param"])


def test_a_least_restricted_key_may_sell(stripe_server: StripeServer) -> None:
    """And read customers; it is refused to make one, by the permission's name."""
    client = stripe_server.client(stripe_server.key(kind="restricted"))
    session = new_session(stripe_server)
    assert session.id == client.v1.checkout.sessions.retrieve(session.id).id
    assert [] == client.v1.disputes.list().data
    assert [] == client.v1.customers.list().data
    error = error_of(client.v1.customers.create)
    assert (403, True) == (error["status"], "Customers Write" in str(error["message"]))


def test_what_is_expanded_needs_a_permission_too(stripe_server: StripeServer) -> None:
    """A key that may read sessions, but no payment intents, is refused by the permission's name."""
    key = stripe_server.control.add_key(kind="restricted", permissions={"checkout_session": "read"})["value"]
    paid = stripe_server.control.pay(new_session(stripe_server).id)
    sessions = stripe_server.client(key).v1.checkout.sessions
    assert paid.payment_intent == sessions.list({"expand": ["data.line_items"]}).data[0].payment_intent
    error = error_of(lambda: sessions.list({"expand": ["data.payment_intent"]}))
    assert (403, True) == (error["status"], "PaymentIntents Read" in str(error["message"]))
