"""`webhooks delete` from end to end: ours at a URL, after a question; those of others stay."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from learnermax_cli.config.keys import WEBHOOK_SECRET
from learnermax_cli.core.remedy import lmx
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import Group, count, planned
from learnermax_cli.planning.confirm import StripeJob, ask, target
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.webhooks.model import Endpoint, EndpointGateway
from learnermax_cli.webhooks.plan_endpoints import EndpointPlan, Step, plan_delete


class DeleteJob(StripeJob, Protocol):
    """What a deletion works with."""

    @property
    def endpoints(self) -> EndpointGateway: ...


def run_delete(job: DeleteJob, url: str, *, dry_run: bool, yes: bool) -> Report:
    """Return the report of a deletion; raises GuardError where the URL has only endpoints of others."""
    settings = job.settings
    identity = job.stripe_identity
    listed = tuple(job.endpoints.list_endpoints())
    plan = plan_delete(listed, url, settings.environment)
    report = Report(
        "webhooks delete",
        settings.environment,
        Changes(planned(plan.changes)),
        dry_run=dry_run,
        stripe=identity,
        extra={"url": url, "secret": settings.secret_name},
        notes=() if plan.steps else (_where_ours_are(listed, settings.environment),),
    )
    report = _summarized(report)
    if dry_run or not plan.steps:
        return report
    question = f"Delete this in {target(settings, stripe=identity)}? Stripe does not retry what it has not delivered."
    if refusal := ask(job.talk, report, question, yes=yes):
        return replace(report, error=refusal)
    return _summarized(_apply(job, plan, report))


def _where_ours_are(listed: Sequence[Endpoint], environment: str) -> str:
    urls = sorted({endpoint.url for endpoint in listed if endpoint.marker.is_ours(environment)})
    return f"Ours of environment {environment}: {', '.join(urls) or 'none'}."


def _apply(job: DeleteJob, plan: EndpointPlan, report: Report) -> Report:
    groups = [Group((step.change,), partial(_delete, job.endpoints, step)) for step in plan.steps]
    applied = apply(groups, job.interrupt.begin_writes(), workers=1, progress=lambda _: None)
    notes = (
        f"The signing secret stays in {job.settings.secret_name}, as {WEBHOOK_SECRET}: no endpoint uses it any more. "
        + lmx("webhooks create", "--url", plan.steps[0].change.key)
        + " asks before it replaces it.",
        "To handle what was not delivered: " + lmx("webhooks replay", "--since", "3d", "--undelivered"),
    )
    complete = len(applied.results) == count(applied.results, "applied")
    return replace(report, body=Changes(applied.results), notes=notes if complete else (), error=applied.error)


def _delete(endpoints: EndpointGateway, step: Step) -> Iterator[None]:
    assert step.endpoint_id is not None
    endpoints.delete_endpoint(step.endpoint_id)
    yield


def _summarized(report: Report) -> Report:
    assert isinstance(report.body, Changes)
    results = tuple(report.body.results)
    applied, failed = count(results, "applied"), count(results, "failed")
    tried = bool(applied or failed)
    deleted = applied if tried else len(results)
    line = "Nothing to do: no endpoint of ours has this URL."
    if results:
        line = f"Applied: {applied} deleted." if tried else f"Plan: {deleted} to delete."
    return replace(report, summary={"delete": deleted, "failed": failed}, summary_line=line)
