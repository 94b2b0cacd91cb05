"""`courses seed`: puts the LearnerMax test courses into the table; they have both key shapes and price conventions."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from importlib.resources import files
from typing import Any

from learnermax_cli.core.errors import GuardError
from learnermax_cli.courses.model import CoursesJob, CourseStore
from learnermax_cli.courses.plan_courses import plan_seed
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import Change, Group, Result, count, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report

_WORKERS = 4


def read_seed_courses() -> list[dict[str, Any]]:
    """Return the course items, kept in the package, as DynamoDB is to hold them."""
    text = files("learnermax_cli.courses").joinpath("data/learnermax_courses.json").read_text(encoding="utf-8")
    items: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return items


def run_seed(job: CoursesJob, *, replace_items: bool, dry_run: bool, yes: bool, allow_prod: bool) -> Report:
    """Return the report of putting the test courses into the table."""
    if job.settings.environment == "prod" and not allow_prod:
        hint = "Use -e preview; if test courses are meant to be in prod, pass --allow-prod."
        raise GuardError("these are test courses, and the environment is prod", hint=hint, code="guard.prod")
    items = read_seed_courses()
    plans = ((item, plan_seed(item, job.courses.read_item(item["courseId"]), replace=replace_items)) for item in items)
    wanted = [(item, change) for item, change in plans if change is not None]
    report = _report(job, planned(change for _, change in wanted), len(items) - len(wanted), dry_run)
    if dry_run or not wanted:
        return report
    question = f"{'Replace' if replace_items else 'Write'} these courses in {target(job.settings, table=True)}?"
    asks = replace_items or job.settings.always_asks
    if asks and (refusal := ask(job.talk, report, question, yes=yes)):
        return replace(report, error=refusal)
    groups = [Group((change,), partial(_put, job.courses, item, change)) for item, change in wanted]
    applied = apply(groups, job.interrupt.begin_writes(), workers=_WORKERS, progress=lambda _: None)
    return replace(_report(job, applied.results, len(items) - len(wanted), dry_run), error=applied.error)


def _put(store: CourseStore, item: Mapping[str, object], change: Change) -> Iterator[None]:
    store.create_course(item, replace=change.action == "replace")
    yield


def _report(job: CoursesJob, results: tuple[Result, ...], unchanged: int, dry_run: bool) -> Report:
    done = any(result.outcome != "planned" for result in results)
    written, failed = count(results, "applied") if done else len(results), count(results, "failed")
    courses, table = f"{written} course{'s' * (written != 1)}", f"table {job.settings.table}"
    line = f"Plan: write {courses} to {table}, {unchanged} unchanged."
    if done:
        line = f"Applied: {courses} written to {table}, {unchanged} unchanged."
    elif not results:
        line = f"Nothing to do: {table} has these {unchanged} courses."
    return Report(
        "courses seed",
        job.settings.environment,
        Changes(results),
        dry_run,
        summary={"create": written, "unchanged": unchanged, "failed": failed},
        summary_line=line,
        unit="course",
    )
