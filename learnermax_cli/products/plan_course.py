"""What must change about the product of one course, and about its prices. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import MANAGED_BY, is_ours, is_unmarked
from learnermax_cli.courses.model import Course, DesiredProduct, product_fields
from learnermax_cli.planning.change import Change, Finding
from learnermax_cli.products.model import ListedPrice, ListedProduct, derived_product_id
from learnermax_cli.products.plan_price import PriceChoice, choose_price, find_sold_price


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
    takes_over: Mapping[str, object] = field(default_factory=dict, hash=False)
    """What the price lacks of what the one it replaces has."""


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
    choice = choose_price(course, desired.money, product, prices, environment)
    sold, kept = choice.sold, choice.kept
    adopted = not is_ours(product.metadata, environment)
    default_id = sold.price_id if adopted and sold is not None else product.default_price_id
    changes: list[Change] = []
    if choice.adopts and sold is not None:
        changes.append(_adopt_price(course, sold))
    changes.extend(_product_change(course, desired, product, default_id, adopted))
    if kept is None or kept.price_id != default_id:
        changes.append(_price_change(course, choice, desired.money))
    elif choice.lacks:
        changes.append(_take_over(course, kept, choice.lacks))
    if kept is None or (course.product_id, course.price_id) != (product.product_id, kept.price_id):
        changes.append(_link(course, product.product_id, desired.money))
    changes.extend(Change("price", course.course_id, "archive", _price_fields(price)) for price in choice.leaving)
    price_id = None if kept is None else kept.price_id
    return CoursePlan(
        course.course_id, product.product_id, tuple(changes), course, desired, price_id, default_id, choice.lacks
    )


def _product_change(
    course: Course, desired: DesiredProduct, product: ListedProduct, default_id: str | None, adopted: bool
) -> Iterator[Change]:
    wanted: Mapping[str, object] = {
        **product_fields(desired),
        "active": True,
        "courseId": course.course_id,
        "default_price": default_id,
    }
    listed: Mapping[str, object] = {
        **product_fields(product),
        "active": product.active,
        "courseId": product.metadata.get("courseId"),
        "default_price": product.default_price_id,
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


def _price_change(course: Course, choice: PriceChoice, money: Money) -> Change:
    taken = {"takes_over": choice.takes_over} if choice.takes_over else {}
    after = {"price": money.as_json(), **taken}
    if choice.sold is None:
        return Change("price", course.course_id, "create", None, after)
    return Change("price", course.course_id, "replace", _price_fields(choice.sold), after)


def _take_over(course: Course, kept: ListedPrice, lacks: Mapping[str, object]) -> Change:
    before = _price_fields(kept)
    return Change("price", course.course_id, "update", before, {**before, "takes_over": lacks})


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
    """Yield a finding for each active price of a product that is not ours and will not be."""
    sold = find_sold_price(course, product, prices, environment)
    adopted = not is_ours(product.metadata, environment)
    for price in prices:
        if is_ours(price.metadata, environment) or (adopted and price is sold and is_unmarked(price.metadata)):
            continue
        amount = price.money or "not a plain one-time amount"
        detail = f"{price.price_id} ({amount}) of {product.product_id} is active and was not created by lmx: archive it"
        yield Finding("foreign price", course.course_id, detail)
