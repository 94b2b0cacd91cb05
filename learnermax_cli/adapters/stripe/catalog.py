"""Products and prices at Stripe; implements `products.model.CatalogGateway`."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import Raw, id_of, list_raw, read_or_none
from learnermax_cli.adapters.stripe.writes import create_once, idempotency_keys, write_until_answered
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import DesiredProduct
from learnermax_cli.products.model import Catalog, ListedPrice, ListedProduct

if TYPE_CHECKING:
    from stripe.params import PriceCreateParams, PriceUpdateParams, ProductCreateParams, ProductUpdateParams


T = TypeVar("T")


class StripeCatalog:
    """Reads pages raw, writes through the typed services."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read_catalog(self) -> Catalog:
        """Read all products, inactive ones included, and all active prices: both lists side by side."""
        with ThreadPoolExecutor(2) as pool:
            products = pool.submit(self._list, "/v1/products", parse_product)
            prices = pool.submit(self._list, "/v1/prices", parse_price, active="true")
        by_product: dict[str, list[ListedPrice]] = {}
        for price in sorted(prices.result(), key=_age):
            by_product.setdefault(price.product_id, []).append(price)
        return Catalog(
            {product.product_id: product for product in products.result()},
            {product_id: tuple(found) for product_id, found in by_product.items()},
        )

    def create_product(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str:
        """Create product, price and default in one call, or find that an earlier run did; return the price id."""
        params = _create_params(product_id, desired, metadata)
        return create_once(
            f"creating product {product_id}",
            idempotency_keys("product", cast("dict[str, object]", params)),
            lambda key: self._client.v1.products.create(params, {"idempotency_key": key}),
            lambda raw: str(id_of(raw["default_price"])),
            lambda _: self._find_created(product_id, desired, metadata),
        )

    def update_product(self, product_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a product."""
        params = cast("ProductUpdateParams", dict(fields))
        self._update(f"updating product {product_id}", lambda: self._client.v1.products.update(product_id, params))

    def create_price(self, product_id: str, money: Money, metadata: Mapping[str, str], replaces: str | None) -> str:
        """Create an active price once, whatever answer was lost; return its id."""
        wanted = {"product": product_id, **money.as_json(), **metadata, "replaces": replaces}
        params: PriceCreateParams = {
            "product": product_id,
            "currency": money.currency,
            "unit_amount": money.amount,
            "metadata": dict(metadata),
        }
        return create_once(
            f"creating a price of {product_id}",
            idempotency_keys("price", wanted),
            lambda key: self._client.v1.prices.create(params, {"idempotency_key": key}),
            lambda raw: str(raw["id"]),
            # The price of a replayed answer may have been made inactive since.
            lambda _: self._find_price(product_id, money, metadata),
        )

    def update_price(self, price_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a price."""
        params = cast("PriceUpdateParams", dict(fields))
        self._update(f"updating price {price_id}", lambda: self._client.v1.prices.update(price_id, params))

    def _update(self, doing: str, send: Callable[[], object]) -> None:
        with stripe_errors(doing):
            write_until_answered(send)

    def _find_created(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str | None:
        product = read_or_none(self._client, f"/v1/products/{product_id}")
        if product is None or product.get("deleted"):
            return None
        price_id = self._find_price(product_id, desired.money, metadata)
        if price_id is None or not metadata.items() <= product["metadata"].items():
            raise FailedError(
                f"product {product_id} already exists, and differs from the plan",
                hint="Run the command again: it plans with what is there now.",
                code="failed.exists",
            )
        return price_id

    def _find_price(self, product_id: str, money: Money, metadata: Mapping[str, str]) -> str | None:
        prices = self._list("/v1/prices", parse_price, active="true", product=product_id)
        fitting = [p for p in prices if p.money == money and metadata.items() <= p.metadata.items()]
        return min(fitting, key=_age).price_id if fitting else None

    def _list(self, path: str, parse: Callable[[Raw], T], **params: Any) -> list[T]:
        return [parse(raw) for page in list_raw(self._client, path, **params) for raw in page]


def parse_product(raw: Raw) -> ListedProduct:
    """Read a product."""
    return ListedProduct(
        product_id=raw["id"],
        name=raw["name"],
        description=raw["description"],
        images=tuple(raw["images"]),
        active=raw["active"],
        default_price_id=id_of(raw["default_price"]),
        metadata=raw["metadata"],
    )


def parse_price(raw: Raw) -> ListedPrice:
    """Read a price."""
    plain = raw["type"] == "one_time" and raw["unit_amount"] is not None and raw["billing_scheme"] == "per_unit"
    return ListedPrice(
        price_id=raw["id"],
        product_id=id_of(raw["product"]) or "",
        money=Money(raw["unit_amount"], raw["currency"]) if plain else None,
        active=raw["active"],
        metadata=raw["metadata"],
        created=raw["created"],
    )


def _age(price: ListedPrice) -> tuple[int, str]:
    return price.created, price.price_id


def _create_params(product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> "ProductCreateParams":
    params: ProductCreateParams = {
        "id": product_id,
        "name": desired.name,
        "metadata": dict(metadata),
        "default_price_data": {
            "currency": desired.money.currency,
            "unit_amount": desired.money.amount,
            "metadata": dict(metadata),
        },
    }
    if desired.description is not None:
        params["description"] = desired.description
    if desired.images:
        params["images"] = list(desired.images)
    return params
