"""`plan_sync`: what has to change at Stripe and in the table so that both agree. Pure, and the same after any crash."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from learnermax_cli.courses.model import Course
from learnermax_cli.markers import MANAGED_BY
from learnermax_cli.money import Money
from learnermax_cli.planning.change import Change, Finding, Skipped
from learnermax_cli.products.desired import desire
from learnermax_cli.products.ids import derived_product_id
from learnermax_cli.products.locate import Claims, collect_claims, locate
from learnermax_cli.products.model import (
    Catalog,
    DesiredProduct,
    ListedPrice,
    ListedProduct,
    SyncOptions,
    is_ours,
    is_unmarked,
)


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


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """The plan of a whole catalog."""

    courses: tuple[CoursePlan, ...]
    skipped: tuple[Skipped, ...] = ()
    findings: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    managed: int = 0
    """How many active products are ours."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes, course by course."""
        return tuple(change for plan in self.courses for change in plan.changes)

    @property
    def archived_products(self) -> int:
        """How many products the plan makes inactive."""
        return sum(change.kind == "product" and change.action == "archive" for change in self.changes)


@dataclass
class _Draft:
    plans: list[CoursePlan] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def plan_sync(courses: Iterable[Course], catalog: Catalog, options: SyncOptions) -> SyncPlan:
    """Return what must change so that each sold course has one product with one active price of ours, its default."""
    everyone = tuple(sorted(courses, key=lambda course: course.course_id))
    claims = collect_claims(everyone, catalog, options.environment)
    draft = _Draft()
    for course in everyone:
        if course.paid and (not options.only or course.course_id in options.only):
            _plan_course(draft, course, catalog, claims, options)
    _plan_orphans(draft, everyone, claims, options)
    _report_unknown(draft, everyone, claims, options)
    managed = sum(product.active for products in claims.marked_with.values() for product in products)
    return SyncPlan(
        tuple(draft.plans),
        tuple(draft.skipped),
        tuple(draft.findings),
        tuple(draft.warnings),
        tuple(draft.unchanged),
        managed,
    )


def _plan_course(draft: _Draft, course: Course, catalog: Catalog, claims: Claims, options: SyncOptions) -> None:
    found = locate(course, catalog, claims, options.environment)
    product = found if isinstance(found, ListedProduct) else None
    default = _default_price(product, catalog)
    wanted = desire(course, options, default.money if default else None)
    if isinstance(wanted, Skipped):
        draft.skipped.append(wanted)
        return
    if isinstance(found, Finding):
        draft.findings.append(found)
        return
    draft.warnings.extend(wanted.warnings)
    if product is None:
        plan = _plan_new(course, wanted.product, options.environment)
    else:
        prices = catalog.active_prices(product.product_id)
        plan = _plan_existing(course, wanted.product, product, prices, options.environment)
        draft.findings.extend(_foreign_prices(course, product, prices, options.environment))
    if plan.changes:
        draft.plans.append(plan)
    else:
        draft.unchanged.append(course.course_id)


def _plan_new(course: Course, desired: DesiredProduct, environment: str) -> CoursePlan:
    product_id = derived_product_id(environment, course.course_id)
    gone = None if course.product_id is None else f"{course.product_id}, named by the course, is gone at Stripe"
    after = {
        "product": product_id,
        "name": desired.name,
        "description": desired.description,
        "images": list(desired.images),
        "price": desired.money.as_json(),
    }
    create = Change("product", course.course_id, "create", None, after, gone)
    changes = (create, _link(course, product_id, desired.money))
    return CoursePlan(course.course_id, product_id, changes, course, desired)


def _plan_existing(
    course: Course,
    desired: DesiredProduct,
    product: ListedProduct,
    prices: tuple[ListedPrice, ...],
    environment: str,
) -> CoursePlan:
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
    changes.extend(_archive_price(course, price) for price in ours if price is not target)
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
        "name": desired.name,
        "description": desired.description,
        "images": list(desired.images),
        "active": True,
        "courseId": course.course_id,
    }
    listed: Mapping[str, object] = {
        "name": product.name,
        "description": product.description or None,
        "images": list(product.images),
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


def _archive_price(course: Course, price: ListedPrice) -> Change:
    return Change("price", course.course_id, "archive", _price_fields(price), None)


def _link(course: Course, product_id: str, money: Money) -> Change:
    # The id of a price that is yet to be made is nobody's to know, so the price stands here by its amount.
    before = {"stripeProductId": course.product_id, "stripePriceId": course.price_id}
    return Change(
        "product", course.course_id, "link", before, {"stripeProductId": product_id, "price": money.as_json()}
    )


def _price_fields(price: ListedPrice) -> dict[str, object]:
    return {"stripePriceId": price.price_id, "price": None if price.money is None else price.money.as_json()}


def _default_price(product: ListedProduct | None, catalog: Catalog) -> ListedPrice | None:
    if product is None:
        return None
    prices = catalog.active_prices(product.product_id)
    return next((price for price in prices if price.price_id == product.default_price_id), None)


def _foreign_prices(
    course: Course, product: ListedProduct, prices: tuple[ListedPrice, ...], environment: str
) -> Iterator[Finding]:
    adopted = not is_ours(product.metadata, environment)
    for price in prices:
        if is_ours(price.metadata, environment):
            continue
        if adopted and price.price_id == product.default_price_id and is_unmarked(price.metadata):
            continue
        amount = price.money or "no plain one-time amount"
        detail = (
            f"{price.price_id} ({amount}) of {product.product_id} is active and not made by lmx: archive it by hand"
        )
        yield Finding("foreign price", course.course_id, detail)


def _plan_orphans(draft: _Draft, courses: tuple[Course, ...], claims: Claims, options: SyncOptions) -> None:
    by_id = {course.course_id: course for course in courses}
    for course_id, products in sorted(claims.marked_with.items()):
        if options.only and course_id not in options.only:
            continue
        reason = _not_sold(by_id.get(course_id), options)
        for product in products:
            if reason is None or not product.active:
                continue
            if options.prune:
                before = {"product": product.product_id, "active": True}
                change = Change("product", course_id, "archive", before, {**before, "active": False}, reason)
                draft.plans.append(CoursePlan(course_id, product.product_id, (change,)))
            else:
                detail = f"{product.product_id} is still active, but {reason}: --prune makes it inactive"
                draft.findings.append(Finding("orphan product", course_id, detail))


def _not_sold(course: Course | None, options: SyncOptions) -> str | None:
    if course is None:
        return "its course is gone"
    if not course.paid:
        return "its course is no longer paid"
    return "its course is coming soon" if course.coming_soon and not options.include_coming_soon else None


def _report_unknown(draft: _Draft, courses: tuple[Course, ...], claims: Claims, options: SyncOptions) -> None:
    known = {course.course_id for course in courses}
    for course_id in sorted(options.only - known):
        if course_id not in claims.marked_with:
            draft.skipped.append(
                Skipped("course", course_id, "there is no such course", blocking=True, code="invalid.unknown_course")
            )
