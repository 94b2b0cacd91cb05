"""`products list`: managed products with their price and course, and how they differ from what a sync would make."""

from collections.abc import Iterator

from learnermax_cli.core.ownership import is_ours
from learnermax_cli.core.remedy import join, lmx
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.planning.show_change import show_value
from learnermax_cli.products.model import Catalog, ListedProduct, SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync
from learnermax_cli.products.sync import CatalogJob, read_inputs

COLUMNS = ("course_id", "product_id", "name", "price", "active", "drift")


def run_list(job: CatalogJob, options: SyncOptions) -> Report:
    """Return the report of the managed products; raises FailedError for a course that is not there."""
    identity = job.stripe_identity
    courses, catalog = read_inputs(job, options)
    plan = plan_sync(courses, catalog, options)
    for skipped in plan.skipped:
        if skipped.code == "invalid.unknown_course":
            raise unknown_course(skipped.key)
    rows = tuple(
        _row(product, catalog, plan)
        for product in sorted(catalog.products.values(), key=lambda product: product.product_id)
        if is_ours(product.metadata, options.environment) and options.covers(product.metadata.get("courseId", ""))
    )
    empty = "No managed products. To create them: " + lmx("products sync")
    body = Items(rows, COLUMNS, empty, ("price_id",), money="price")
    return Report("products list", job.settings.environment, body, stripe=identity, findings=plan.findings)


def _row(product: ListedProduct, catalog: Catalog, plan: SyncPlan) -> dict[str, object]:
    course_id = product.metadata.get("courseId")
    default = catalog.default_price(product)
    return {
        "course_id": course_id,
        "product_id": product.product_id,
        "price_id": product.default_price_id,
        "name": product.name,
        "price": default.money.as_json() if default and default.money else None,
        "active": product.active,
        "drift": join("; ", _drift(course_id, plan)) or None,
    }


def _drift(course_id: str | None, plan: SyncPlan) -> Iterator[str]:
    for change in plan.changes:
        if change.key == course_id:
            price = (change.after or {}).get("price") if change.kind == "price" else None
            yield f"{change.action} {change.kind}" + (f" to {show_value(price)}" if price else "")
    yield from (skipped.reason for skipped in plan.skipped if skipped.key == course_id)
    yield from (f"{finding.kind}: " + finding.detail for finding in plan.findings if finding.key == course_id)
