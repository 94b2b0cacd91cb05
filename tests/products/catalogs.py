"""Short ways to write courses, products and prices down as values."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Change
from learnermax_cli.products.model import Catalog, ListedPrice, ListedProduct, SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync

ENVIRONMENT = "sandbox"
OPTIONS = SyncOptions(ENVIRONMENT)
LINKED = {"stripeProductId": "lmx_sandbox_a", "stripePriceId": "price_1"}
USD_4999 = {"amount": 4999, "currency": "usd"}
USD_2000 = {"amount": 2000, "currency": "usd"}
LINK = Change(
    "product",
    "a",
    "link",
    LINKED,
    {"stripeProductId": "lmx_sandbox_a", "price": USD_4999},
)


def course(course_id: str = "a", /, **attributes: Any) -> Course:
    """A paid course of 49.99; an attribute that is None is absent."""
    defaults: dict[str, object] = {"name": "Course A", "pricingModel": "paid", "price": Decimal("49.99")}
    merged = {**defaults, **attributes}
    return Course(course_id, {name: value for name, value in merged.items() if value is not None})


def ours(course_id: str = "a", environment: str = ENVIRONMENT) -> dict[str, str]:
    """The metadata of an object of ours."""
    return marker(environment, course_id)


def product(
    product_id: str = "lmx_sandbox_a",
    metadata: dict[str, str] | None = None,
    *,
    default: str | None = "price_1",
    name: str = "Course A",
    active: bool = True,
) -> ListedProduct:
    """A product of ours for course a, as the course wants it."""
    return ListedProduct(product_id, name, None, (), active, default, ours() if metadata is None else metadata)


def price(
    price_id: str = "price_1",
    amount: int = 4999,
    metadata: dict[str, str] | None = None,
    *,
    product_id: str = "lmx_sandbox_a",
    created: int = 1,
) -> ListedPrice:
    """An active usd price of ours for course a."""
    marked = ours() if metadata is None else metadata
    return ListedPrice(price_id, product_id, Money(amount, "usd"), active=True, metadata=marked, created=created)


def catalog(products: Iterable[ListedProduct] = (), prices: Iterable[ListedPrice] = ()) -> Catalog:
    """What Stripe has, as `read_catalog` returns it."""
    grouped: dict[str, tuple[ListedPrice, ...]] = {}
    for listed in sorted(prices, key=lambda p: (p.created, p.price_id)):
        grouped[listed.product_id] = (*grouped.get(listed.product_id, ()), listed)
    return Catalog({listed.product_id: listed for listed in products}, grouped)


def plan(
    courses: Iterable[Course],
    products: Iterable[ListedProduct] = (),
    prices: Iterable[ListedPrice] = (),
    options: SyncOptions = OPTIONS,
) -> SyncPlan:
    """Return the plan of a small catalog."""
    return plan_sync(courses, catalog(products, prices), options)
