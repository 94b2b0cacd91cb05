"""Payment links of the local Stripe, through the real SDK."""

from typing import Any

import pytest

from learnermax_cli.sandbox.client import SandboxError
from tests.sandbox.selling import course_price, new_link, read_session
from tests.sandbox.stripe_server import StripeServer, error_of


def test_a_new_link_is_active_and_has_a_url(stripe_server: StripeServer) -> None:
    """Its line items are there when asked for, and in a list of their own."""
    link = new_link(stripe_server, metadata={"courseId": "c1"}, price=course_price(stripe_server, name="Go"))
    assert (True, "usd", {"courseId": "c1"}, False) == (
        link.active,
        link.currency,
        link.metadata.to_dict(),
        "line_items" in link.to_dict(),
    )
    assert link.url.startswith(f"{stripe_server.url}/l/test_")
    links = stripe_server.client().v1.payment_links
    assert ["Go"] == [item.description for item in links.line_items.list(link.id).data]
    again = links.retrieve(link.id, {"expand": ["line_items"]}).line_items
    assert again is not None
    assert ["Go"] == [item.description for item in again.data]


def test_links_are_listed_newest_first(stripe_server: StripeServer) -> None:
    """And by whether they are active."""
    links = stripe_server.client().v1.payment_links
    first, second = new_link(stripe_server), new_link(stripe_server)
    links.update(first.id, {"active": False})
    assert [second.id, first.id] == [link.id for link in links.list().data]
    assert [second.id] == [link.id for link in links.list({"active": True}).data]
    assert [first.id] == [link.id for link in links.list({"active": False}).data]


def test_an_update_merges_metadata(stripe_server: StripeServer) -> None:
    """And leaves everything else as it was."""
    link = new_link(stripe_server, metadata={"a": "1"}, allow_promotion_codes=True)
    changed = stripe_server.client().v1.payment_links.update(link.id, {"metadata": {"b": "2"}})
    assert ({"a": "1", "b": "2"}, True, link.url) == (
        changed.metadata.to_dict(),
        changed.allow_promotion_codes,
        changed.url,
    )


def test_an_inactive_link_starts_no_session(stripe_server: StripeServer) -> None:
    """Its own message is shown; sessions that are open already can be paid."""
    link = new_link(stripe_server, inactive_message="Sold out")
    before = stripe_server.control.open_link(link.url)
    stripe_server.client().v1.payment_links.update(link.id, {"active": False})
    with pytest.raises(SandboxError, match="Sold out"):
        stripe_server.control.open_link(link.url)
    assert "paid" == stripe_server.control.pay(before.id).payment_status


def test_a_link_to_an_inactive_price_starts_no_session(stripe_server: StripeServer) -> None:
    """Links to archived prices are as good as inactive."""
    client = stripe_server.client()
    product = client.v1.products.create({"name": "Course"}).id
    price = client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 100}).id
    link = new_link(stripe_server, price=price)
    client.v1.prices.update(price, {"active": False})
    with pytest.raises(SandboxError, match="not active any more"):
        stripe_server.control.open_link(link.url)


def test_a_link_can_be_limited(stripe_server: StripeServer) -> None:
    """The session that reaches the limit ends the link."""
    link = new_link(stripe_server, restrictions={"completed_sessions": {"limit": 2}})
    for _ in range(2):
        stripe_server.control.pay(link.url)
    with pytest.raises(SandboxError, match="not active any more"):
        stripe_server.control.open_link(link.url)
    found = stripe_server.client().v1.payment_links.retrieve(link.id)
    assert found.restrictions is not None
    assert (False, 2, 2) == (
        found.active,
        found.restrictions.completed_sessions.count,
        found.restrictions.completed_sessions.limit,
    )


def test_a_link_redirects_where_it_says(stripe_server: StripeServer) -> None:
    """Its sessions have that URL."""
    url = "https://learnermax.example/thanks?session_id={CHECKOUT_SESSION_ID}"
    link = new_link(stripe_server, after_completion={"type": "redirect", "redirect": {"url": url}})
    opened = stripe_server.control.open_link(link.url)
    assert url == read_session(stripe_server, opened.id).success_url


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"line_items": [{"price": "price_none", "quantity": 1}]}, "line_items[0][price]"),
        ({"line_items": [{"price": "price_none", "quantity": 1}] * 21}, "line_items"),
        ({"restrictions": {"completed_sessions": {"limit": 0}}}, "restrictions[completed_sessions][limit]"),
        ({"after_completion": {"type": "redirect"}}, "after_completion[redirect]"),
        ({"active": False}, "active"),
        ({"client_reference_id": "u"}, "client_reference_id"),
    ],
)
def test_parameters_are_checked(stripe_server: StripeServer, params: dict[str, Any], param: str) -> None:
    """A new link is always active, and knows no buyer."""
    error = error_of(lambda: new_link(stripe_server, **params))
    assert (400, param) == (error["status"], error["param"])


def test_an_unknown_link_is_a_404(stripe_server: StripeServer) -> None:
    """With Stripe's code."""
    error = error_of(lambda: stripe_server.client().v1.payment_links.retrieve("plink_none"))
    assert (404, "resource_missing") == (error["status"], error["code"])
