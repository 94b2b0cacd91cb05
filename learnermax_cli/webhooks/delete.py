"""`webhooks delete` from end to end: ours at a URL, after a question; those of others stay."""

from dataclasses import replace
from typing import TYPE_CHECKING

from learnermax_cli.config.keys import WEBHOOK_SECRET
from learnermax_cli.core.errors import FailedError, GuardError, InterruptedRunError, LmxError
from learnermax_cli.planning.change import Result, planned
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.webhooks.plan_endpoints import EndpointPlan, plan_delete

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


def run_delete(app: "App", url: str, *, dry_run: bool, yes: bool) -> Report:
    """Return the report of a deletion; raises GuardError where the URL has only endpoints of others."""
    settings = app.settings
    identity = app.stripe_identity
    plan = plan_delete(app.endpoints.list_endpoints(), url, settings.environment)
    report = Report(
        "webhooks delete",
        settings.environment,
        Changes(planned(plan.changes)),
        dry_run=dry_run,
        stripe=identity,
        extra={"url": url, "secret": settings.secret_name},
    )
    if dry_run or not plan.steps:
        return _finished(report)
    try:
        question = f"Delete this at {identity}? What it has not delivered is not tried again."
        if not app.confirm(_finished(report), question, yes=yes):
            declined = FailedError("not confirmed", hint="Nothing was written.", code="declined")
            return _finished(replace(report, error=declined))
    except GuardError as error:
        return _finished(replace(report, error=error))
    return _finished(_carry_out(app, plan, report))


def _carry_out(app: "App", plan: EndpointPlan, report: Report) -> Report:
    results: list[Result] = []
    error: LmxError | None = None
    with app.interrupt.finishing() as stop:
        for step in plan.steps:
            if stop.is_set():
                error = InterruptedRunError("interrupted", hint="Run it again: it does the rest.")
            if error is not None:
                results.append(Result(step.change))
                continue
            assert step.endpoint_id is not None
            try:
                app.endpoints.delete_endpoint(step.endpoint_id)
                results.append(Result(step.change, "applied"))
            except LmxError as failure:
                error = failure
                results.append(Result(step.change, "failed", failure.message))
    notes = (
        f"The signing secret stays in {app.settings.secret_name}, as {WEBHOOK_SECRET}: no endpoint uses it any more.",
        "What it had not delivered: lmx webhooks replay --since 3d --undelivered",
    )
    return replace(report, body=Changes(tuple(results)), notes=() if error else notes, error=error)


def _finished(report: Report) -> Report:
    assert isinstance(report.body, Changes)
    results = tuple(report.body.results)
    tried = any(result.outcome != "planned" for result in results)
    deleted = sum(result.outcome == ("applied" if tried else "planned") for result in results)
    failed = sum(result.outcome == "failed" for result in results)
    line = "Nothing to do: no endpoint of ours has this URL."
    if results:
        line = f"Applied: {deleted} deleted, {failed} failed." if tried else f"Plan: {deleted} to delete."
    return replace(report, summary={"delete": deleted, "failed": failed}, summary_line=line)
