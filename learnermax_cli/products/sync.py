"""`products sync`: read, plan, check the guards, confirm, apply, report."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from learnermax_cli.core.errors import CredentialsError, LmxError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.courses.model import Course, CoursesJob
from learnermax_cli.planning.apply import Applied, apply
from learnermax_cli.planning.change import Change, Group, Result, Skipped, masked_change, planned
from learnermax_cli.planning.confirm import StripeJob, ask, target
from learnermax_cli.planning.plan_file import PlanScope, read_plan_file, require_within_plan, save_plan
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.products.apply_sync import CourseSync, SyncRun
from learnermax_cli.products.model import Catalog, CatalogGateway, LinkReader, SyncOptions
from learnermax_cli.products.plan_locate import depends_on_others
from learnermax_cli.products.plan_sync import SyncPlan, find_stale_links, plan_sync

COMMAND = "products sync"
WORKERS = 8


class CatalogJob(CoursesJob, StripeJob, Protocol):
    """What planning a sync works with."""

    @property
    def catalog(self) -> CatalogGateway: ...


class SyncJob(CatalogJob, Protocol):
    """What a sync works with."""

    @property
    def links(self) -> LinkReader: ...


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
    given: tuple[str, ...] = ()
    """The options that decide the changes, as given: who applies a saved plan gives them again."""


def run_sync(job: SyncJob, request: SyncRequest) -> Report:
    """Return the report of a sync; a dry run runs the same code up to the question."""
    reviewed = None if request.plan is None else read_plan_file(request.plan)
    settings, identity = job.settings, job.stripe_identity
    courses, catalog = read_inputs(job, request.options)
    plan = _plan(job, courses, catalog, request.options)
    report = replace(_report(plan, planned(plan.changes), request), stripe=identity)
    scope = PlanScope(COMMAND, settings.environment, settings.table, identity.mode, identity.account)
    try:
        plan.require_few_archived(request.allow_archive)
        changes = [masked_change(change, job.talk.mask) for change in plan.changes]
        if reviewed is not None:
            require_within_plan(reviewed, scope, changes)
        if request.save_plan is not None:
            save_plan(request.save_plan, scope, changes)
    except LmxError as error:
        return replace(report, error=error)
    how_to_apply = replace(report, notes=_how_to_apply(request)) if plan.changes else report
    if not plan.changes and not request.dry_run:
        left_alone = f"{len(plan.unchanged)} unchanged, {len(plan.skipped)} skipped"
        return replace(report, summary_line=f"Nothing to do: {left_alone}.")
    if request.dry_run:
        return how_to_apply
    question = f"Apply this to {target(settings, stripe=identity, table=True)}?"
    if refusal := ask(job.talk, report, question, yes=request.yes):
        return replace(how_to_apply, error=refusal)
    known = {course.course_id: course for course in courses}
    run = SyncRun(job.catalog, job.courses, known, catalog, request.options, reviewed, job.talk.mask)
    applied = _apply(job, plan, run)
    return replace(_report(plan, applied.results, request), stripe=identity, error=applied.error)


def _how_to_apply(request: SyncRequest) -> tuple[str, ...]:
    path = request.save_plan
    if path is None or not path.is_file():  # nobody reads a pipe twice
        return ()
    return ("To apply this plan: " + lmx("products sync", *request.given, "--plan", str(path)),)


def read_inputs(job: CatalogJob, options: SyncOptions) -> tuple[list[Course], Catalog]:
    """Read the courses that the plan depends on, with --course one by one where the others do not matter."""
    if not options.only:
        return list(job.courses.list_courses()), job.catalog.read_catalog()
    found = (job.courses.read_course(course_id) for course_id in sorted(options.only))
    courses, catalog = [course for course in found if course is not None], job.catalog.read_catalog()
    if any(depends_on_others(course, catalog, options.environment) for course in courses):
        courses = list(job.courses.list_courses())
    return courses, catalog


def _plan(job: SyncJob, courses: Sequence[Course], catalog: Catalog, options: SyncOptions) -> SyncPlan:
    plan = plan_sync(courses, catalog, options)
    named = (course for course in courses if course.course_id in options.only and course.pricing_model == "free")
    free = (Skipped("course", course.course_id, "its pricingModel is free, not paid", code="free") for course in named)
    plan = replace(plan, skipped=(*plan.skipped, *free))
    try:
        links = job.links.list_active_links()
    except CredentialsError as error:
        return replace(plan, warnings=(*plan.warnings, f"payment links were not checked: {error.message}"))
    return replace(plan, findings=(*plan.findings, *find_stale_links(links, courses, plan, options)))


def _apply(job: SyncJob, plan: SyncPlan, run: SyncRun) -> Applied:
    groups = [Group(course.changes, CourseSync(course, run).carry_out) for course in plan.courses]
    stop = job.interrupt.begin_writes()
    with job.talk.progress("Syncing", len(groups)) as progress:
        return apply(groups, stop, workers=WORKERS, progress=progress)


def _report(plan: SyncPlan, results: Sequence[Result], request: SyncRequest) -> Report:
    summary = summarize(plan, results)
    return Report(
        command=COMMAND,
        environment=request.options.environment,
        body=Changes(results, plan.skipped),
        dry_run=request.dry_run,
        findings=plan.findings,
        warnings=plan.warnings,
        summary=summary,
        summary_line=_summary_line(summary, done=any(result.outcome != "planned" for result in results)),
        pending_exit=request.exit_code,
        unit="course",
        left=sum({result.outcome for result in mine} == {"planned"} for mine in _by_course(plan, results)),
    )


def summarize(plan: SyncPlan, results: Sequence[Result]) -> dict[str, int]:
    """Return the summary of a sync, counted in courses; a course of which anything failed counts as failed."""
    summary = dict.fromkeys(("create", "update", "replace", "archive", "link"), 0)
    failed, unchanged = 0, len(plan.unchanged)
    untouched = all(result.outcome == "planned" for result in results)
    for mine in _by_course(plan, results):
        outcomes = {result.outcome for result in mine}
        if "failed" in outcomes:
            failed += 1
        elif outcomes == {"superseded"}:
            unchanged += 1
        elif untouched or "planned" not in outcomes:
            summary[category([result.change for result in mine if result.outcome != "superseded"])] += 1
    return {**summary, "unchanged": unchanged, "skipped": len(plan.skipped), "failed": failed}


def _by_course(plan: SyncPlan, results: Iterable[Result]) -> Iterator[Sequence[Result]]:
    """Yield the results of each course of the plan, further changes than those planned with the last of that course."""
    by_key: dict[str, list[Result]] = {}
    for result in results:
        by_key.setdefault(result.change.key, []).append(result)
    parts = Counter(course.course_id for course in plan.courses)
    for course in plan.courses:
        mine = by_key[course.course_id]
        parts[course.course_id] -= 1
        size = len(course.changes) if parts[course.course_id] else len(mine)
        yield mine[:size]
        del mine[:size]


def category(changes: Sequence[Change]) -> str:
    """Return the one word under which a course's changes are counted."""
    actions = {change.action for change in changes}
    if (changes[0].kind, changes[0].action) == ("product", "create"):
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
        return f"Applied: {numbers}, {rest}."
    return f"Plan: {summary['create']} to add, {changed} to change, {summary['archive']} to archive, {rest}."
