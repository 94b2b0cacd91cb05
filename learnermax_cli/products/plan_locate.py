"""Which product at Stripe is that of a course, and when a person must decide. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from learnermax_cli.core.ownership import is_ours, is_unmarked
from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Finding
from learnermax_cli.products.model import Catalog, ListedProduct, derived_product_id


@dataclass(frozen=True, slots=True)
class Claims:
    """Who claims which product: course ids by named and by derived product, products by the course id of our marker."""

    named_by: Mapping[str, tuple[str, ...]]
    derived_for: Mapping[str, str]
    marked_with: Mapping[str, tuple[ListedProduct, ...]]


def collect_claims(courses: Collection[Course], catalog: Catalog, environment: str) -> Claims:
    """Return the claims of all courses and all marked products."""
    named_by: dict[str, tuple[str, ...]] = {}
    for course in courses:
        if course.product_id is not None:
            named_by[course.product_id] = (*named_by.get(course.product_id, ()), course.course_id)
    marked: dict[str, tuple[ListedProduct, ...]] = {}
    for product in sorted(catalog.products.values(), key=lambda product: product.product_id):
        if is_ours(product.metadata, environment):
            course_id = product.metadata.get("courseId", "")
            marked[course_id] = (*marked.get(course_id, ()), product)
    derived_for = {derived_product_id(environment, course.course_id): course.course_id for course in courses}
    return Claims(named_by, derived_for, marked)


def depends_on_others(course: Course, catalog: Catalog, environment: str) -> bool:
    """Return whether which product is a course's can only be decided with all courses known.

    A product that it names may be another course's by its derived id; one without marker may be named by another too.
    """
    if not course.paid or course.product_id is None:
        return False
    named = catalog.products.get(course.product_id)
    derived = derived_product_id(environment, course.course_id)
    return course.product_id != derived or (named is not None and is_unmarked(named.metadata))


def locate(course: Course, catalog: Catalog, claims: Claims, environment: str) -> ListedProduct | Finding | None:
    """Return the product of a course, None when it has none yet, or a finding when a person must decide."""
    named = catalog.products.get(course.product_id or "")
    owner = claims.derived_for.get(course.product_id or "", course.course_id)
    if named is None and owner != course.course_id:
        # Whether the other course is synced already must not decide about this one.
        return _attention(course, f"{course.product_id} is the product of course {owner}: fix stripeProductId")
    # What others did to the product that only has the derived id must not decide about a course that has another one.
    derived = catalog.products.get(derived_product_id(environment, course.course_id))
    claiming = {p.product_id: p for p in (named, *claims.marked_with.get(course.course_id, ())) if p}
    candidates = claiming or ({derived.product_id: derived} if derived else {})
    # An archived product that the course does not name sells nothing and claims nothing.
    active = {p.product_id: p for p in candidates.values() if p.active or p is named}
    chosen = list((active or candidates).values())
    if not chosen:
        return None
    if len(chosen) > 1:
        ids = ", ".join(sorted(p.product_id for p in chosen))
        number = "two" if len(chosen) == 2 else str(len(chosen))
        remedy = "archive one in the Dashboard, or fix its metadata"
        return _attention(course, f"{number} products match this course ({ids}): {remedy}")
    return _objection(course, chosen[0], named is chosen[0], claims, environment) or chosen[0]


def _objection(course: Course, product: ListedProduct, named: bool, claims: Claims, environment: str) -> Finding | None:
    metadata, product_id = product.metadata, product.product_id
    other = metadata.get("courseId", course.course_id)
    if other != course.course_id:
        return _attention(course, f"{product_id} belongs to course {other} by its metadata: fix stripeProductId")
    if is_ours(metadata, environment):
        return None
    if not is_unmarked(metadata):
        where = metadata.get("environment", "unknown")
        by = metadata.get("managedBy", "unknown")
        return _attention(
            course, f"{product_id} is managed by {by} for environment {where}, not by lmx for {environment}"
        )
    if not named:
        return _attention(course, f"{product_id} has no metadata of lmx: to adopt it, set stripeProductId to it")
    rivals = [course_id for course_id in claims.named_by.get(product_id, ()) if course_id != course.course_id]
    if rivals:
        return _attention(course, f"{product_id} is named by course {', '.join(sorted(rivals))} too: fix one of them")
    return None


def _attention(course: Course, detail: str) -> Finding:
    return Finding("needs attention", course.course_id, detail)
