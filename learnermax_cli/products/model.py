"""Products and prices as Stripe has them, what a course wants them to be, and the port of the payment provider."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from learnermax_cli.core.money import Money, PriceUnit


@dataclass(frozen=True, slots=True)
class ListedPrice:
    """A price as Stripe has it now. `money` is None where it is not one plain one-time amount."""

    price_id: str
    product_id: str
    money: Money | None
    active: bool
    metadata: Mapping[str, str] = field(hash=False)
    created: int = 0


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


@dataclass(frozen=True, slots=True)
class DesiredProduct:
    """What a course wants at Stripe."""

    course_id: str
    name: str
    description: str | None
    images: tuple[str, ...]
    money: Money


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """How `products sync` reads prices and what it may do."""

    environment: str
    currency: str = "usd"
    price_unit: PriceUnit | None = None
    max_price: Decimal | None = None
    include_coming_soon: bool = False
    prune: bool = False
    allowed_prices: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    """Course ids of --course; empty for all."""

    def with_flags(self, include_coming_soon: bool, prune: bool, allow_price: list[str] | None) -> "SyncOptions":
        """Return the options with what may be done beyond the usual."""
        allowed = frozenset(allow_price or ())
        return replace(self, include_coming_soon=include_coming_soon, prune=prune, allowed_prices=allowed)


class CatalogGateway(Protocol):
    """Products and prices at the payment provider. Every method raises LmxError when the provider refuses."""

    def list_products(self) -> list[ListedProduct]:
        """Read all products, inactive ones included."""

    def list_active_prices(self) -> list[ListedPrice]:
        """Read all active prices."""

    def create_product(self, product_id: str, desired: DesiredProduct, metadata: Mapping[str, str]) -> str:
        """Create product, price and default in one call, or find that an earlier run did; return the price id."""

    def update_product(self, product_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a product."""

    def create_price(self, product_id: str, money: Money, metadata: Mapping[str, str], replaces: str | None) -> str:
        """Create an active price once, whatever answer was lost; return its id."""

    def update_price(self, price_id: str, fields: Mapping[str, object]) -> None:
        """Set the named fields of a price."""


class LinkReader(Protocol):
    """Payment Links at the payment provider, for reading."""

    def list_active_links(self) -> list[ListedLink]:
        """Read all active links with what they sell."""
