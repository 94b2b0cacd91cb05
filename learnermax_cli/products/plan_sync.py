"""What has to change at Stripe and in the table so that both agree. Pure, and the same after any crash."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.ownership import is_ours
from learnermax_cli.core.remedy import lmx, sync_one
from learnermax_cli.courses.model import Course
from learnermax_cli.courses.price import find_coming_soon_flaw, plan_sale
from learnermax_cli.planning.change import Change, Finding, Skipped
from learnermax_cli.products.model import Catalog, ListedLink, ListedProduct, SyncOptions
from learnermax_cli.products.plan_course import CoursePlan, find_foreign_prices, plan_existing, plan_new
from learnermax_cli.products.plan_locate import Claims, collect_claims, locate
from learnermax_cli.products.plan_price import find_sold_price

MINIMUM_POPULATION = 10
MAX_ARCHIVED_SHARE = 0.30


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

    def require_few_archived(self, allowed: int | None) -> None:
        """Raise GuardError when too large a share of at least ten managed products would become inactive."""
        archived = sum(change.kind == "product" and change.action == "archive" for change in self.changes)
        if self.managed < MINIMUM_POPULATION or archived <= max(self.managed * MAX_ARCHIVED_SHARE, allowed or 0):
            return
        share = f"{archived} of {self.managed} managed products"
        raise GuardError(
            f"the plan makes {share} inactive, more than {MAX_ARCHIVED_SHARE:.0%}",
            hint=f"Check --table and -e; if intended, pass --allow-archive {archived}.",
            code="guard.archive",
        )


@dataclass(frozen=True, slots=True)
class Again:
    """What is left to do about one course after others changed it, or why nothing is."""

    plan: CoursePlan | None
    reason: str = "another run was faster, or it is no longer needed"
    refused: bool = False
    """Whether a person must look first."""
    unsold: bool = False

    def ends_badly(self, *, wrote: bool) -> bool:
        """Return whether the course cannot be left as it is; `wrote` says whether this run changed anything for it."""
        return self.plan is None and (self.refused or (self.unsold and wrote))


@dataclass
class _Draft:
    plans: list[CoursePlan] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


def plan_sync(courses: Iterable[Course], catalog: Catalog, options: SyncOptions) -> SyncPlan:
    """Return what must change so that each sold course has one product with one active price of ours, its default."""
    known = {course.course_id: course for course in sorted(courses, key=lambda course: course.course_id)}
    claims = collect_claims(known.values(), catalog, options.environment)
    draft = _Draft()
    for course in known.values():
        if course.pricing_model != "free" and options.covers(course.course_id):
            _plan_course(draft, course, catalog, claims, options)
    _plan_orphans(draft, known, claims, options)
    for course_id in sorted(options.only - known.keys() - claims.marked_with.keys()):
        draft.skipped.append(Skipped("course", course_id, "not found", blocking=True, code="invalid.unknown_course"))
    managed = sum(product.active for products in claims.marked_with.values() for product in products)
    return SyncPlan(
        tuple(draft.plans),
        tuple(draft.skipped),
        tuple(draft.findings),
        tuple(draft.warnings),
        tuple(draft.unchanged),
        managed,
    )


def plan_again(former: CoursePlan, courses: Iterable[Course], catalog: Catalog, options: SyncOptions) -> Again:
    """Return what is left of a course's plan, given what is there now."""
    plan = plan_sync(courses, catalog, replace(options, only=frozenset((former.course_id,))))
    for left in plan.courses:
        if left.desired is not None or left.product_id == former.product_id:
            return Again(left)
    for row in plan.skipped:
        refused = row.blocking and row.code != "invalid.unknown_course"
        return Again(None, row.reason, refused=refused, unsold=not refused)
    for finding in plan.findings:
        if finding.kind in ("needs attention", "orphan product"):
            refused = finding.kind == "needs attention"
            return Again(None, finding.detail, refused=refused, unsold=not refused)
    return Again(None)


def _plan_course(draft: _Draft, course: Course, catalog: Catalog, claims: Claims, options: SyncOptions) -> None:
    course_id = course.course_id
    if (warning := find_coming_soon_flaw(course)) is not None:
        draft.warnings.append(f"course {course_id}: {warning}")
    if course.pricing_model is not None and course.coming_soon and not options.include_coming_soon:
        draft.skipped.append(Skipped("course", course_id, "coming soon", code="coming_soon"))
        return
    found = locate(course, catalog, claims, options.environment)
    product = found if isinstance(found, ListedProduct) else None
    prices = () if product is None else catalog.active_prices(product.product_id)
    sold = None if product is None else find_sold_price(course, product, prices, options.environment)
    sale = plan_sale(course, options.prices, None if sold is None else sold.money)
    if isinstance(sale, Skipped):
        draft.skipped.append(sale)
        return
    if isinstance(found, Finding):
        draft.findings.append(found)
        return
    draft.warnings.extend(f"course {course_id}: {warning}" for warning in sale.warnings)
    if product is None:
        plan = plan_new(course, sale.product, options.environment)
    else:
        plan = plan_existing(course, sale.product, product, prices, options.environment)
        draft.findings.extend(find_foreign_prices(course, product, prices, options.environment))
    if plan.changes:
        draft.plans.append(plan)
    else:
        draft.unchanged.append(course_id)


def _plan_orphans(draft: _Draft, courses: dict[str, Course], claims: Claims, options: SyncOptions) -> None:
    for course_id, products in sorted(claims.marked_with.items()):
        reason = _not_sold(courses.get(course_id), options)
        if reason is None or not options.covers(course_id):
            continue
        for product in products:
            if not product.active:
                continue
            if options.prune:
                before = {"product": product.product_id, "active": True}
                change = Change("product", course_id, "archive", before, {**before, "active": False}, reason)
                draft.plans.append(CoursePlan(course_id, product.product_id, (change,)))
            else:
                detail = f"{product.product_id} is still active, but {reason}"
                draft.findings.append(Finding("orphan product", course_id, detail, sync_one(course_id, "--prune")))


def _not_sold(course: Course | None, options: SyncOptions) -> str | None:
    if course is None:
        return "its course is gone"
    if course.pricing_model is None:  # a typo in the course must not end its sale
        return None
    if not course.paid:
        return "its course is no longer paid"
    return "its course is coming soon" if course.coming_soon and not options.include_coming_soon else None


def find_stale_links(
    links: Iterable[ListedLink], courses: Iterable[Course], plan: SyncPlan, options: SyncOptions
) -> Iterator[Finding]:
    """Yield a finding for each active link of ours whose price is not the one its course has once the plan is done."""
    by_id = {course.course_id: course for course in courses}
    planned = {course.course_id: course.price_id for course in plan.courses if course.desired is not None}
    for link in sorted(links, key=lambda link: link.link_id):
        course_id = link.metadata.get("courseId", "")
        if not is_ours(link.metadata, options.environment) or not options.covers(course_id):
            continue
        course = by_id.get(course_id)
        reason = _stale_reason(link, course, planned.get(course_id, course.price_id if course else None))
        if reason is not None:
            remedy = None if _is_over(course) else lmx("checkout link", course_id)
            yield Finding("stale link", course_id, f"{link.link_id} {reason}", remedy)


def _stale_reason(link: ListedLink, course: Course | None, price_id: str | None) -> str | None:
    if _is_over(course):
        state = "gone" if course is None else "no longer paid"
        return f"is still active, but its course is {state}: make it inactive in the Dashboard"
    if link.price_ids == (price_id,):
        return None
    sold = ", ".join(link.price_ids) or "nothing"
    return f"still sells {sold}, no longer the price of its course"


def _is_over(course: Course | None) -> bool:
    return course is None or course.pricing_model == "free"
