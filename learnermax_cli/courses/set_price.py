"""`courses set-price`: writes a price, in major units, to one course."""

import re
from dataclasses import replace
from decimal import Decimal

from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.model import Course, CoursesJob, PriceRules
from learnermax_cli.courses.plan_courses import plan_price, unknown_course, with_price
from learnermax_cli.courses.price import plan_sale, price_rules
from learnermax_cli.planning.change import Change, Result, Skipped, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report

_MOST_DIGITS = 38  # of a number in DynamoDB [doc "Data types"]
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


def run_set_price(job: CoursesJob, course_id: str, text: str, *, dry_run: bool, yes: bool) -> Report:
    """Return the report of writing a price, in major units, to one course."""
    price, rules = _decimal(text), price_rules(job.settings)
    course = job.courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    change = plan_price(course, price, rules)
    report = _report(job, change, dry_run=dry_run, warnings=_warnings(with_price(course, price), rules))
    if change is None:
        return replace(report, summary_line=f"Nothing to do: the price is already {price} in major units.")
    if dry_run:
        return report
    question = f"Write this price to {target(job.settings, table=True)}?"
    if job.settings.always_asks and (refusal := ask(job.talk, report, question, yes=yes)):
        return replace(report, error=refusal)
    job.interrupt.begin_writes()
    job.courses.put_price(course, price)
    line = f"Price updated in table {job.settings.table}. {_next()}"
    return replace(report, body=Changes((Result(change, "applied"),)), summary_line=line)


def _report(job: CoursesJob, change: Change | None, *, dry_run: bool, warnings: tuple[str, ...]) -> Report:
    return Report(
        "courses set-price",
        job.settings.environment,
        Changes(planned([] if change is None else [change])),
        dry_run,
        warnings=warnings,
        summary_line=f"Plan: update the price in table {job.settings.table}. {_next()}",
    )


def _next() -> str:
    return "Next: " + lmx("products sync", "--dry-run")


def _warnings(course: Course, rules: PriceRules) -> tuple[str, ...]:
    sale = plan_sale(course, rules)
    if course.coming_soon or not isinstance(sale, Skipped):
        return ()
    return (f"products sync will refuse course {course.course_id}: " + sale.reason,)


def _decimal(text: str) -> Decimal:
    hint = "Give it in major units, such as 49.99."
    if not _PLAIN_NUMBER.fullmatch(text):  # Decimal also reads 1e3, 1_000 and NaN
        raise UsageError(f"{text!r} is not a price", hint=hint)
    if Decimal(text) <= 0:
        raise UsageError(f"the price is {text}, not a positive number", hint=hint)
    price = Decimal(text)
    if len(price.as_tuple().digits) > _MOST_DIGITS:
        raise UsageError(f"{text!r} has more than {_MOST_DIGITS} digits", hint=hint)
    return price
