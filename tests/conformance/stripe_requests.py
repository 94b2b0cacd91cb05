"""The table of good and bad requests on products, prices and the account, with what each side is expected to say."""

from dataclasses import dataclass, field
from typing import Any

PRODUCT = "/v1/products/prod_known"
PRICE = "/v1/prices/{price}"
LONG_NAME = "n" * 5_001
LONG_DESCRIPTION = "d" * 40_001


@dataclass(frozen=True, slots=True)
class Case:
    """A request, and why the sandbox refuses it: status, code and param; None for a request that is fine.

    `mock_lax` says why stripe-mock takes what the sandbox refuses; empty where both agree.
    In path and parameters `{price}` and `{other}` stand for the default price and another price of prod_known; in the
    path `{endpoint}` for a webhook endpoint.
    """

    name: str
    method: str
    path: str
    params: dict[str, Any] = field(default_factory=dict)
    refused: tuple[int, str | None, str | None] | None = None
    mock_lax: str = ""


STATE = "it holds no objects"
SYNTAX = "it checks types by the spec, not values by the prose"
NESTED = "it looks for unknown parameters at the top only"
LENGTH = "it checks no lengths; test_stripe_spec compares them with its spec"
LOOSE = "its coercion is looser than Stripe's"
BLANK = "an empty string passes as a text of any length"

FINE = (
    Case("list products", "GET", "/v1/products", {"limit": "100"}),
    Case("list products after one", "GET", "/v1/products", {"limit": "100", "starting_after": "prod_known"}),
    Case("list products by id", "GET", "/v1/products", {"ids[0]": "prod_known", "active": "true"}),
    Case("list products of a time", "GET", "/v1/products", {"created[gte]": "1", "created[lt]": "2000000000"}),
    Case("list active prices", "GET", "/v1/prices", {"limit": "100", "active": "true"}),
    Case("list a product's prices", "GET", "/v1/prices", {"product": "prod_known", "expand[0]": "data.product"}),
    Case("list prices by lookup key", "GET", "/v1/prices", {"lookup_keys[0]": "course-a"}),
    Case("retrieve the account", "GET", "/v1/account"),
    Case("retrieve a product", "GET", PRODUCT, {"expand[]": "default_price"}),
    Case("retrieve a price", "GET", PRICE),
    Case("create a product", "POST", "/v1/products", {"name": "Course", "id": "prod_new", "metadata[courseId]": "a"}),
    Case(
        "create a product with everything of ours",
        "POST",
        "/v1/products",
        {
            "name": "Course",
            "description": "d" * 40_000,
            "images[0]": "https://example.com/a.png",
            "default_price_data[currency]": "usd",
            "default_price_data[unit_amount]": "4990",
            "default_price_data[metadata][courseId]": "a",
        },
    ),
    Case("create a product with the longest name", "POST", "/v1/products", {"name": "n" * 5_000}),
    Case("rename a product", "POST", PRODUCT, {"name": "Course", "description": "New"}),
    Case("clear a description", "POST", PRODUCT, {"description": ""}),
    Case("clear the images", "POST", PRODUCT, {"images": ""}),
    Case("clear one metadata key", "POST", PRODUCT, {"metadata[courseId]": ""}),
    Case("clear all metadata", "POST", PRODUCT, {"metadata": ""}),
    Case("archive a product", "POST", PRODUCT, {"active": "false"}),
    Case("change a default price", "POST", PRODUCT, {"default_price": "{other}"}),
    Case("create a price", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd", "unit_amount": "1"}),
    Case("create a free price", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd", "unit_amount": "0"}),
    Case("mark a price", "POST", PRICE, {"metadata[managedBy]": "lmx", "nickname": "Standard"}),
    Case("archive a price", "POST", "/v1/prices/{other}", {"active": "false"}),
    Case("move a lookup key", "POST", PRICE, {"lookup_key": "course-a", "transfer_lookup_key": "true"}),
    Case("delete a product", "DELETE", "/v1/products/prod_bare"),
)

REFUSED = (
    Case("no such endpoint", "GET", "/v1/productz", refused=(404, None, None)),
    Case("no such method", "DELETE", PRICE, refused=(404, None, None)),
    Case("an unknown parameter", "POST", PRODUCT, {"title": "x"}, (400, "parameter_unknown", "title")),
    Case("an unknown list parameter", "GET", "/v1/products", {"name": "x"}, (400, "parameter_unknown", "name")),
    *(
        Case(
            f"an unknown nested parameter {name}",
            "POST",
            "/v1/products",
            {"name": "x", "default_price_data[currency]": "usd", f"default_price_data[{name}]": "1"},
            (400, "parameter_unknown", f"default_price_data[{name}]"),
            mock_lax=NESTED,
        )
        for name in ("amount", "lookup_key")
    ),
    Case("an amount in an update", "POST", PRICE, {"unit_amount": "1"}, (400, "parameter_unknown", "unit_amount")),
    Case("a currency in an update", "POST", PRICE, {"currency": "eur"}, (400, "parameter_unknown", "currency")),
    Case("a price with an id", "POST", "/v1/prices", {"id": "price_1", "product": "prod_known", "currency": "usd"},
         (400, "parameter_unknown", "id")),
    Case("no name", "POST", "/v1/products", {"description": "x"}, (400, "parameter_missing", "name")),
    Case("no currency", "POST", "/v1/prices", {"product": "prod_known", "unit_amount": "1"},
         (400, "parameter_missing", "currency")),
    Case(
        "no currency in default_price_data",
        "POST",
        "/v1/products",
        {"name": "x", "default_price_data[unit_amount]": "1"},
        (400, "parameter_missing", "default_price_data[currency]"),
    ),
    Case("an amount in words", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd", "unit_amount": "one"},
         (400, "parameter_invalid_integer", "unit_amount")),
    Case("an amount with decimals", "POST", "/v1/prices",
         {"product": "prod_known", "currency": "usd", "unit_amount": "49.90"},
         (400, "parameter_invalid_integer", "unit_amount")),
    Case("a boolean in words", "POST", PRODUCT, {"active": "yes"}, (400, None, "active")),
    Case("metadata that is a text", "POST", PRODUCT, {"metadata": "a"}, (400, None, "metadata")),
    Case("nested metadata", "POST", PRODUCT, {"metadata[a][b]": "c"}, (400, None, "metadata[a]")),
    Case("images that are a text", "POST", PRODUCT, {"images": "https://example.com/a.png"}, (400, None, "images")),
    Case("an enum value that is none", "POST", PRICE, {"tax_behavior": "none"}, (400, None, "tax_behavior")),
    Case("a limit in words", "GET", "/v1/products", {"limit": "all"}, (400, "parameter_invalid_integer", "limit")),
    Case("a name that is too long", "POST", PRODUCT, {"name": LONG_NAME}, (400, None, "name"), mock_lax=LENGTH),
    Case("a description that is too long", "POST", PRODUCT, {"description": LONG_DESCRIPTION},
         (400, None, "description"), mock_lax=LENGTH),
    Case("a lookup key that is too long", "POST", PRICE, {"lookup_key": "k" * 201}, (400, None, "lookup_key"),
         mock_lax=LENGTH),
    Case("a statement descriptor that is too long", "POST", PRODUCT, {"statement_descriptor": "s" * 23},
         (400, None, "statement_descriptor"), mock_lax=LENGTH),
    Case("a unit label that is too long", "POST", PRODUCT, {"unit_label": "u" * 13}, (400, None, "unit_label"),
         mock_lax=LENGTH),
    Case("an empty name", "POST", PRODUCT, {"name": ""}, (400, "parameter_invalid_empty", "name"), mock_lax=BLANK),
    Case("an empty amount", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd", "unit_amount": ""},
         (400, "parameter_invalid_empty", "unit_amount")),
    Case("a boolean as a digit", "POST", PRODUCT, {"active": "1"}, (400, None, "active"), mock_lax=LOOSE),
    Case("a limit above 100", "GET", "/v1/products", {"limit": "101"}, (400, "parameter_invalid_integer", "limit"),
         mock_lax=SYNTAX),
    Case("a currency that is none", "POST", "/v1/prices", {"product": "prod_known", "currency": "zzz",
         "unit_amount": "1"},
         (400, None, "currency"), mock_lax=SYNTAX),
    Case("a price without an amount", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd"},
         (400, None, None), mock_lax=SYNTAX),
    Case("a price without a product", "POST", "/v1/prices", {"currency": "usd", "unit_amount": "1"}, (400, None, None),
         mock_lax=SYNTAX),
    Case("two kinds of amount", "POST", "/v1/prices",
         {"product": "prod_known", "currency": "usd", "unit_amount": "1", "unit_amount_decimal": "1"},
         (400, "parameters_exclusive", "unit_amount"), mock_lax=SYNTAX),
    Case("a negative amount", "POST", "/v1/prices", {"product": "prod_known", "currency": "usd", "unit_amount": "-1"},
         (400, "parameter_invalid_integer", "unit_amount"), mock_lax=SYNTAX),
    Case("an image that is no URL", "POST", PRODUCT, {"images[0]": "/a.png"}, (400, "url_invalid", "images[0]"),
         mock_lax=SYNTAX),
    Case("nine images", "POST", PRODUCT, {f"images[{n}]": "https://example.com" for n in range(9)},
         (400, None, "images"), mock_lax=SYNTAX),
    Case("a metadata value that is too long", "POST", PRODUCT, {"metadata[a]": "v" * 501}, (400, None, "metadata"),
         mock_lax=SYNTAX),
    Case("a metadata key that is too long", "POST", PRODUCT, {f"metadata[{'k' * 41}]": "v"}, (400, None, "metadata"),
         mock_lax=SYNTAX),
    Case("an expansion that is none", "GET", PRODUCT, {"expand[]": "prices"}, (400, None, "expand"), mock_lax=SYNTAX),
    Case("ids with a cursor", "GET", "/v1/products", {"ids[0]": "prod_known", "starting_after": "prod_known"},
         (400, "parameters_exclusive", "ids"), mock_lax=SYNTAX),
    Case("an unknown product", "GET", "/v1/products/prod_none", refused=(404, "resource_missing", "id"),
         mock_lax=STATE),
    Case("an unknown price", "GET", "/v1/prices/price_none", refused=(404, "resource_missing", "price"),
         mock_lax=STATE),
    Case("a price of an unknown product", "POST", "/v1/prices",
         {"product": "prod_none", "currency": "usd", "unit_amount": "1"}, (400, "resource_missing", "product"),
         mock_lax=STATE),
    Case("a product id that is taken", "POST", "/v1/products", {"id": "prod_known", "name": "x"},
         (400, "resource_already_exists", "id"), mock_lax=STATE),
    Case("archiving a default price", "POST", PRICE, {"active": "false"}, (400, None, None), mock_lax=STATE),
    Case("deleting a product with prices", "DELETE", PRODUCT, refused=(400, None, None), mock_lax=STATE),
)  # fmt: skip
