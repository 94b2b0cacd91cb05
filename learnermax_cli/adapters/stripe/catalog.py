"""Products and prices at Stripe; implements `products.model.CatalogGateway`."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.writes import MAX_ATTEMPTS, idempotency_keys, is_replayed, is_server_failure
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import DesiredProduct
from learnermax_cli.products.model import ListedPrice, ListedProduct

if TYPE_CHECKING:
    from stripe.params import PriceUpdateParams, ProductCreateParams, ProductUpdateParams

_PAGE = 100  # the most that a list call returns


class StripeCatalog:
    """Reads pages raw (typed objects cost thirty times as much to build), writes through the typed services."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_products(self) -> list[ListedProduct]:
        """Read all products, inactive ones included."""
        return [_product(raw) for raw in self._list("/v1/products", {})]

    def list_active_prices(self) -> list[ListedPrice]:
        """Read all active prices."""
        return [_price(raw) for raw in self._list("/v1/prices", {"active": "true"})]

    def create_product(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str:
        """Create product, price and default in one call, or find that an earlier run did; return the price id."""
        params = _create_params(product_id, desired, metadata)
        for key in idempotency_keys("product", cast("dict[str, object]", params)):
            with stripe_errors(f"creating product {product_id}"):
                try:
                    created = self._client.v1.products.create(params, {"idempotency_key": key})
                    if not is_replayed(created):
                        return _default_price_id(created.default_price)
                except stripe.InvalidRequestError as error:
                    if error.code != "resource_already_exists":
                        raise
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                # Replayed, there already, or failed who knows where: what counts is what is there now.
                price_id = self._find_created(product_id, desired, metadata)
            if price_id is not None:
                return price_id
        raise _will_not(f"create product {product_id}")

    def update_product(self, product_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a product."""
        params = cast("ProductUpdateParams", dict(fields))
        self._update(f"updating product {product_id}", lambda: self._client.v1.products.update(product_id, params))

    def create_price(self, product_id: str, money: Money, metadata: Mapping[str, str], replaces: str | None) -> str:
        """Create an active price once, whatever answer was lost; return its id."""
        wanted = {"product": product_id, **money.as_json(), **metadata, "replaces": replaces}
        for key in idempotency_keys("price", wanted):
            with stripe_errors(f"creating a price of {product_id}"):
                try:
                    created = self._client.v1.prices.create(
                        {
                            "product": product_id,
                            "currency": money.currency,
                            "unit_amount": money.amount,
                            "metadata": dict(metadata),
                        },
                        {"idempotency_key": key},
                    )
                    if not is_replayed(created):
                        return created.id
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                # A replayed answer is not the present: the price may have been made inactive since.
                price_id = self._find_price(product_id, money, metadata)
            if price_id is not None:
                return price_id
        raise _will_not(f"create a price of {product_id}")

    def update_price(self, price_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a price."""
        params = cast("PriceUpdateParams", dict(fields))
        self._update(f"updating price {price_id}", lambda: self._client.v1.prices.update(price_id, params))

    def _update(self, doing: str, send: Any) -> None:
        # The SDK gives each call a key of its own; setting the same fields again under a new one does no harm.
        with stripe_errors(doing):
            for _ in range(MAX_ATTEMPTS - 1):
                try:
                    send()
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                else:
                    return
            send()

    def _find_created(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str | None:
        try:
            product = self._client.v1.products.retrieve(product_id)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise
        if getattr(product, "deleted", False):
            return None
        found = product.metadata.to_dict()
        price_id = self._find_price(product_id, desired.money, metadata)
        if any(found.get(name) != value for name, value in metadata.items()) or price_id is None:
            raise FailedError(
                f"product {product_id} is there already, and not as the plan wants it",
                hint="Run again: it plans with what is there now.",
                code="failed.exists",
            )
        return price_id

    def _find_price(self, product_id: str, money: Money, metadata: Mapping[str, str]) -> str | None:
        prices = [_price(raw) for raw in self._list("/v1/prices", {"active": "true", "product": product_id})]
        fitting = [p for p in prices if p.money == money and all(p.metadata.get(n) == v for n, v in metadata.items())]
        oldest = min(fitting, key=lambda price: (price.created, price.price_id), default=None)
        return None if oldest is None else oldest.price_id

    def _list(self, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after: dict[str, Any] = {}
        with stripe_errors(f"listing {path.rpartition('/')[2]}"):
            while True:
                page = cast("Any", self._client.raw_request("get", path, limit=_PAGE, **params, **after)).data
                found += page["data"]
                if not page["has_more"] or not page["data"]:
                    return found
                after = {"starting_after": page["data"][-1]["id"]}


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


def _default_price_id(default: Any) -> str:
    return default if isinstance(default, str) else str(default.id)


def _product(raw: Mapping[str, Any]) -> ListedProduct:
    default = raw["default_price"]
    return ListedProduct(
        product_id=raw["id"],
        name=raw["name"],
        description=raw["description"],
        images=tuple(raw["images"]),
        active=raw["active"],
        default_price_id=default["id"] if isinstance(default, dict) else default,
        metadata=raw["metadata"],
    )


def _price(raw: Mapping[str, Any]) -> ListedPrice:
    plain = raw["type"] == "one_time" and raw["unit_amount"] is not None and raw["billing_scheme"] == "per_unit"
    product = raw["product"]
    return ListedPrice(
        price_id=raw["id"],
        product_id=product["id"] if isinstance(product, dict) else product,
        money=Money(raw["unit_amount"], raw["currency"]) if plain else None,
        active=raw["active"],
        metadata=raw["metadata"],
        created=raw["created"],
    )


def _will_not(doing: str) -> FailedError:
    return FailedError(
        f"Stripe failed {MAX_ATTEMPTS} times to {doing}", hint="Running again is safe.", code="failed.stripe"
    )
