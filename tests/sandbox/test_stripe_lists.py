"""Lists of the local Stripe: order, pages, cursors, filters, expansion."""

from typing import Any

import pytest
import stripe

from tests.sandbox.selling import new_session
from tests.sandbox.stripe_server import StripeServer, error_of


@pytest.fixture
def ten_products(stripe_server: StripeServer) -> list[str]:
    """Make p0 to p9, the first five in one second of the sandbox's clock, the others a minute apart."""
    client = stripe_server.client()
    for number in range(10):
        if number >= 5:
            stripe_server.control.advance_clock(60)
        client.v1.products.create({"id": f"p{number}", "name": f"Course {number}", "active": number % 2 == 0})
    return [f"p{number}" for number in range(9, -1, -1)]


def ids(listed: stripe.ListObject[stripe.Product]) -> list[str]:
    """Return the ids of a page."""
    return [product.id for product in listed.data]


def test_a_page_is_newest_first(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """Those of one second keep the order they were made in."""
    listed = stripe_server.client().v1.products.list({"limit": 100})
    assert (ten_products, False, "/v1/products") == (ids(listed), listed.has_more, listed.url)


def test_a_page_is_ten_unless_asked_otherwise(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """has_more says whether there is an eleventh."""
    client = stripe_server.client()
    assert not client.v1.products.list().has_more
    client.v1.products.create({"id": "p10", "name": "Course"})
    listed = client.v1.products.list()
    assert (["p10", *ten_products[:9]], True) == (ids(listed), listed.has_more)


@pytest.mark.parametrize("limit", ["0", "101", "ten"])
def test_a_limit_is_a_number_from_1_to_100(stripe_server: StripeServer, limit: str) -> None:
    """Anything else is refused with the parameter's name."""
    answer = stripe_server.raw("GET", f"/v1/products?limit={limit}")
    error = answer.json()["error"]
    assert (400, "limit", "parameter_invalid_integer") == (answer.status_code, error["param"], error["code"])


def test_the_sdk_pages_through_everything_in_both_directions(
    stripe_server: StripeServer, ten_products: list[str]
) -> None:
    """starting_after walks to the oldest, ending_before back to the newest."""
    client = stripe_server.client()
    assert ten_products == [found.id for found in client.v1.products.list({"limit": 3}).auto_paging_iter()]
    backwards = client.v1.products.list({"limit": 3, "ending_before": "p0"}).auto_paging_iter()
    assert ten_products[-2::-1] == [found.id for found in backwards]


def test_ending_before_gives_what_is_just_newer(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """The page is newest first all the same."""
    assert "p5" in ten_products
    listed = stripe_server.client().v1.products.list({"limit": 2, "ending_before": "p5"})
    assert (["p7", "p6"], True) == (ids(listed), listed.has_more)


def test_a_cursor_must_be_there(stripe_server: StripeServer) -> None:
    """An unknown one is a 400 that names the parameter."""
    for cursor in ("starting_after", "ending_before"):
        answer = stripe_server.raw("GET", f"/v1/products?{cursor}=prod_none")
        error = answer.json()["error"]
        assert (400, "resource_missing", cursor) == (answer.status_code, error["code"], error["param"])


def test_only_one_cursor_at_a_time(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """Both are refused."""
    client = stripe_server.client()
    first, last = ten_products[0], ten_products[-1]
    assert 400 == error_of(lambda: client.v1.products.list({"starting_after": first, "ending_before": last}))["status"]


def test_created_bounds_are_open_and_closed(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """Gt and lt leave the bound out, gte and lte take it in, a plain number is that second."""
    client = stripe_server.client()
    at = client.v1.products.retrieve("p7").created
    assert ten_products[:2] == ids(client.v1.products.list({"created": {"gt": at}}))
    assert ten_products[:3] == ids(client.v1.products.list({"created": {"gte": at}}))
    assert ten_products[3:] == ids(client.v1.products.list({"created": {"lt": at}}))
    assert ten_products[2:] == ids(client.v1.products.list({"created": {"lte": at}}))
    assert ["p7"] == ids(client.v1.products.list({"created": at}))
    assert ["p6", "p5"] == ids(client.v1.products.list({"created": {"lt": at, "gt": at - 150}}))


def test_active_filters_products(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """Without it both are listed."""
    assert 10 == len(ten_products)
    client = stripe_server.client()
    assert ["p8", "p6", "p4", "p2", "p0"] == ids(client.v1.products.list({"active": True}))
    assert ["p9", "p7", "p5", "p3", "p1"] == ids(client.v1.products.list({"active": False}))


def test_products_can_be_listed_by_id(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """Unknown ids are left out; cursors do not go with it."""
    client = stripe_server.client()
    assert ["p3", "p1"] == ids(client.v1.products.list({"ids": ["p1", "prod_none", "p3"]}))
    error = error_of(lambda: client.v1.products.list({"ids": ["p1"], "starting_after": ten_products[0]}))
    assert (400, "parameters_exclusive") == (error["status"], error["code"])


def test_prices_are_filtered_by_what_they_are(stripe_server: StripeServer, ten_products: list[str]) -> None:
    """product, currency, type, active and lookup keys."""
    client = stripe_server.client()
    one = client.v1.prices.create({"product": "p0", "currency": "usd", "unit_amount": 1, "lookup_key": "a"}).id
    two = client.v1.prices.create({"product": "p1", "currency": "eur", "unit_amount": 2, "active": False}).id
    three = client.v1.prices.create(
        {"product": "p1", "currency": "usd", "unit_amount": 3, "recurring": {"interval": "year"}}
    ).id

    def listed(query: str) -> list[str]:
        return [found["id"] for found in stripe_server.raw("GET", f"/v1/prices?{query}").json()["data"]]

    assert 10 == len(ten_products)
    assert [three, two, one] == listed("")
    assert [three, two] == listed("product=p1")
    assert [three, one] == listed("currency=usd")
    assert [three] == listed("type=recurring")
    assert [three] == listed("recurring[interval]=year")
    assert [two] == listed("active=false")
    assert [one] == listed("lookup_keys[]=a&lookup_keys[]=b")


def test_a_filter_by_an_unknown_product_is_refused(stripe_server: StripeServer) -> None:
    """Not an empty list."""
    error = error_of(lambda: stripe_server.client().v1.prices.list({"product": "prod_none"}))
    assert (400, "resource_missing", "product") == (error["status"], error["code"], error["param"])


def test_at_most_ten_lookup_keys_can_be_asked_for(stripe_server: StripeServer) -> None:
    """The eleventh is refused."""
    client = stripe_server.client()
    eleven = [f"key{number}" for number in range(11)]
    assert "lookup_keys" == error_of(lambda: client.v1.prices.list({"lookup_keys": eleven}))["param"]
    assert [] == client.v1.prices.list({"lookup_keys": eleven[:10]}).data


@pytest.mark.parametrize("form", ["expand[]", "expand[0]"])
def test_a_list_expands_below_data(stripe_server: StripeServer, ten_products: list[str], form: str) -> None:
    """Both ways of writing an array, and two levels."""
    client = stripe_server.client()
    created = client.v1.prices.create({"product": ten_products[0], "currency": "usd", "unit_amount": 1}).id
    client.v1.products.update(ten_products[0], {"default_price": created})
    page = stripe_server.raw("GET", f"/v1/prices?{form}=data.product.default_price").json()
    assert (ten_products[0], created) == (
        page["data"][0]["product"]["id"],
        page["data"][0]["product"]["default_price"]["id"],
    )


def test_what_cannot_be_expanded_is_refused(stripe_server: StripeServer) -> None:
    """Also when there is nothing to expand, and before any work is done."""
    client = stripe_server.client()
    unknown = error_of(lambda: client.v1.products.create({"name": "Course", "expand": ["foo"]}))
    assert (400, "This property cannot be expanded (foo).") == (unknown["status"], unknown["message"])
    assert [] == client.v1.products.list().data
    hint = "This property cannot be expanded (product). You may want to try expanding 'data.product' instead."
    assert hint == error_of(lambda: client.v1.prices.list({"expand": ["product"]}))["message"]
    deep = "data.product.default_price.product.default_price"
    assert "more than 4 levels" in str(error_of(lambda: client.v1.prices.list({"expand": [deep]}))["message"])


def test_a_filtered_list_begins_at_any_cursor(stripe_server: StripeServer) -> None:
    """Also at one that the filter leaves out, in both directions; seeded sales and others alike."""
    rows = [{"course_id": "c", "user_id": f"u{n}", "customer": f"cus_{n % 2}", "offset": n - 9} for n in range(4)]
    zero, one, two, three = stripe_server.control.seed_sessions(rows)
    sessions = stripe_server.client().v1.checkout.sessions
    assert [two, zero] == [found.id for found in sessions.list({"customer": "cus_0"}).data]
    assert [zero] == [found.id for found in sessions.list({"customer": "cus_0", "starting_after": one}).data]
    assert [zero] == [found.id for found in sessions.list({"customer": "cus_0", "starting_after": two}).data]
    assert [two] == [found.id for found in sessions.list({"customer": "cus_0", "ending_before": one}).data]
    assert [three] == [found.id for found in sessions.list({"customer": "cus_1", "ending_before": one}).data]
    email: Any = {"customer_details": {"email": "u3@example.com"}}
    assert [three] == [found.id for found in sessions.list(email).data]
    email["customer"] = "cus_0"
    assert [] == sessions.list(email).data


def test_a_list_finds_by_what_came_later(stripe_server: StripeServer) -> None:
    """A session by the payment intent, the customer and the address that it got when it was paid."""
    session = new_session(stripe_server, customer_creation="always")
    paid = stripe_server.control.pay(session.id, email="Ada+c@b.example")
    sessions = stripe_server.client().v1.checkout.sessions
    filters: list[Any] = [
        {"payment_intent": paid.payment_intent},
        {"customer": paid.customer},
        {"customer_details": {"email": "Ada+c@b.example"}},
    ]
    assert [[session.id]] * 3 == [[found.id for found in sessions.list(wanted).data] for wanted in filters]
    assert [] == sessions.list({"customer_details": {"email": "ada+c@b.example"}}).data
