"""`products list`: managed products with their price and course, and what drifted; read off the plan of a sync."""

from typing import TYPE_CHECKING

from learnermax_cli.core.ownership import is_ours
from learnermax_cli.planning.render_text import show_value
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.products.apply_sync import read_catalog, read_courses
from learnermax_cli.products.model import Catalog, ListedProduct, SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COLUMNS = ("course_id", "product_id", "name", "price", "active", "drift")


def run_list(app: "App", options: SyncOptions) -> Report:
    """Return the managed products; nothing is written."""
    identity = app.stripe_identity
    courses, catalog = read_courses(app.courses, options), read_catalog(app.catalog)
    plan = plan_sync(courses, catalog, options)
    rows = tuple(
        _row(product, catalog, plan)
        for product in sorted(catalog.products.values(), key=lambda product: product.product_id)
        if is_ours(product.metadata, options.environment)
        and (not options.only or product.metadata.get("courseId") in options.only)
    )
    empty = "No managed products: lmx products sync makes them."
    body = Items(rows, COLUMNS, empty)
    return Report("products list", app.settings.environment, body, stripe=identity, findings=plan.findings)


def _row(product: ListedProduct, catalog: Catalog, plan: SyncPlan) -> dict[str, object]:
    course_id = product.metadata.get("courseId")
    prices = catalog.active_prices(product.product_id)
    default = next((price for price in prices if price.price_id == product.default_price_id), None)
    return {
        "course_id": course_id,
        "product_id": product.product_id,
        "price_id": product.default_price_id,
        "name": product.name,
        "price": default.money.as_json() if default and default.money else None,
        "active": product.active,
        "drift": _drift(course_id, plan),
    }


def _drift(course_id: str | None, plan: SyncPlan) -> str | None:
    notes = [
        f"{change.action} {change.kind}{_target(change.after)}" for change in plan.changes if change.key == course_id
    ]
    notes += [skipped.reason for skipped in plan.skipped if skipped.key == course_id]
    notes += [f"{finding.kind}: {finding.detail}" for finding in plan.findings if finding.key == course_id]
    return "; ".join(notes) or None


def _target(after: object) -> str:
    return f" to {show_value(after['price'])}" if isinstance(after, dict) and "price" in after else ""
