"""`products sync` and `products list` from end to end: read, plan, check the guards, confirm, apply, report."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import CredentialsError, FailedError, GuardError, InterruptedRunError, LmxError
from learnermax_cli.planning.apply import Applied, Group, apply
from learnermax_cli.planning.change import Result, planned
from learnermax_cli.planning.plan_file import PlanScope, require_plan_file, require_within_plan, save_plan
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.products.apply_sync import CourseSync, read_catalog, read_courses
from learnermax_cli.products.limits import require_few_archived
from learnermax_cli.products.links import find_stale_links
from learnermax_cli.products.model import SyncOptions
from learnermax_cli.products.plan_course import CoursePlan
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COMMAND = "products sync"
WORKERS = 8


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What `products sync` was asked to do."""

    options: SyncOptions
    dry_run: bool = False
    yes: bool = False
    allow_archive: int | None = None
    exit_code: bool = False
    save_plan: Path | None = None
    plan: Path | None = None


def run_sync(app: "App", request: SyncRequest) -> Report:
    """Return the report of a sync; a dry run is the same road, cut before the last step."""
    if request.plan is not None:
        require_plan_file(request.plan)
    identity = app.stripe_identity
    plan = _plan(app, request)
    report = replace(
        _report(app, plan, planned(plan.changes), request), stripe=identity, error=_refusal(app, plan, request)
    )
    if report.error is None and request.save_plan is not None:
        save_plan(request.save_plan, _scope(app), plan.changes)
    if request.dry_run or report.error is not None or not plan.changes:
        return report
    try:
        if not app.confirm(report, f"Apply this to {identity}?", yes=request.yes):
            return replace(report, error=FailedError("not confirmed", hint="Nothing was written.", code="declined"))
    except GuardError as error:
        return replace(report, error=error)
    applied = _apply(app, plan)
    return replace(_report(app, plan, applied.results, request), stripe=identity, error=_ending(applied))


def _plan(app: "App", request: SyncRequest) -> SyncPlan:
    courses, catalog = read_courses(app.courses, request.options), read_catalog(app.catalog)
    plan = plan_sync(courses, catalog, request.options)
    if request.options.only and any(change.action == "adopt" for change in plan.changes):
        # A product that nobody marked may be named by a course that --course left out: only the whole table tells.
        courses = list(app.courses.list_courses())
        plan = plan_sync(courses, catalog, request.options)
    try:
        links = app.links.list_active_links()
    except CredentialsError as error:
        return replace(plan, warnings=(*plan.warnings, f"payment links were not checked: {error.message}"))
    return replace(plan, findings=(*plan.findings, *find_stale_links(links, courses, plan, request.options)))


def _refusal(app: "App", plan: SyncPlan, request: SyncRequest) -> LmxError | None:
    try:
        require_few_archived(plan.archived_products, plan.managed, request.allow_archive)
        if request.plan is not None:
            require_within_plan(request.plan, _scope(app), plan.changes)
    except GuardError as error:
        return error
    return None


def _apply(app: "App", plan: SyncPlan) -> Applied:
    catalog, courses, environment = app.catalog, app.courses, app.settings.environment
    groups = [
        Group(course.changes, CourseSync(course, catalog, courses, environment).carry_out) for course in plan.courses
    ]
    with app.interrupt.finishing() as stop, app.console.progress("Syncing", len(groups)) as progress:
        return apply(groups, stop, workers=WORKERS, progress=progress)


def _ending(applied: Applied) -> LmxError | None:
    if applied.interrupted:
        waiting = sum(result.outcome == "planned" for result in applied.results)
        return InterruptedRunError(f"interrupted with {waiting} changes left", hint="Run again: it does the rest.")
    return applied.error


def _scope(app: "App") -> PlanScope:
    settings, identity = app.settings, app.stripe_identity
    return PlanScope(COMMAND, settings.environment, settings.table, identity.mode, identity.account)


def _report(app: "App", plan: SyncPlan, results: tuple[Result, ...], request: SyncRequest) -> Report:
    summary = summarize(plan, results)
    return Report(
        command=COMMAND,
        environment=app.settings.environment,
        body=Changes(results, plan.skipped),
        dry_run=request.dry_run,
        findings=plan.findings,
        warnings=plan.warnings,
        summary=summary,
        summary_line=_summary_line(summary, done=any(result.outcome != "planned" for result in results)),
        pending_exit=request.exit_code,
    )


def summarize(plan: SyncPlan, results: tuple[Result, ...]) -> dict[str, int]:
    """Return the summary of a sync, counted in courses; a course of which anything failed counts as failed."""
    summary = dict.fromkeys(("create", "update", "replace", "archive", "link"), 0)
    failed = 0
    position = 0
    untouched = all(result.outcome == "planned" for result in results)
    for course in plan.courses:
        mine = results[position : position + len(course.changes)]
        position += len(course.changes)
        if any(result.outcome == "failed" for result in mine):
            failed += 1
        elif untouched or all(result.outcome == "applied" for result in mine):
            summary[category(course)] += 1
    return {**summary, "unchanged": len(plan.unchanged), "skipped": len(plan.skipped), "failed": failed}


def category(course: CoursePlan) -> str:
    """Return the one word under which a course's changes are counted."""
    actions = {change.action for change in course.changes}
    if (course.changes[0].kind, course.changes[0].action) == ("product", "create"):
        return "create"
    for action, word in (("replace", "replace"), ("update", "update"), ("adopt", "update"), ("create", "update")):
        if action in actions:
            return word
    return "link" if "link" in actions else "archive"


def _summary_line(summary: dict[str, int], *, done: bool) -> str:
    changed = summary["update"] + summary["replace"] + summary["link"]
    rest = f"{summary['unchanged']} unchanged, {summary['skipped']} skipped"
    if done:
        numbers = f"{summary['create']} added, {changed} changed, {summary['archive']} archived"
        return f"Applied: {numbers}, {rest}, {summary['failed']} failed."
    return f"Plan: {summary['create']} to add, {changed} to change, {summary['archive']} to archive, {rest}."
