"""`webhooks create` from end to end: read, plan, create the endpoint, mark it, store its secret, report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import read_duration
from learnermax_cli.planning.change import Result, count, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.webhooks.apply_create import Approve, CreateJob, Look, Registration
from learnermax_cli.webhooks.model import WEBHOOK_PATH
from learnermax_cli.webhooks.plan_endpoints import Wanted, find_others
from learnermax_cli.webhooks.plan_url import fits_host, is_usual_path, require_url

_ACTIONS = ("create", "update", "replace", "delete")


@dataclass(frozen=True, slots=True)
class CreateRequest:
    """What `webhooks create` was asked to do."""

    url: str
    roll: bool = False
    overlap: timedelta = timedelta(seconds=90)
    allow_other: bool = False
    dry_run: bool = False
    yes: bool = False


def read_overlap(text: str) -> timedelta:
    """Return a duration such as 90s, 5m or 0s; raises UsageError for anything else."""
    return read_duration(text, "--overlap", timedelta(0), timedelta(days=1), example="90s, 5m or 0s")


def run_create(job: CreateJob, request: CreateRequest) -> Report:
    """Return the report of a registration; a dry run ends before the first write."""
    settings = job.settings
    url = require_url(request.url, settings.environment)
    identity = job.stripe_identity
    wanted = Wanted(
        url,
        settings.environment,
        job.endpoints.api_version,
        settings.secret_name,
        roll=request.roll,
        allow_other=request.allow_other,
    )
    report = Report(
        "webhooks create",
        settings.environment,
        Changes(),
        dry_run=request.dry_run,
        stripe=identity,
        warnings=_warnings(settings, url),
        extra={"url": url, "secret": settings.secret_name},
    )

    registration = Registration(job, wanted, request.overlap, _asking(job, report, yes=request.yes))
    look = registration.look()
    report = _planned(report, look)
    if request.dry_run or not look.plan.steps:
        return report
    error = registration.carry_out(look)
    results = tuple(registration.results) or planned(look.plan.changes)
    findings = (*report.findings, *registration.findings)
    notes = () if error else _notes(results, look, settings.secret_name)
    return _finished(replace(report, body=Changes(results), findings=findings, notes=notes), look, error)


def _asking(job: CreateJob, report: Report, *, yes: bool) -> Approve:
    """Return what asks before a plan is carried out; it names a signing secret that is not this endpoint's."""

    def approve(look: Look) -> None:
        to = target(job.settings, stripe=report.stripe, secret=True)
        question = f"Apply this to {to}?"
        if look.plan.replaces_foreign:
            question = f"Replace {WEBHOOK_SECRET} of {to}? The one stored there becomes {PREVIOUS_SECRET}."
        if refusal := ask(job.talk, _planned(report, look), question, yes=yes):
            raise refusal

    return approve


def _planned(report: Report, look: Look) -> Report:
    findings = find_others(look.listed, str(report.extra["url"]), report.environment)
    planned_report = replace(report, body=Changes(planned(look.plan.changes)), findings=findings)
    return _finished(planned_report, look, None)


def _finished(report: Report, look: Look, error: LmxError | None) -> Report:
    assert isinstance(report.body, Changes)
    results = tuple(result for result in report.body.results if result.change.kind == "endpoint")
    tried = count(results, "planned") < len(results)
    counted = [r for r in results if r.outcome == ("applied" if tried else "planned")]
    summary = {action: sum(r.change.action == action for r in counted) for action in _ACTIONS}
    summary["unchanged"] = int(not look.plan.steps)
    summary["failed"] = count(results, "failed")
    return replace(report, summary=summary, summary_line=_summary_line(summary, tried=tried), error=error)


def _summary_line(summary: dict[str, int], *, tried: bool) -> str:
    if summary["unchanged"]:
        return "Nothing to do: the endpoint is registered, and its signing secret is stored."
    create, update, new, delete = (summary[action] for action in _ACTIONS)
    if tried and not any(summary.values()):
        return "Nothing left to do: another run has registered the endpoint."
    if tried:
        return f"Applied: {create} created, {update} updated, {new} replaced, {delete} deleted."
    return f"Plan: {create} to create, {update} to update, {new} to replace, {delete} to delete."


def _notes(results: Sequence[Result], look: Look, secret_name: str) -> tuple[str, ...]:
    actions = {r.change.action for r in results if r.outcome == "applied" and r.change.kind == "endpoint"}
    if not actions & {"create", "replace"}:
        return ()
    notes = [f"The signing secret is in {secret_name}, as {WEBHOOK_SECRET}."]
    if look.plan.keeps_former:
        notes.append(
            f"Receivers accept the former one, {PREVIOUS_SECRET}, until the next roll; if it leaked, roll again."
        )
    if any(step.how == "drop" for step in look.plan.steps):
        replay = lmx("webhooks replay", "--since", "3d", "--undelivered")
        notes.append("To handle what the old endpoint could not deliver: " + replay)
    return tuple(notes)


def _warnings(settings: Settings, url: str) -> tuple[str, ...]:
    found = []
    if not is_usual_path(url):
        found.append(f"the path is not {WEBHOOK_PATH}, where the site and lmx webhooks serve listen")
    if not fits_host(url, settings.frontend_url, settings.environment):
        found.append(f"the host does not look like environment {settings.environment}'s ({settings.frontend_url})")
    if any(settings.values.get(name) for name in (WEBHOOK_SECRET, PREVIOUS_SECRET)):
        found.append(f"{WEBHOOK_SECRET} is configured here: a receiver started here uses that, not the stored one")
    return tuple(found)
