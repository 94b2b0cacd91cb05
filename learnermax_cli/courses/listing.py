"""`courses list`: all courses with the price that they would be sold for, and what is wrong with them."""

from learnermax_cli.core.remedy import join, lmx
from learnermax_cli.courses.model import Course, CoursesJob, PriceRules
from learnermax_cli.courses.price import Sale, find_coming_soon_flaw, plan_sale, price_rules
from learnermax_cli.planning.change import Skipped
from learnermax_cli.planning.report import Items, Report

COLUMNS = ("course_id", "name", "pricing_model", "price", "price_unit", "sold_for", "coming_soon", "product", "problem")


def run_list(job: CoursesJob) -> Report:
    """Return the report of all courses."""
    rules = price_rules(job.settings)
    courses = sorted(job.courses.list_courses(), key=lambda course: course.course_id)
    empty = "No courses. To add the test courses: " + lmx("courses seed")
    body = Items(tuple(_row(course, rules) for course in courses), COLUMNS, empty, ("price_id",), money="sold_for")
    return Report("courses list", job.settings.environment, body)


def _row(course: Course, rules: PriceRules) -> dict[str, object]:
    sale = None if course.pricing_model == "free" else plan_sale(course, rules)
    price = course.attributes.get("price")
    return {
        "course_id": course.course_id,
        "name": course.text("name"),
        "pricing_model": course.text("pricingModel"),
        "price": None if price is None else str(price),
        "price_unit": course.text("priceUnit"),
        "sold_for": sale.product.money.as_json() if isinstance(sale, Sale) else None,
        "coming_soon": course.coming_soon,
        "product": course.product_id,
        "price_id": course.price_id,
        "problem": join("; ", filter(None, (_problem(sale), find_coming_soon_flaw(course)))) or None,
    }


def _problem(sale: Sale | Skipped | None) -> str | None:
    match sale:
        case Skipped(reason=reason):
            return reason
        case Sale(warnings=warnings):
            return "; ".join(warnings) or None
    return None
