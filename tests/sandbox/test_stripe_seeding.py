"""Many sessions at once, in every state, as tests and benchmarks need them."""

from itertools import pairwise

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import course_price, read_session
from tests.sandbox.stripe_server import StripeServer

HOUR = 3600
# State: status, payment status, status of the payment intent, amount refunded of 4999, disputed, newest event.
STATES = {
    "open": ("open", "unpaid", None, 0, False, None),
    "expired": ("expired", "unpaid", None, 0, False, "checkout.session.expired"),
    "free": ("complete", "no_payment_required", None, 0, False, "checkout.session.completed"),
    "paid": ("complete", "paid", "succeeded", 0, False, "checkout.session.completed"),
    "processing": ("complete", "unpaid", "processing", 0, False, "checkout.session.completed"),
    "failed": ("complete", "unpaid", "requires_payment_method", 0, False, "checkout.session.async_payment_failed"),
    "refunded": ("complete", "paid", "succeeded", 4999, False, "charge.refunded"),
    "partly_refunded": ("complete", "paid", "succeeded", 2499, False, "charge.refunded"),
    "disputed": ("complete", "paid", "succeeded", 0, True, "charge.dispute.created"),
    "dispute_lost": ("complete", "paid", "succeeded", 0, True, "charge.dispute.closed"),
    "dispute_won": ("complete", "paid", "succeeded", 0, True, "charge.dispute.closed"),
    "inquiry": ("complete", "paid", "succeeded", 0, True, "charge.dispute.created"),
}


@pytest.mark.parametrize("state", STATES)
def test_a_session_in_any_state(stripe_server: StripeServer, state: str) -> None:
    """What is read fits together, down to the charge and the newest event."""
    row = {"course_id": "c1", "user_id": "u1", "state": state, "offset": -HOUR}
    (session_id,) = stripe_server.control.seed_sessions([row])
    found = read_session(stripe_server, session_id, "payment_intent.latest_charge").to_dict()
    intent = found["payment_intent"] or {"status": None, "latest_charge": {"amount_refunded": 0, "disputed": False}}
    events = stripe_server.client().v1.events.list().data
    assert STATES[state] == (
        found["status"],
        found["payment_status"],
        intent["status"],
        intent["latest_charge"]["amount_refunded"],
        intent["latest_charge"]["disputed"],
        events[0].type if events else None,
    )
    ours = {"managedBy": "lmx", "environment": "sandbox", "courseId": "c1", "userId": "u1"}
    assert (ours, "u1") == (found["metadata"], found["client_reference_id"])


def test_a_row_says_what_differs(stripe_server: StripeServer) -> None:
    """Amount, currency, address, metadata, reference, and the session's id."""
    row = {
        "id": "cs_test_mine", "amount": 700, "currency": "eur", "email": "a@b.example", "offset": -2 * HOUR,
        "metadata": {"courseId": "c9"}, "client_reference_id": None,
    }  # fmt: skip
    assert ["cs_test_mine"] == stripe_server.control.seed_sessions([row])
    found = read_session(stripe_server, "cs_test_mine").to_dict()
    assert (700, "eur", "a@b.example", {"courseId": "c9"}, None) == (
        found["amount_total"],
        found["currency"],
        found["customer_details"]["email"],
        found["metadata"],
        found["client_reference_id"],
    )
    assert 2 * HOUR == round(stripe_server.control.health()["now"] - found["created"], -1)


def test_a_seeded_session_sells_the_product_that_is_there(stripe_server: StripeServer) -> None:
    """At its price."""
    client = stripe_server.client()
    product = client.v1.products.create(
        {
            "name": "Course One",
            "metadata": {"courseId": "c1"},
            "default_price_data": {"currency": "usd", "unit_amount": 1234},
        }
    )
    (session_id,) = stripe_server.control.seed_sessions([{"course_id": "c1", "user_id": "u1"}])
    items = read_session(stripe_server, session_id, "line_items").line_items
    assert items is not None
    assert items.data[0].price is not None
    assert (1234, product.default_price) == (items.data[0].amount_total, items.data[0].price.id)


def test_a_pattern_makes_as_many_as_it_says(stripe_server: StripeServer) -> None:
    """Courses and states in turns, spaced evenly, newest last."""
    ids = stripe_server.control.seed_sessions(
        generate={"count": 250, "courses": ["a", "b"], "states": ["paid", "open", "expired"], "spacing": 60}
    )
    sessions = stripe_server.client().v1.checkout.sessions
    listed = list(sessions.list({"limit": 100}).auto_paging_iter())
    assert ids[::-1] == [session.id for session in listed]
    assert {60} == {newer.created - older.created for newer, older in pairwise(listed)}
    assert ["a", "b"] == [session.to_dict()["metadata"]["courseId"] for session in (listed[-1], listed[-2])]
    since = listed[99].created
    assert 100 == len(sessions.list({"limit": 100, "created": {"gte": since}}).data)
    assert 84 == len(list(sessions.list({"limit": 100, "status": "complete"}).auto_paging_iter()))


def test_a_seeded_session_goes_on_as_any_other(stripe_server: StripeServer) -> None:
    """It can be paid, settled and refunded, and it expires by the clock."""
    rows = [{"course_id": "c1", "user_id": "u", "state": state} for state in ("open", "open", "processing", "paid")]
    paid, left, processing, refunded = stripe_server.control.seed_sessions(rows)
    control = stripe_server.control
    assert "paid" == control.pay(paid).payment_status
    assert "paid" == control.settle(processing, succeed=True).payment_status
    control.refund(refunded)
    charge = read_session(stripe_server, refunded, "payment_intent.latest_charge").to_dict()["payment_intent"]
    assert charge["latest_charge"]["refunded"]
    control.advance_clock(25 * HOUR)
    assert "expired" == read_session(stripe_server, left).status
    intent = read_session(stripe_server, paid, "payment_intent").to_dict()["payment_intent"]
    assert "u" == intent["metadata"]["userId"]


def test_an_open_session_of_yesterday_has_expired(stripe_server: StripeServer) -> None:
    """Its time is over, whatever the seed says."""
    (session_id,) = stripe_server.control.seed_sessions(
        [{"course_id": "c", "user_id": "u", "state": "open", "offset": -90_000}]
    )
    assert "expired" == read_session(stripe_server, session_id).status


def test_live_sessions_and_sessions_without_events(stripe_server: StripeServer) -> None:
    """Mode and events are options of the whole seed."""
    row = {"course_id": "c", "user_id": "u"}
    (session_id,) = stripe_server.control.seed_sessions([row], mode="live", events=False)
    live = stripe_server.client(stripe_server.key("live"))
    assert live.v1.checkout.sessions.retrieve(session_id).livemode
    assert [] == live.v1.events.list().data


def test_a_seed_that_cannot_be_is_refused(stripe_server: StripeServer) -> None:
    """An unknown state or field; nothing is stored then."""
    for row in ({"state": "happy"}, {"colour": "red"}):
        with pytest.raises(SandboxError, match="unknown"):
            stripe_server.control.seed_sessions([{"course_id": "c", "user_id": "u"}, row])
    course_price(stripe_server)
    assert [] == stripe_server.client().v1.checkout.sessions.list().data
