"""`plan_sync`: what has to change at Stripe and in the table so that both agree. Pure, and the same after any crash."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from learnermax_cli.courses.model import Course
from learnermax_cli.courses.plan_sale import desire
from learnermax_cli.planning.change import Change, Finding, Skipped
from learnermax_cli.products.model import Catalog, ListedProduct, SyncOptions
from learnermax_cli.products.plan_course import (
    CoursePlan,
    default_price,
    find_foreign_prices,
    plan_existing,
    plan_new,
)
from learnermax_cli.products.plan_locate import Claims, collect_claims, locate


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
    default = default_price(product, catalog)
    wanted = desire(course, options, default.money if default else None)
    if isinstance(wanted, Skipped):
        draft.skipped.append(wanted)
        return
    if isinstance(found, Finding):
        draft.findings.append(found)
        return
    draft.warnings.extend(wanted.warnings)
    if product is None:
        plan = plan_new(course, wanted.product, options.environment)
    else:
        prices = catalog.active_prices(product.product_id)
        plan = plan_existing(course, wanted.product, product, prices, options.environment)
        draft.findings.extend(find_foreign_prices(course, product, prices, options.environment))
    if plan.changes:
        draft.plans.append(plan)
    else:
        draft.unchanged.append(course.course_id)


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
