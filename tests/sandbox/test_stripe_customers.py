"""Customers of the local Stripe, through the real SDK."""

import pytest

from tests.sandbox.stripe_server import StripeServer, error_of


def test_a_customer_is_made_and_changed(stripe_server: StripeServer) -> None:
    """Metadata is merged, an empty text clears a field."""
    customers = stripe_server.client().v1.customers
    made = customers.create({"email": "a@b.example", "name": "Ada", "business_name": "B", "metadata": {"userId": "u1"}})
    assert made.id.startswith("cus_")
    changed = customers.update(made.id, {"email": "c@d.example", "business_name": "", "metadata": {"k": "v"}})
    assert ("c@d.example", "Ada", None, {"userId": "u1", "k": "v"}) == (
        changed.email,
        changed.name,
        changed.business_name,
        changed.to_dict()["metadata"],
    )
    assert changed.to_dict() == customers.retrieve(made.id).to_dict()


def test_customers_are_listed_by_address(stripe_server: StripeServer) -> None:
    """As it is written, and two may share one."""
    customers = stripe_server.client().v1.customers
    first, second = (customers.create({"email": "a@b.example"}).id for _ in range(2))
    customers.create({"email": "A@b.example"})
    assert [second, first] == [found.id for found in customers.list({"email": "a@b.example"}).data]
    assert 3 == len(customers.list().data)


@pytest.mark.parametrize("email", ["nobody", "a@b", "a b@c.example", f"{'a' * 510}@b.example"])
def test_an_address_that_is_none_is_refused(stripe_server: StripeServer, email: str) -> None:
    """Nor one of more than 512 characters."""
    error = error_of(lambda: stripe_server.client().v1.customers.create({"email": email}))
    assert (400, "email") == (error["status"], error["param"])
