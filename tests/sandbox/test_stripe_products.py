"""Products of the local Stripe, through the real SDK."""

import threading

import stripe

from tests.sandbox.stripe_server import StripeServer, error_of


def product_id(server: StripeServer, **params: object) -> str:
    """Make a product and return its id."""
    return server.client().v1.products.create({"name": "Course", **params}).id  # type: ignore[typeddict-item]


def test_a_new_product_has_stripes_defaults(stripe_server: StripeServer) -> None:
    """Whatever is not given is there, and empty."""
    product = stripe_server.client().v1.products.create({"name": "Course"}).to_dict()
    assert product.pop("id").startswith("prod_")
    assert product.pop("created") == product.pop("updated")
    assert {
        "object": "product",
        "active": True,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "Course",
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": "service",
        "unit_label": None,
        "url": None,
    } == product


def test_default_price_data_makes_product_price_and_default_in_one(stripe_server: StripeServer) -> None:
    """One write, after which all three are there."""
    client = stripe_server.client()
    product = client.v1.products.create(
        {
            "id": "lmx_preview_c1",
            "name": "Course",
            "default_price_data": {"currency": "eur", "unit_amount": 4999, "metadata": {"courseId": "c1"}},
            "expand": ["default_price"],
        }
    )
    price = product.default_price
    assert isinstance(price, stripe.Price)
    assert ("lmx_preview_c1", "eur", 4999, True) == (price.product, price.currency, price.unit_amount, price.active)
    assert {"courseId": "c1"} == price.metadata.to_dict()
    assert ["POST /v1/products"] == stripe_server.control.writes()


def test_refused_price_data_leaves_no_product(stripe_server: StripeServer) -> None:
    """A create is all or nothing."""
    client = stripe_server.client()
    error = error_of(
        lambda: client.v1.products.create(
            {"id": "x", "name": "Course", "default_price_data": {"currency": "zzz", "unit_amount": 1}}
        )
    )
    assert (400, "default_price_data[currency]") == (error["status"], error["param"])
    assert [] == client.v1.products.list().data


def test_an_id_that_is_taken_is_refused(stripe_server: StripeServer) -> None:
    """An id is unique in the account."""
    product_id(stripe_server, id="mine")
    error = error_of(lambda: product_id(stripe_server, id="mine"))
    assert (400, "resource_already_exists", "id") == (error["status"], error["code"], error["param"])


def test_test_and_live_data_are_apart(stripe_server: StripeServer) -> None:
    """The same id may be there in both modes, and says which it is of."""
    product_id(stripe_server, id="mine")
    live = stripe_server.client(stripe_server.key("live"))
    assert [] == live.v1.products.list().data
    assert live.v1.products.create({"id": "mine", "name": "Live"}).livemode
    assert not stripe_server.client().v1.products.retrieve("mine").livemode


def test_metadata_is_merged_and_an_empty_value_removes_its_key(stripe_server: StripeServer) -> None:
    """[doc Metadata] An update changes only the keys that it names."""
    product = product_id(stripe_server, metadata={"a": "1", "b": "2"})
    client = stripe_server.client()
    changed = client.v1.products.update(product, {"metadata": {"a": "", "c": "3"}})
    assert {"b": "2", "c": "3"} == changed.metadata.to_dict()
    assert {} == client.v1.products.update(product, {"metadata": ""}).metadata.to_dict()


def test_metadata_has_its_limits(stripe_server: StripeServer) -> None:
    """50 keys, 40 characters of key, 500 of value, no square brackets."""
    for metadata in ({"k" * 41: "v"}, {"k": "v" * 501}, {f"k{n}": "v" for n in range(51)}, {"k[0]": "v"}):
        error = error_of(lambda metadata=metadata: product_id(stripe_server, metadata=metadata))  # type: ignore[misc]
        assert (400, "invalid_request_error") == (error["status"], error["type"])
    product_id(stripe_server, metadata={f"{n:02}" + "k" * 38: "v" * 500 for n in range(50)})


def test_images_are_absolute_urls_and_eight_at_most(stripe_server: StripeServer) -> None:
    """The parameter names the one that is wrong."""
    error = error_of(lambda: product_id(stripe_server, images=["https://a.example/1.png", "/img/2.png"]))
    assert (400, "url_invalid", "images[1]", "Not a valid URL") == (
        error["status"],
        error["code"],
        error["param"],
        error["message"],
    )
    nine = [f"https://a.example/{n}.png" for n in range(9)]
    assert 400 == error_of(lambda: product_id(stripe_server, images=nine))["status"]
    product_id(stripe_server, images=nine[:8])


def test_texts_have_a_maximum_length(stripe_server: StripeServer) -> None:
    """5,000 characters of name, 40,000 of description."""
    assert "name" == error_of(lambda: product_id(stripe_server, name="n" * 5_001))["param"]
    assert "description" == error_of(lambda: product_id(stripe_server, description="d" * 40_001))["param"]
    product_id(stripe_server, name="n" * 5_000, description="d" * 40_000)


def test_an_empty_value_clears_what_can_be_cleared(stripe_server: StripeServer) -> None:
    """A description can, a name cannot."""
    product = product_id(stripe_server, description="long", images=["https://a.example/1.png"])
    client = stripe_server.client()
    changed = client.v1.products.update(product, {"description": "", "images": ""})
    assert (None, []) == (changed.description, changed.images)
    error = error_of(lambda: client.v1.products.update(product, {"name": ""}))
    assert (400, "parameter_invalid_empty", "name") == (error["status"], error["code"], error["param"])


def test_an_update_stamps_updated_and_keeps_created(stripe_server: StripeServer) -> None:
    """`updated` is the sandbox's clock at the time of the update."""
    product = product_id(stripe_server)
    stripe_server.control.advance_clock(60)
    changed = stripe_server.client().v1.products.update(product, {"active": False})
    assert 60 <= changed.updated - changed.created <= 61
    assert not changed.active


def test_a_default_price_must_be_an_active_one_of_the_product(stripe_server: StripeServer) -> None:
    """Unknown, another product's, or inactive: refused."""
    client = stripe_server.client()
    first, second = product_id(stripe_server), product_id(stripe_server)
    foreign = client.v1.prices.create({"product": second, "currency": "usd", "unit_amount": 100})
    inactive = client.v1.prices.create({"product": first, "currency": "usd", "unit_amount": 100, "active": False})
    errors = [
        error_of(lambda price=price: client.v1.products.update(first, {"default_price": price}))  # type: ignore[misc]
        for price in ("price_none", foreign.id, inactive.id)
    ]
    assert [(400, "default_price")] * 3 == [(error["status"], error["param"]) for error in errors]
    assert "resource_missing" == errors[0]["code"]
    assert client.v1.products.retrieve(first).default_price is None


def test_a_product_with_prices_cannot_be_deleted(stripe_server: StripeServer) -> None:
    """Not even when they are inactive; archiving it is what remains."""
    client = stripe_server.client()
    product = product_id(stripe_server)
    client.v1.prices.create({"product": product, "currency": "usd", "unit_amount": 100, "active": False})
    error = error_of(lambda: client.v1.products.delete(product))
    assert (400, "This product cannot be deleted because it has one or more user-created prices.") == (
        error["status"],
        error["message"],
    )
    assert not client.v1.products.update(product, {"active": False}).active


def test_a_deleted_product_is_gone(stripe_server: StripeServer) -> None:
    """Its retrieve is a 404, and lists leave it out."""
    client = stripe_server.client()
    product = product_id(stripe_server)
    assert {"id": product, "object": "product", "deleted": True} == client.v1.products.delete(product).to_dict()
    error = error_of(lambda: client.v1.products.retrieve(product))
    assert (404, "resource_missing", "id", f"No such product: '{product}'") == (
        error["status"],
        error["code"],
        error["param"],
        error["message"],
    )
    assert [] == client.v1.products.list().data


def test_two_creates_of_one_id_at_the_same_time_make_one_product(stripe_server: StripeServer) -> None:
    """One of them is refused, whoever comes first."""
    answers: list[int] = []

    def create() -> None:
        answers.append(stripe_server.raw("POST", "/v1/products", {"id": "mine", "name": "Course"}).status_code)

    both = [threading.Thread(target=create) for _ in range(8)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=10)
    assert [200, *[400] * 7] == sorted(answers)
    assert ["mine"] == [found.id for found in stripe_server.client().v1.products.list().data]
