"""Products, prices and Payment Links at Stripe; implements `CatalogGateway` and `LinkGateway`."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar, cast

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as, text, texts
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, list_raw, path_id, read_or_none, sold_prices
from learnermax_cli.adapters.stripe.writes import create_once, idempotency_keys, write_until_answered
from learnermax_cli.checkout.model import NewLink
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.times import unix_time
from learnermax_cli.courses.model import DesiredProduct, product_fields
from learnermax_cli.products.model import Catalog, ListedLink, ListedPrice, ListedProduct, NewPrice

if TYPE_CHECKING:
    from stripe.params import (
        PaymentLinkCreateParams,
        PriceCreateParams,
        PriceUpdateParams,
        ProductCreateParams,
        ProductUpdateParams,
    )

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
        return _catalog(products.result(), prices.result())

    def read_products(self, product_ids: Collection[str]) -> Catalog:
        """Read some products, as far as they are there, each with its active prices."""
        products: list[ListedProduct] = []
        prices: list[ListedPrice] = []
        for product_id in product_ids:
            with stripe_errors(f"reading product {product_id}"):
                raw = read_or_none(self._client, "/v1/products", product_id)
            if raw is not None and not raw.get("deleted"):
                products.append(read_as(parse_product, raw))
                # Read after the product, so that a default price that is not among them is no longer active.
                prices.extend(self._list("/v1/prices", parse_price, active="true", product=product_id))
        return _catalog(products, prices)

    def create_product(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str:
        """Create product, price and default in one call, or find that an earlier run did; return the price id."""
        params = _create_params(product_id, desired, metadata)
        return create_once(
            f"creating product {product_id}",
            idempotency_keys("product", cast("dict[str, object]", params)),
            lambda key: self._client.v1.products.create(params, {"idempotency_key": key}),
            lambda raw: text(id_of(raw["default_price"])),
            lambda _: self._find_created(product_id, desired, metadata),
        )

    def update_product(self, product_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a product."""
        params = cast("ProductUpdateParams", dict(fields))
        own_id = path_id(product_id)
        self._update(f"updating product {product_id}", lambda: self._client.v1.products.update(own_id, params))

    def create_price(self, new: NewPrice) -> str:
        """Create an active price once, whatever answer was lost; return its id."""
        params = _price_params(new)
        wanted = {"product": new.product_id, **new.money.as_json(), **new.metadata, "replaces": new.replaces}
        if new.takes_over:
            wanted["takes_over"] = new.takes_over
        return create_once(
            f"creating a price of {new.product_id}",
            idempotency_keys("price", wanted),
            lambda key: self._client.v1.prices.create(params, {"idempotency_key": key}),
            lambda raw: text(raw["id"]),
            # The price of a replayed answer may have been made inactive since.
            lambda _: self._find_price(new.product_id, new.money, new.metadata),
        )

    def update_price(self, price_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a price; a lookup key is taken from the price that has it."""
        params = cast("PriceUpdateParams", _with_transfer(fields))
        own_id = path_id(price_id)
        self._update(f"updating price {price_id}", lambda: self._client.v1.prices.update(own_id, params))

    def _update(self, doing: str, send: Callable[[], object]) -> None:
        with stripe_errors(doing):
            write_until_answered(send)

    def _find_created(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str | None:
        product = read_or_none(self._client, "/v1/products", product_id)
        if product is None or product.get("deleted"):
            return None
        price_id = self._find_price(product_id, desired.money, metadata)
        listed = read_as(parse_product, product)
        as_wanted = product_fields(listed) == product_fields(desired) and metadata.items() <= listed.metadata.items()
        if price_id is None or price_id != listed.default_price_id or not as_wanted:
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
        return [read_as(parse, raw) for page in list_raw(self._client, path, **params) for raw in page]


def parse_product(raw: Raw) -> ListedProduct:
    """Read a product."""
    return ListedProduct(
        product_id=raw["id"],
        name=raw["name"],
        description=raw["description"],
        images=texts(raw["images"]),
        active=raw["active"],
        default_price_id=id_of(raw["default_price"]),
        metadata=raw["metadata"],
    )


def parse_price(raw: Raw) -> ListedPrice:
    """Read a price."""
    plain = raw["type"] == "one_time" and raw["unit_amount"] is not None and raw["billing_scheme"] == "per_unit"
    # Sold in packages, rounded down, one is free [stripe.Price.transform_quantity].
    plain = plain and raw.get("transform_quantity") is None
    return ListedPrice(
        price_id=raw["id"],
        product_id=id_of(raw["product"]) or "",
        money=Money(raw["unit_amount"], raw["currency"]) if plain else None,
        active=raw["active"],
        metadata=raw["metadata"],
        created=unix_time(raw["created"]),
        nickname=raw.get("nickname"),
        lookup_key=raw.get("lookup_key"),
        tax_behavior=None if raw.get("tax_behavior") == "unspecified" else raw.get("tax_behavior"),
    )


def _catalog(products: Iterable[ListedProduct], prices: Iterable[ListedPrice]) -> Catalog:
    by_product: dict[str, list[ListedPrice]] = {}
    for price in sorted(prices, key=_age):
        by_product.setdefault(price.product_id, []).append(price)
    return Catalog(
        {product.product_id: product for product in products},
        {product_id: tuple(found) for product_id, found in by_product.items()},
    )


def _age(price: ListedPrice) -> tuple[int, str]:
    return price.created, price.price_id


def _create_params(product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> "ProductCreateParams":
    price = {"currency": desired.money.currency, "unit_amount": desired.money.amount, "metadata": dict(metadata)}
    fields = {name: value for name, value in product_fields(desired).items() if value}
    params = {"id": product_id, **fields, "metadata": dict(metadata), "default_price_data": price}
    return cast("ProductCreateParams", params)


def _price_params(new: NewPrice) -> "PriceCreateParams":
    taken = _with_transfer(new.takes_over)
    params = {
        **taken,
        "product": new.product_id,
        "currency": new.money.currency,
        "unit_amount": new.money.amount,
        "metadata": {**cast("dict[str, str]", taken.get("metadata", {})), **new.metadata},
    }
    return cast("PriceCreateParams", params)


def _with_transfer(fields: Mapping[str, object]) -> dict[str, object]:
    # A lookup key stays with the price that has it, archived or not, unless it is taken away in the same call.
    return {**fields, "transfer_lookup_key": True} if "lookup_key" in fields else dict(fields)


class StripeLinks:
    """Links can be created and made inactive, but neither deleted nor pointed at another price."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_active_links(self) -> list[ListedLink]:
        """Read all active links with what they sell."""
        pages = list_raw(self._client, "/v1/payment_links", active="true", expand=["data.line_items"])
        return [read_as(_link, raw) for page in pages for raw in page]

    def create_link(self, new: NewLink, replaces: Sequence[str]) -> ListedLink:
        """Create a link once, whatever answer was lost; `replaces` are the links that it replaces."""
        params = _link_params(new)
        return create_once(
            f"creating a payment link for {new.metadata['courseId']}",
            idempotency_keys("link", {**params, "replaces": sorted(replaces)}),
            lambda key: self._client.v1.payment_links.create(params, {"idempotency_key": key}),
            _link,
            # The link of a replayed answer may have been made inactive since.
            lambda _: self._find_made(new),
        )

    def deactivate_link(self, link_id: str) -> None:
        """Make a link inactive."""
        with stripe_errors(f"making {link_id} inactive"):
            write_until_answered(lambda: self._client.v1.payment_links.update(path_id(link_id), {"active": False}))

    def _find_made(self, new: NewLink) -> ListedLink | None:
        fitting = [
            link
            for link in self.list_active_links()
            if link.price_ids == (new.price_id,) and link.metadata == new.metadata
        ]
        return min(fitting, key=lambda link: link.link_id, default=None)


def _link_params(new: NewLink) -> "PaymentLinkCreateParams":
    params: PaymentLinkCreateParams = {
        "line_items": [{"price": new.price_id, "quantity": 1}],
        "metadata": dict(new.metadata),
        "payment_intent_data": {"metadata": dict(new.metadata)},
        "expand": ["line_items"],
    }
    if new.return_url is not None:
        params["after_completion"] = {"type": "redirect", "redirect": {"url": new.return_url}}
    return params


def _link(raw: Raw) -> ListedLink:
    return ListedLink(raw["id"], raw["url"], sold_prices(raw["line_items"]), raw["active"], raw["metadata"] or {})
