"""Every request of our Stripe adapters, and of whole commands, is one that Stripe's OpenAPI description knows."""

import stripe

from learnermax_cli.adapters.stripe.catalog import StripeCatalog
from learnermax_cli.adapters.stripe.client import read_account
from learnermax_cli.config.keys import StripeKey
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import DesiredProduct
from learnermax_cli.products.model import NewPrice
from tests.conformance.commands import run
from tests.conformance.items import Item, course, seeded_course
from tests.conformance.mirror import Mirror
from tests.running import Sandbox

COURSE = DesiredProduct("a", "Course A", "About A", ("https://example.com/a.png",), Money(4_990, "usd"))
MARKER = marker("preview", "a")


def test_a_product_is_made_changed_and_archived(heard: Mirror, client: stripe.StripeClient) -> None:
    """With every field that is ever set, each cleared again."""
    catalog = StripeCatalog(client)
    old = catalog.create_product("prod_a", COURSE, MARKER)
    catalog.update_product(
        "prod_a", {"name": "A", "description": "Other", "images": list(COURSE.images), "active": True}
    )
    catalog.update_product("prod_a", {"description": "", "images": "", "metadata": MARKER})
    catalog.update_price(old, {"lookup_key": "gold", "tax_behavior": "exclusive"})
    taken = {"lookup_key": "gold", "tax_behavior": "exclusive", "nickname": "Gold", "metadata": {"campaign": "spring"}}
    new = catalog.create_price(NewPrice("prod_a", Money(5_990, "usd"), MARKER, old, taken))
    catalog.update_product("prod_a", {"default_price": new})
    catalog.update_price(old, {"active": False})
    catalog.update_price(new, {"metadata": MARKER, "active": True})
    catalog.update_product("prod_a", {"active": False})
    found = catalog.read_catalog()
    (product,), (price,) = found.products.values(), found.active_prices("prod_a")
    assert ("prod_a", None, (), False, new) == (
        product.product_id, product.description, product.images, product.active, product.default_price_id,
    )  # fmt: skip
    assert (new, Money(5_990, "usd")) == (price.price_id, price.money)
    assert {(200, 200)} == {exchange.statuses for exchange in heard.exchanges}


def test_a_product_that_is_there_is_found(heard: Mirror, client: stripe.StripeClient) -> None:
    """By its id and its prices, after the create was answered from the past or refused."""
    catalog = StripeCatalog(client)
    made = catalog.create_product("prod_a", COURSE, MARKER)
    assert made == catalog.create_product("prod_a", COURSE, MARKER)
    assert "GET /v1/products/prod_a" in [exchange.operation for exchange in heard.exchanges]


def test_lists_are_read_to_their_end(heard: Mirror, client: stripe.StripeClient, sandbox: Sandbox) -> None:
    """From page to page."""
    for number in range(101):
        sandbox.stripe().v1.products.create({"name": f"Course {number}"})
    assert 101 == len(StripeCatalog(client).read_catalog().products)
    assert 3 == len(heard.exchanges)


def test_the_account_is_read(heard: Mirror, client: stripe.StripeClient, key: StripeKey) -> None:
    """Of a secret key."""
    assert key.account == read_account(client, key)


def test_stripe_mocks_own_answers_are_understood(mock_client: stripe.StripeClient) -> None:
    """A recurring price among them, which is none of ours, so it has no money."""
    catalog = StripeCatalog(mock_client)
    found = catalog.read_catalog()
    assert ["T-shirt"] == [product.name for product in found.products.values()]
    assert [None] == [price.money for prices in found.prices.values() for price in prices]
    assert catalog.create_product("prod_a", COURSE, MARKER).startswith("price_")


def test_what_stripe_mock_does_not_know_is_told(mirror: Mirror, client: stripe.StripeClient) -> None:
    """The check is not blind: tax details of a product are newer than stripe-mock's spec."""
    client.v1.products.create({"name": "Course A", "tax_details": {"tax_code": "txcd_1"}})
    (refusal,) = mirror.refusals()
    assert refusal.startswith("POST /v1/products name=Course+A")


def synced(sandbox: Sandbox, mirror: Mirror, *items: Item) -> list[str]:
    """Put items, sync through the mirror, and return the writes, in order, without ids of prices."""
    for item in items:
        sandbox.dynamodb_client().put_item(TableName=sandbox.dynamodb().name, Item=item)
    run(sandbox, mirror, "products", "sync", "--yes", "--prune")
    return sorted(
        exchange.operation.removeprefix("POST ").partition("price_")[0]
        for exchange in mirror.exchanges
        if exchange.operation.startswith("POST ")
    )


def test_a_sync_sends_nothing_that_stripe_does_not_know(heard: Mirror, sandbox: Sandbox) -> None:
    """The first run, one with nothing to do, and one with a new price and name and a course that is no longer sold."""
    image = {"S": "https://example.com/a.png"}
    courses = course("a", description={"S": "About A"}, imageUrl=image), seeded_course("b"), course("c")
    assert ["/v1/products"] * 3 == synced(sandbox, heard, *courses)
    assert [] == synced(sandbox, heard)
    changed = course("a", name={"S": "New A"}, price={"N": "59.90"}), seeded_course("b", pricingModel={"S": "free"})
    a, b = "/v1/products/lmx_preview_a", "/v1/products/lmx_preview_b"
    assert ["/v1/prices", "/v1/prices/", a, a, b] == synced(sandbox, heard, *changed)
