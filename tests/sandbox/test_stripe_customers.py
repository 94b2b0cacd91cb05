"""Customers of the local Stripe, through the real SDK."""

from typing import Any

import pytest

from tests.sandbox.selling import new_session
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


def test_a_deleted_customer_is_answered_as_deleted(stripe_server: StripeServer) -> None:
    """By its id, also where it is expanded; it is in no list, and nothing can be done with it."""
    client = stripe_server.client()
    session = new_session(stripe_server, customer_creation="always", customer_email="ada@b.example")
    customer = stripe_server.control.pay(session.id).customer
    assert customer is not None
    gone = {"id": customer, "object": "customer", "deleted": True}
    assert gone == client.v1.customers.delete(customer).to_dict() == client.v1.customers.retrieve(customer).to_dict()
    assert [] == client.v1.customers.list().data == client.v1.customers.search({"query": "created>0"}).data
    (charge,) = client.v1.charges.list({"customer": customer, "expand": ["data.customer"]}).to_dict()["data"]
    assert gone == charge["customer"]
    for refused in (
        lambda: client.v1.customers.update(customer, {"name": "Ada"}),
        lambda: client.v1.customers.delete(customer),
        lambda: new_session(stripe_server, customer=customer),
    ):
        assert "resource_missing" == error_of(refused)["code"]


def test_the_search_ignores_case(stripe_server: StripeServer) -> None:
    """The list does not."""
    customers = stripe_server.client().v1.customers
    first, second = (customers.create({"email": email}).id for email in ("ada+c@B.example", "ADA+c@b.example"))
    customers.create({"email": "ada@b.example"})
    found = customers.search({"query": 'email:"Ada+C@b.example"'}).to_dict()
    assert ("search_result", [second, first], False, None, "/v1/customers/search") == (
        found["object"],
        [customer["id"] for customer in found["data"]],
        found["has_more"],
        found["next_page"],
        found["url"],
    )
    assert [first] == [customer.id for customer in customers.list({"email": "ada+c@B.example"}).data]


def test_a_search_has_pages(stripe_server: StripeServer) -> None:
    """The token of the next one is in the answer."""
    customers = stripe_server.client().v1.customers
    made = [customers.create({"email": "a@b.example"}).id for _ in range(3)]
    page = customers.search({"query": "email:'a@b.example'", "limit": 2})
    assert (made[:0:-1], True) == ([customer.id for customer in page.data], page.has_more)
    assert made[::-1] == [customer.id for customer in page.auto_paging_iter()]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('name:"ada \\"the\\" first"', ["a"]),
        ("email~'b.exam'", ["c", "b", "a"]),
        ("email~'b.exam' -name:null", ["a"]),
        ('metadata["userId"]:"u-2" OR phone:"123"', ["c", "b"]),
        ("metadata['userId']:null AND created>=1", ["c", "a"]),
        ("created<1", []),
    ],
)
def test_a_query_of_the_search(stripe_server: StripeServer, query: str, found: list[str]) -> None:
    """Texts, parts of texts, metadata, times, what is not there, and several of them."""
    customers = stripe_server.client().v1.customers
    names = {
        customers.create({"email": "a@b.example", "name": 'Ada "the" First'}).id: "a",
        customers.create({"email": "b@b.example", "metadata": {"userId": "u-2"}}).id: "b",
        customers.create({"email": "c@b.example", "phone": "123"}).id: "c",
    }
    assert found == [names[customer.id] for customer in customers.search({"query": query}).data]


@pytest.mark.parametrize(
    "query",
    [
        "ada@b.example", 'email:"a', "email:a@b.example", 'address:"x"', "email~'ab'", 'created:"1"', 'name>"a"',
        'metadata:"u"', "email:'a' AND name:'b' OR name:'c'", " ".join(["name:'a'"] * 11), "email:'a'name:'b'",
    ],
)  # fmt: skip
def test_a_query_that_the_search_cannot_read_is_refused(stripe_server: StripeServer, query: str) -> None:
    """Rather than finding nothing."""
    error = error_of(lambda: stripe_server.client().v1.customers.search({"query": query}))
    assert (400, "query") == (error["status"], error["param"])


def test_a_search_refuses_a_page_that_is_none(stripe_server: StripeServer) -> None:
    """As it refuses to be asked nothing."""
    search = stripe_server.client().v1.customers.search
    nothing: Any = {}
    assert "page" == error_of(lambda: search({"query": "created>0", "page": "2"}))["param"]
    assert "parameter_missing" == error_of(lambda: search(nothing))["code"]
