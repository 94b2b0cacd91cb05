"""What can be changed of a sale that was made: the metadata of its session and of its payment intent."""

from typing import Any

import pytest

from tests.sandbox.selling import charge_of, new_session, paid_session, read_session
from tests.sandbox.stripe_server import StripeServer, error_of

OURS = {"managedBy": "lmx", "userId": "u-1"}


def test_the_metadata_of_a_complete_session_is_changed(stripe_server: StripeServer) -> None:
    """It is merged into what is there; the payment keeps its own."""
    paid = paid_session(stripe_server, metadata={"courseId": "c"}, payment_intent_data={"metadata": {"a": "b"}})
    changed = stripe_server.client().v1.checkout.sessions.update(paid, {"metadata": OURS})
    found = read_session(stripe_server, paid, "payment_intent").to_dict()
    assert {"courseId": "c", **OURS} == changed.to_dict()["metadata"] == found["metadata"]
    assert {"a": "b"} == found["payment_intent"]["metadata"]


def test_the_metadata_of_a_payment_is_changed(stripe_server: StripeServer) -> None:
    """Its charge keeps what it was made with."""
    paid = paid_session(stripe_server, payment_intent_data={"metadata": {"a": "b"}})
    charge = charge_of(stripe_server, paid)
    intents = stripe_server.client().v1.payment_intents
    changed = intents.update(charge["payment_intent"], {"metadata": {"a": "", **OURS}, "description": "Course"})
    assert (OURS, "Course") == (changed.to_dict()["metadata"], changed.description)
    assert changed.to_dict() == intents.retrieve(changed.id).to_dict()
    assert {"a": "b"} == charge_of(stripe_server, paid)["metadata"]


@pytest.mark.parametrize("kind", ["session", "payment"])
def test_another_change_under_one_idempotency_key_is_refused(stripe_server: StripeServer, kind: str) -> None:
    """The same one is answered again, and marked."""
    paid = paid_session(stripe_server)
    intent = charge_of(stripe_server, paid)["payment_intent"]
    path = f"/v1/checkout/sessions/{paid}" if kind == "session" else f"/v1/payment_intents/{intent}"
    first, again, other = (
        stripe_server.raw("POST", path, {"metadata[userId]": user}, Idempotency_Key="claim") for user in "aab"
    )
    assert (200, 200, 400) == (first.status_code, again.status_code, other.status_code)
    assert "true" == again.headers["Idempotent-Replayed"]
    assert "idempotency_error" == other.json()["error"]["type"]


def test_what_else_a_payment_has_stays(stripe_server: StripeServer) -> None:
    """The sandbox refuses it, as it refuses to change a payment that is not there."""
    intent = charge_of(stripe_server, paid_session(stripe_server))["payment_intent"]
    update = stripe_server.client().v1.payment_intents.update
    params: Any = {"amount": 1}
    assert "amount" == error_of(lambda: update(intent, params))["param"]
    assert 404 == error_of(lambda: update("pi_none", {"metadata": {}}))["status"]


def test_changes_need_their_permissions(stripe_server: StripeServer) -> None:
    """Reading is not writing."""
    session = new_session(stripe_server).id
    key = stripe_server.control.add_key(permissions={"checkout_session": "read", "payment_intent": "read"})["value"]
    client = stripe_server.client(key)
    of_session = error_of(lambda: client.v1.checkout.sessions.update(session, {"metadata": OURS}))
    of_payment = error_of(lambda: client.v1.payment_intents.update("pi_1", {"metadata": OURS}))
    assert "('checkout_session_write')" in str(of_session["message"])
    assert "('payment_intent_write')" in str(of_payment["message"])
