"""The jobs of `lmx courses`, from reading to the report."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import FailedError, GuardError, InterruptedRunError, UsageError
from learnermax_cli.courses.model import Course, CourseStore
from learnermax_cli.courses.plan_courses import plan_price, plan_seed
from learnermax_cli.courses.plan_sale import desire
from learnermax_cli.courses.price import read_money
from learnermax_cli.courses.seeds import read_seed_courses
from learnermax_cli.planning.apply import Group, apply
from learnermax_cli.planning.change import Change, Result, Skipped, count, planned
from learnermax_cli.planning.report import Changes, Items, Report
from learnermax_cli.products.model import SyncOptions

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COLUMNS = ("course_id", "name", "pricing_model", "price", "price_unit", "sold_for", "coming_soon", "product", "problem")
_MOST_DIGITS = 38  # of a number in DynamoDB [doc "Data types"]
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def run_list(app: "App", options: SyncOptions) -> Report:
    """Return all courses with their price as it would be sold, and what is wrong with them."""
    courses = sorted(app.courses.list_courses(), key=lambda course: course.course_id)
    rows = tuple(_row(course, options) for course in courses)
    body = Items(rows, COLUMNS, "No courses: lmx courses seed puts the test courses in.")
    return Report("courses list", app.settings.environment, body)


def _row(course: Course, options: SyncOptions) -> dict[str, object]:
    wanted = desire(course, replace(options, include_coming_soon=True), None) if course.paid else None
    money = read_money(course, options.currency, options.price_unit) if course.paid else None
    told = [wanted.reason] if isinstance(wanted, Skipped) else list(wanted.warnings) if wanted else []
    problems = [text.removeprefix(f"course {course.course_id}: ") for text in told]
    price = course.attributes.get("price")
    return {
        "course_id": course.course_id,
        "name": course.text("name"),
        "pricing_model": course.text("pricingModel"),
        "price": None if price is None else str(price),
        "price_unit": course.text("priceUnit"),
        "sold_for": None if money is None or isinstance(money, str) or isinstance(wanted, Skipped) else money.as_json(),
        "coming_soon": course.coming_soon,
        "product": course.product_id,
        "price_id": course.price_id,
        "problem": "; ".join(problems) or None,
    }


def run_set_price(app: "App", course_id: str, text: str, *, dry_run: bool) -> Report:
    """Return the report of writing a price, in major units, to one course."""
    price = _decimal(text)
    course = app.courses.read_course(course_id)
    if course is None:
        raise FailedError(
            f"there is no course {course_id}", hint="See lmx courses list.", code="invalid.unknown_course"
        )
    change = plan_price(course, price, app.settings.currency or "usd")
    results = planned([] if change is None else [change])
    if change is not None and not dry_run:
        app.courses.put_price(course, price)
        results = (Result(change, "applied"),)
    line = f"Nothing to do: the price is {price}, in major units, already."
    if change is not None:
        done = "Plan: a price to write into" if dry_run else "Applied: a price written into"
        line = f"{done} table {app.settings.table}. Next: lmx products sync --dry-run"
    return Report(
        "courses set-price",
        app.settings.environment,
        Changes(results),
        dry_run,
        warnings=_doubts(app, course, price),
        summary_line=line,
    )


def _doubts(app: "App", course: Course, price: Decimal) -> tuple[str, ...]:
    """Return what a sync would refuse about a course with its new price, such as one above the maximum."""
    settings = app.settings
    options = SyncOptions(settings.environment, settings.currency or "usd", max_price=settings.max_price)
    priced = replace(course, attributes={**course.attributes, "price": price, "priceUnit": "major"})
    wanted = desire(priced, options, None)
    if isinstance(wanted, Skipped) and wanted.blocking:
        return (f"a sync would refuse course {course.course_id}: {wanted.reason}",)
    return ()


def run_seed(app: "App", *, replace_items: bool, dry_run: bool, yes: bool, allow_prod: bool) -> Report:
    """Return the report of putting the LearnerMax test courses into the table."""
    if app.settings.environment == "prod" and not allow_prod:
        hint = "Use -e preview; if test courses are meant to be in prod, pass --allow-prod."
        raise GuardError("these are test courses, and the environment is prod", hint=hint, code="guard.prod")
    plans = [(item, plan_seed(item, app.courses.read_item(item["courseId"]), replace=replace_items))
             for item in read_seed_courses()]  # fmt: skip
    wanted = [(item, change) for item, change in plans if change is not None]
    report = _seed_report(app, planned(change for _, change in wanted), len(plans), dry_run)
    if dry_run or not wanted:
        return report
    if replace_items:
        try:
            if not app.confirm(report, "Replace these courses?", yes=yes):
                return replace(report, error=FailedError("not confirmed", hint="Nothing was written.", code="declined"))
        except GuardError as error:
            return replace(report, error=error)
    groups = [Group((change,), partial(_put, app.courses, item, change)) for item, change in wanted]
    with app.interrupt.finishing() as stop:
        applied = apply(groups, stop, workers=4, progress=lambda _: None)
    waiting = sum(result.outcome == "planned" for result in applied.results)
    interrupted = InterruptedRunError(f"interrupted with {waiting} changes left", hint="Run again: it does the rest.")
    ending = interrupted if applied.interrupted else applied.error
    return replace(_seed_report(app, applied.results, len(plans), dry_run), error=ending)


def _put(store: CourseStore, item: Mapping[str, object], change: Change) -> Iterator[None]:
    store.create_course(item, replace=change.action == "replace")
    yield


def _seed_report(app: "App", results: tuple[Result, ...], seeds: int, dry_run: bool) -> Report:
    done = any(result.outcome != "planned" for result in results)
    written = count(results, "applied") if done else len(results)
    unchanged = seeds - len(results)
    word = "Applied" if done else "Plan"
    courses = "1 course" if written == 1 else f"{written} courses"
    line = f"{word}: {courses} into table {app.settings.table}, {unchanged} unchanged."
    if not results:
        line = f"Nothing to do: table {app.settings.table} has these {unchanged} courses."
    summary = {"create": written, "unchanged": unchanged, "failed": count(results, "failed")}
    return Report(
        "courses seed", app.settings.environment, Changes(results), dry_run, summary=summary, summary_line=line
    )


def _decimal(text: str) -> Decimal:
    hint = "Give it in major units, such as 49.99."
    if not _PLAIN_NUMBER.fullmatch(text):  # Decimal also reads 1e3, 1_000 and NaN
        raise UsageError(f"{text!r} is not a price", hint=hint)
    price = Decimal(text)
    if len(price.as_tuple().digits) > _MOST_DIGITS:
        raise UsageError(f"{text!r} has more than {_MOST_DIGITS} digits", hint=hint)
    return price
