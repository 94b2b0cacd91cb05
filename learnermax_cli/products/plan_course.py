"""What must change about the product of one course, and about its prices. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import MANAGED_BY, is_ours, is_unmarked
from learnermax_cli.courses.model import Course, DesiredProduct, product_fields
from learnermax_cli.planning.change import Change, Finding
from learnermax_cli.products.model import ListedPrice, ListedProduct, derived_product_id


@dataclass(frozen=True, slots=True)
class CoursePlan:
    """The changes of one course in the order in which they are safe, and what carrying them out needs to know."""

    course_id: str
    product_id: str
    changes: tuple[Change, ...]
    course: Course | None = None
    desired: DesiredProduct | None = None
    price_id: str | None = None
    """The price that is already right, if there is one."""
    replaces: str | None = None
    """The default price now."""


def plan_new(course: Course, desired: DesiredProduct, environment: str) -> CoursePlan:
    """Return the plan of a course that has no product yet."""
    product_id = derived_product_id(environment, course.course_id)
    gone = None if course.product_id is None else f"{course.product_id}, named by the course, is gone at Stripe"
    after = {"product": product_id, **product_fields(desired), "price": desired.money.as_json()}
    create = Change("product", course.course_id, "create", None, after, gone)
    changes = (create, _link(course, product_id, desired.money))
    return CoursePlan(course.course_id, product_id, changes, course, desired)


def plan_existing(
    course: Course,
    desired: DesiredProduct,
    product: ListedProduct,
    prices: tuple[ListedPrice, ...],
    environment: str,
) -> CoursePlan:
    """Return the plan of a course that has a product; a price is made before the one that it replaces is archived."""
    adopted = not is_ours(product.metadata, environment)
    default = next((price for price in prices if price.price_id == product.default_price_id), None)
    adopts_price = adopted and default is not None and is_unmarked(default.metadata)
    ours = [p for p in prices if is_ours(p.metadata, environment) or (adopts_price and p is default)]
    target = _target(ours, desired.money, product, course)
    changes: list[Change] = []
    if adopts_price and default is not None:
        changes.append(_adopt_price(course, default))
    changes.extend(_product_change(course, desired, product, adopted))
    if target is None or target.price_id != product.default_price_id:
        changes.append(_price_change(course, default, desired.money))
    if target is None or (course.product_id, course.price_id) != (product.product_id, target.price_id):
        changes.append(_link(course, product.product_id, desired.money))
    changes.extend(
        Change("price", course.course_id, "archive", _price_fields(price)) for price in ours if price is not target
    )
    price_id = None if target is None else target.price_id
    return CoursePlan(
        course.course_id, product.product_id, tuple(changes), course, desired, price_id, product.default_price_id
    )


def _target(ours: list[ListedPrice], money: Money, product: ListedProduct, course: Course) -> ListedPrice | None:
    """Return the price to keep: of those with the right amount the default, else the named one, else the oldest."""
    fitting = [price for price in ours if price.money == money]
    for price_id in (product.default_price_id, course.price_id):
        for price in fitting:
            if price.price_id == price_id:
                return price
    return min(fitting, key=lambda price: (price.created, price.price_id), default=None)


def _product_change(course: Course, desired: DesiredProduct, product: ListedProduct, adopted: bool) -> Iterator[Change]:
    wanted: Mapping[str, object] = {
        **product_fields(desired),
        "active": True,
        "courseId": course.course_id,
    }
    listed: Mapping[str, object] = {
        **product_fields(product),
        "active": product.active,
        "courseId": product.metadata.get("courseId"),
    }
    differing = [name for name in wanted if wanted[name] != listed[name]]
    before = {"product": product.product_id, **{name: listed[name] for name in differing}}
    after = {"product": product.product_id, **{name: wanted[name] for name in differing}}
    if adopted:
        reason = "made by hand, named by the course"
        before["managedBy"], after["managedBy"] = None, MANAGED_BY
        yield Change("product", course.course_id, "adopt", before, after, reason)
    elif differing:
        yield Change("product", course.course_id, "update", before, after)


def _price_change(course: Course, default: ListedPrice | None, money: Money) -> Change:
    after = {"price": money.as_json()}
    if default is None:
        return Change("price", course.course_id, "create", None, after)
    return Change("price", course.course_id, "replace", _price_fields(default), after)


def _adopt_price(course: Course, price: ListedPrice) -> Change:
    before = {**_price_fields(price), "managedBy": None}
    return Change("price", course.course_id, "adopt", before, {**before, "managedBy": MANAGED_BY}, "made by hand")


def _link(course: Course, product_id: str, money: Money) -> Change:
    # The id of a price that does not exist yet is unknown, so the plan names the price by its amount.
    before = {"stripeProductId": course.product_id, "stripePriceId": course.price_id}
    return Change(
        "product", course.course_id, "link", before, {"stripeProductId": product_id, "price": money.as_json()}
    )


def _price_fields(price: ListedPrice) -> dict[str, object]:
    return {"stripePriceId": price.price_id, "price": None if price.money is None else price.money.as_json()}


def find_foreign_prices(
    course: Course, product: ListedProduct, prices: tuple[ListedPrice, ...], environment: str
) -> Iterator[Finding]:
    """Yield a finding for each active price of a product that is not ours."""
    adopted = not is_ours(product.metadata, environment)
    for price in prices:
        if is_ours(price.metadata, environment):
            continue
        if adopted and price.price_id == product.default_price_id and is_unmarked(price.metadata):
            continue
        amount = price.money or "not a plain one-time amount"
        detail = f"{price.price_id} ({amount}) of {product.product_id} is active and was not created by lmx: archive it"
        yield Finding("foreign price", course.course_id, detail)
