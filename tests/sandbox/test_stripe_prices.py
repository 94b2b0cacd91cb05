"""Prices of the local Stripe, through the real SDK."""

from decimal import Decimal
from typing import Literal

import pytest
import stripe

from tests.sandbox.stripe_server import StripeServer, error_of


@pytest.fixture
def product(stripe_server: StripeServer) -> str:
    """Return the id of a product without prices."""
    return stripe_server.client().v1.products.create({"name": "Course"}).id


def price(server: StripeServer, product: str, **params: object) -> stripe.Price:
    """Make a price of 49.99 dollars, unless the parameters say otherwise."""
    amount = {} if {"unit_amount_decimal", "custom_unit_amount"} & params.keys() else {"unit_amount": 4999}
    all_params = {"product": product, "currency": "usd", **amount, **params}
    return server.client().v1.prices.create(all_params)  # type: ignore[arg-type]


def test_a_new_price_has_stripes_defaults(stripe_server: StripeServer, product: str) -> None:
    """A one-time price; `currency_options` and `tiers` are there only when they are asked for."""
    created = price(stripe_server, product).to_dict()
    assert created.pop("id").startswith("price_")
    assert isinstance(created.pop("created"), int)
    assert {
        "object": "price",
        "active": True,
        "billing_scheme": "per_unit",
        "currency": "usd",
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": 4999,
        "unit_amount_decimal": Decimal(4999),
    } == created


def test_a_decimal_amount_is_whole_only_when_it_is(stripe_server: StripeServer, product: str) -> None:
    """`unit_amount` is null when the amount has a fraction of the minor unit."""
    fraction = price(stripe_server, product, unit_amount_decimal="49.95")
    assert (None, Decimal("49.95")) == (fraction.unit_amount, fraction.unit_amount_decimal)
    whole = price(stripe_server, product, unit_amount_decimal="4999.00")
    assert (4999, Decimal(4999)) == (whole.unit_amount, whole.unit_amount_decimal)


@pytest.mark.parametrize("amount", [-1, 100_000_000])
def test_an_amount_out_of_bounds_is_refused(stripe_server: StripeServer, product: str, amount: int) -> None:
    """Zero to 99999999."""
    error = error_of(lambda: price(stripe_server, product, unit_amount=amount))
    assert (400, "parameter_invalid_integer", "unit_amount") == (error["status"], error["code"], error["param"])
    assert 0 == price(stripe_server, product, unit_amount=0).unit_amount


def test_exactly_one_form_of_amount_is_wanted(stripe_server: StripeServer, product: str) -> None:
    """None and two are refused."""
    client = stripe_server.client()
    none = error_of(lambda: client.v1.prices.create({"product": product, "currency": "usd"}))
    assert "Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set." == none["message"]
    two = error_of(lambda: price(stripe_server, product, unit_amount=1, unit_amount_decimal="1"))
    assert "You may only specify one of these parameters: unit_amount, unit_amount_decimal." == two["message"]


def test_a_custom_amount_is_kept_without_enabled(stripe_server: StripeServer, product: str) -> None:
    """The flag is not part of the object."""
    custom = price(stripe_server, product, custom_unit_amount={"enabled": True, "minimum": 100}).custom_unit_amount
    assert custom is not None
    assert {"minimum": 100, "maximum": None, "preset": None} == custom.to_dict()


@pytest.mark.parametrize("currency", ["USD", "usdd", "zzz"])
def test_an_unknown_currency_is_refused(stripe_server: StripeServer, product: str, currency: str) -> None:
    """Lower case, and one that Stripe supports."""
    error = error_of(lambda: price(stripe_server, product, currency=currency))
    assert (400, "currency") == (error["status"], error["param"])


@pytest.mark.parametrize("change", [{"unit_amount": 1}, {"currency": "eur"}, {"product": "x"}, {"recurring": {}}])
def test_what_a_price_is_cannot_change(stripe_server: StripeServer, product: str, change: dict[str, object]) -> None:
    """Amount, currency, product and interval are no parameters of an update."""
    created = price(stripe_server, product)
    answer = stripe_server.raw("POST", f"/v1/prices/{created.id}", dict.fromkeys(change, "1"))
    name = next(iter(change))
    assert (400, "parameter_unknown", name, f"Received unknown parameter: {name}") == (
        answer.status_code,
        answer.json()["error"]["code"],
        answer.json()["error"]["param"],
        answer.json()["error"]["message"],
    )


def test_a_default_price_cannot_be_archived(stripe_server: StripeServer, product: str) -> None:
    """Another one has to be the default first."""
    client = stripe_server.client()
    old, new = price(stripe_server, product), price(stripe_server, product)
    client.v1.products.update(product, {"default_price": old.id})
    error = error_of(lambda: client.v1.prices.update(old.id, {"active": False}))
    assert (400, "This price cannot be archived because it is the default price of its product.") == (
        error["status"],
        error["message"],
    )
    client.v1.products.update(product, {"default_price": new.id})
    assert not client.v1.prices.update(old.id, {"active": False}).active


def test_a_lookup_key_is_held_by_one_price_even_an_archived_one(stripe_server: StripeServer, product: str) -> None:
    """It moves only when the request says so, and then its holder loses it and nothing else."""
    client = stripe_server.client()
    holder = price(stripe_server, product, lookup_key="course", active=False)
    error = error_of(lambda: price(stripe_server, product, lookup_key="course"))
    assert (400, "lookup_key", f"A price (`{holder.id}`) already uses that lookup key.") == (
        error["status"],
        error["param"],
        error["message"],
    )
    taker = price(stripe_server, product, lookup_key="course", transfer_lookup_key=True)
    assert "course" == taker.lookup_key
    assert (None, False) == (
        client.v1.prices.retrieve(holder.id).lookup_key,
        client.v1.prices.retrieve(holder.id).active,
    )


def test_an_update_can_take_a_lookup_key_over(stripe_server: StripeServer, product: str) -> None:
    """One's own key is no conflict, another's needs `transfer_lookup_key`."""
    client = stripe_server.client()
    holder, other = price(stripe_server, product, lookup_key="course"), price(stripe_server, product)
    assert "course" == client.v1.prices.update(holder.id, {"lookup_key": "course"}).lookup_key
    assert 400 == error_of(lambda: client.v1.prices.update(other.id, {"lookup_key": "course"}))["status"]
    moved = client.v1.prices.update(other.id, {"lookup_key": "course", "transfer_lookup_key": True})
    assert "course" == moved.lookup_key


@pytest.mark.parametrize("wanted", ["inclusive", "unspecified"])
def test_tax_behavior_is_set_once(stripe_server: StripeServer, product: str, wanted: Literal["inclusive"]) -> None:
    """Once exclusive, always exclusive; setting it again is no change."""
    client = stripe_server.client()
    made = price(stripe_server, product)
    for _ in range(2):
        assert "exclusive" == client.v1.prices.update(made.id, {"tax_behavior": "exclusive"}).tax_behavior
    error = error_of(lambda: client.v1.prices.update(made.id, {"tax_behavior": wanted}))
    assert (400, "tax_behavior") == (error["status"], error["param"])


def test_a_price_needs_a_product_that_is_there(stripe_server: StripeServer) -> None:
    """None, an unknown one, or two ways of naming it: refused."""
    missing = error_of(lambda: price(stripe_server, "prod_none"))
    assert (400, "resource_missing", "product") == (missing["status"], missing["code"], missing["param"])
    client = stripe_server.client()
    none = error_of(lambda: client.v1.prices.create({"currency": "usd", "unit_amount": 1}))
    assert "You must specify either `product` or `product_data` when creating a price." == none["message"]
    both = error_of(lambda: price(stripe_server, "prod_none", product_data={"name": "x"}))
    assert "You may only specify one of these parameters: product, product_data." == both["message"]


def test_product_data_makes_the_product_too(stripe_server: StripeServer) -> None:
    """The price's product is a new one of that name."""
    client = stripe_server.client()
    created = client.v1.prices.create(
        {"currency": "usd", "unit_amount": 1, "product_data": {"name": "New"}, "expand": ["product"]}
    )
    assert isinstance(created.product, stripe.Product)
    assert "New" == client.v1.products.retrieve(created.product.id).name


def test_a_tax_behavior_can_be_set_once(stripe_server: StripeServer, product: str) -> None:
    """Once inclusive or exclusive it stays so."""
    client = stripe_server.client()
    created = price(stripe_server, product)
    assert "exclusive" == client.v1.prices.update(created.id, {"tax_behavior": "exclusive"}).tax_behavior
    error = error_of(lambda: client.v1.prices.update(created.id, {"tax_behavior": "inclusive"}))
    assert (400, "tax_behavior") == (error["status"], error["param"])


def test_a_recurring_price_has_its_interval(stripe_server: StripeServer, product: str) -> None:
    """Stripe fills in what is not given."""
    created = price(stripe_server, product, recurring={"interval": "month"})
    assert created.recurring is not None
    assert "recurring" == created.type
    assert {
        "interval": "month",
        "interval_count": 1,
        "meter": None,
        "trial_period_days": None,
        "usage_type": "licensed",
    } == created.recurring.to_dict()


def test_other_currencies_are_shown_when_they_are_asked_for(stripe_server: StripeServer, product: str) -> None:
    """`currency_options` is an included field: it needs `expand`."""
    created = price(
        stripe_server, product, currency_options={"eur": {"unit_amount": 4500}}, expand=["currency_options"]
    )
    assert created.currency_options is not None
    options = created.currency_options.to_dict()
    assert {"usd": 4999, "eur": 4500} == {name: option["unit_amount"] for name, option in options.items()}
    assert "currency_options" not in stripe_server.client().v1.prices.retrieve(created.id).to_dict()


def test_there_is_no_delete(stripe_server: StripeServer, product: str) -> None:
    """DELETE of a price is no endpoint at all."""
    answer = stripe_server.raw("DELETE", f"/v1/prices/{price(stripe_server, product).id}")
    assert 404 == answer.status_code
    assert answer.json()["error"]["message"].startswith("Unrecognized request URL (DELETE: /v1/prices/price_")
