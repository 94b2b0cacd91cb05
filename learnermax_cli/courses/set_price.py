"""`courses set-price`: writes a price, in major units, to one course."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.money import Money
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.model import Course, CoursesJob, PriceRules
from learnermax_cli.courses.plan_courses import (
    changes_amount,
    plan_price,
    require_plausible,
    unknown_course,
    with_price,
)
from learnermax_cli.courses.price import plan_sale, price_rules, read_former_money
from learnermax_cli.planning.change import Result, Skipped, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report

_MOST_DIGITS = 38  # of a number in DynamoDB [doc "Data types"]
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")


@dataclass(frozen=True, slots=True)
class PriceRequest:
    """What `courses set-price` was asked to do."""

    course_id: str
    price: str
    allow_price: bool = False
    dry_run: bool = False
    yes: bool = False


def run_set_price(job: CoursesJob, request: PriceRequest) -> Report:
    """Return the report of writing a price, in major units, to one course."""
    course_id, price, rules = request.course_id, _decimal(request.price), price_rules(job.settings)
    course = job.courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    change = plan_price(course, price, rules)
    if not request.allow_price:
        require_plausible(course, price, rules)
    former: Money | None = None
    notes: tuple[str, ...] = ()
    if changes_amount(course, price, rules):
        former = read_former_money(course, rules)
        sync = lmx("products sync", "--course", course_id)
        notes = ("Checkout of this course is refused until it is synced: " + sync,)
    report = Report(
        "courses set-price",
        job.settings.environment,
        Changes(planned([] if change is None else [change])),
        request.dry_run,
        warnings=_warnings(with_price(course, price), rules, former),
        notes=notes,
        summary_line=f"Plan: update the price in table {job.settings.table}.",
    )
    if change is None:
        return replace(report, summary_line=f"Nothing to do: the price is already {price} in major units.")
    if request.dry_run:
        return report
    question = f"Write this price to {target(job.settings, table=True)}?"
    if job.settings.always_asks and (refusal := ask(job.talk, report, question, yes=request.yes)):
        return replace(report, error=refusal)
    job.interrupt.begin_writes()
    job.courses.put_price(course, price)
    line = f"Price updated in table {job.settings.table}."
    return replace(report, body=Changes((Result(change, "applied"),)), summary_line=line)


def _warnings(course: Course, rules: PriceRules, former: Money | None) -> tuple[str, ...]:
    sale = plan_sale(course, rules, former)
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
