"""A model of Stripe and of the table, that carries out the changes of a plan one single write at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Change
from learnermax_cli.products.model import Catalog, ListedPrice, ListedProduct, SyncOptions
from learnermax_cli.products.plan_course import CoursePlan
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync
from tests.products.catalogs import catalog


@dataclass
class World:
    """Courses, products and all prices; `environment` is the one that lmx works for."""

    courses: dict[str, Course]
    products: dict[str, ListedProduct]
    prices: dict[str, ListedPrice]
    environment: str = "sandbox"

    def copy(self) -> "World":
        """Return a world of its own with the same content."""
        return World(dict(self.courses), dict(self.products), dict(self.prices), self.environment)

    def catalog(self) -> Catalog:
        """Return what lmx reads of Stripe."""
        return catalog(self.products.values(), (price for price in self.prices.values() if price.active))

    def plan(self, options: SyncOptions) -> SyncPlan:
        """Return what lmx would do now."""
        return plan_sync(self.courses.values(), self.catalog(), options)

    def apply(self, plan: SyncPlan) -> None:
        """Carry a plan out to its end."""
        for course in plan.courses:
            for _ in self.writes(course):
                pass

    def writes(self, plan: CoursePlan) -> Iterator[str]:
        """Carry out the plan of a course, pausing after each single write."""
        price_id = plan.price_id
        for change in plan.changes:
            match change.kind, change.action:
                case "product", "create":
                    price_id = self._create_product(plan)
                case "product", "link":
                    assert price_id is not None
                    self._link(plan, price_id)
                case "product", _:
                    self._update_product(plan, change)
                case "price", "adopt":
                    self._mark_price(plan, change)
                case "price", "archive":
                    self._archive_price(change)
                case "price", "update":
                    self._take_over(self._price(change).price_id, plan)
                case "price", _:
                    if price_id is None:
                        assert plan.desired is not None
                        price_id = self._create_price(plan.product_id, plan.course_id, plan.desired.money)
                        self._take_over(price_id, plan)
                        yield "price create"
                    elif plan.takes_over:
                        self._take_over(price_id, plan)
                        yield "price update"
                    self._set_default(plan.product_id, price_id)
                case other:
                    raise AssertionError(f"no such change: {other}")
            yield f"{change.kind} {change.action}"

    def _create_product(self, plan: CoursePlan) -> str:
        assert plan.desired is not None
        assert plan.product_id not in self.products, "resource_already_exists"
        wanted = plan.desired
        price_id = self._create_price(plan.product_id, plan.course_id, wanted.money)
        mark = marker(self.environment, plan.course_id)
        self.products[plan.product_id] = ListedProduct(
            plan.product_id,
            wanted.name,
            wanted.description,
            wanted.images,
            active=True,
            default_price_id=price_id,
            metadata=mark,
        )
        return price_id

    def _create_price(self, product_id: str, course_id: str, money: Money) -> str:
        price_id = f"price_{course_id}_new{sum(p.product_id == product_id for p in self.prices.values())}"
        mark = marker(self.environment, course_id)
        self.prices[price_id] = ListedPrice(price_id, product_id, money, active=True, metadata=mark, created=1_000)
        return price_id

    def _update_product(self, plan: CoursePlan, change: Change) -> None:
        product, after = self.products[plan.product_id], change.after or {}
        if change.action == "archive":
            self.products[plan.product_id] = replace(product, active=False)
            return
        images = after.get("images", product.images)
        assert isinstance(images, list | tuple)
        self.products[plan.product_id] = replace(
            product,
            name=str(after.get("name", product.name)),
            images=tuple(images),
            active=bool(after.get("active", product.active)),
            default_price_id=self._usable(plan.product_id, after.get("default_price", product.default_price_id)),
            metadata={**product.metadata, **marker(self.environment, plan.course_id)},
        )

    def _take_over(self, price_id: str, plan: CoursePlan) -> None:
        taken: dict[str, Any] = dict(plan.takes_over)
        price = self.prices[price_id]
        if "lookup_key" in taken:
            for other in [other for other in self.prices.values() if other.lookup_key == taken["lookup_key"]]:
                self.prices[other.price_id] = replace(other, lookup_key=None)
        assert price.tax_behavior in (None, taken.get("tax_behavior", price.tax_behavior)), "it is set once"
        metadata = {**price.metadata, **taken.pop("metadata", {})}
        self.prices[price_id] = replace(price, metadata=metadata, **taken)

    def _mark_price(self, plan: CoursePlan, change: Change) -> None:
        price = self._price(change)
        mark = {**price.metadata, **marker(self.environment, plan.course_id)}
        self.prices[price.price_id] = replace(price, metadata=mark)

    def _archive_price(self, change: Change) -> None:
        price = self._price(change)
        default = self.products[price.product_id].default_price_id
        assert default != price.price_id, "a default price cannot be archived"
        self.prices[price.price_id] = replace(price, active=False)

    def _set_default(self, product_id: str, price_id: str) -> None:
        default = self._usable(product_id, price_id)
        self.products[product_id] = replace(self.products[product_id], default_price_id=default)

    def _usable(self, product_id: str, price_id: object) -> str | None:
        if price_id is None or price_id == self.products[product_id].default_price_id:
            return self.products[product_id].default_price_id
        price = self.prices[str(price_id)]
        assert price.active, "a default price must be active"
        assert product_id == price.product_id, "a default price must be the product's own"
        return price.price_id

    def _link(self, plan: CoursePlan, price_id: str) -> None:
        course = self.courses[plan.course_id]
        assert course == plan.course, "the write-back is conditional on what was read"
        ids = {"stripeProductId": plan.product_id, "stripePriceId": price_id}
        self.courses[plan.course_id] = Course(plan.course_id, {**course.attributes, **ids})

    def _price(self, change: Change) -> ListedPrice:
        return self.prices[str((change.before or {})["stripePriceId"])]
