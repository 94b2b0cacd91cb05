"""Products, prices and links as Stripe has them, and the ports of the payment provider."""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import DesiredProduct, PriceRules

# A prefix of its own keeps hashed ids apart from course ids that look like one.
_HASHED = "h-"
_PLAIN = re.compile(r"(?!h-)[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price as Stripe has it now. `money` is None where it is not one plain one-time amount."""

    price_id: str
    product_id: str
    money: Money | None
    active: bool
    metadata: Mapping[str, str] = field(hash=False)
    created: int = 0
    nickname: str | None = None
    lookup_key: str | None = None
    tax_behavior: str | None = None
    """None where it is left to the account's default."""


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as Stripe has it now."""

    product_id: str
    name: str
    description: str | None
    images: tuple[str, ...]
    active: bool
    default_price_id: str | None
    metadata: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class ListedLink:
    """A Payment Link as Stripe has it now, with the prices that it sells."""

    link_id: str
    url: str
    price_ids: tuple[str, ...]
    active: bool
    metadata: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class Catalog:
    """All products, and the active prices of each."""

    products: Mapping[str, ListedProduct]
    prices: Mapping[str, tuple[ListedPrice, ...]]

    def active_prices(self, product_id: str) -> tuple[ListedPrice, ...]:
        """Return the active prices of a product, oldest first."""
        return self.prices.get(product_id, ())

    def default_price(self, product: ListedProduct) -> ListedPrice | None:
        """Return the price that a product is sold for, if it is active."""
        prices = self.active_prices(product.product_id)
        return next((price for price in prices if price.price_id == product.default_price_id), None)

    def contradicts_itself(self, product_id: str) -> bool:
        """Return whether a product's default price is not active: so it is, or a sync came between the two lists."""
        product = self.products.get(product_id)
        return product is not None and product.default_price_id is not None and self.default_price(product) is None

    def replaced(self, product_ids: Collection[str], read: "Catalog") -> "Catalog":
        """Return the catalog with some products, and their prices, as they were read later, or gone."""
        products = {key: value for key, value in self.products.items() if key not in product_ids}
        prices = {key: value for key, value in self.prices.items() if key not in product_ids}
        return Catalog({**products, **read.products}, {**prices, **read.prices})


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How `products sync` reads prices and what it may do."""

    environment: str
    prices: PriceRules = field(default_factory=PriceRules)
    include_coming_soon: bool = False
    prune: bool = False
    only: frozenset[str] = frozenset()
    """Course ids of --course; empty for all."""

    def covers(self, course_id: str) -> bool:
        """Return whether this course may be changed."""
        return not self.only or course_id in self.only


@dataclass(frozen=True, slots=True)
class NewPrice:
    """A price to create: `takes_over` holds what it has of the one that it replaces, by Stripe's names."""

    product_id: str
    money: Money
    metadata: Mapping[str, str] = field(hash=False)
    replaces: str | None = None
    takes_over: Mapping[str, object] = field(default_factory=dict, hash=False)


class CatalogGateway(Protocol):
    """Products and prices at the payment provider. Every method raises LmxError when the provider refuses."""

    def read_catalog(self) -> Catalog:
        """Read all products, inactive ones included, and all active prices."""

    def read_products(self, product_ids: Collection[str]) -> Catalog:
        """Read some products, as far as they are there, each with its active prices."""

    def create_product(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str:
        """Create product, price and default in one call, or find that an earlier run did; return the price id."""

    def update_product(self, product_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a product."""

    def create_price(self, new: NewPrice) -> str:
        """Create an active price once, whatever answer was lost; return its id."""

    def update_price(self, price_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a price; a lookup key is taken from the price that has it."""


class LinkReader(Protocol):
    """Payment Links at the payment provider, for reading."""

    def list_active_links(self) -> list[ListedLink]:
        """Read all active links with what they sell."""


def derived_product_id(environment: str, course_id: str) -> str:
    """Return the product id that a course always has, so that no create can happen twice; no two courses share one."""
    if _PLAIN.fullmatch(course_id):
        return f"lmx_{environment}_{course_id}"
    return f"lmx_{environment}_{_HASHED}{hashlib.sha256(course_id.encode()).hexdigest()[:40]}"
