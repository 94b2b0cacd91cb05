"""`secrets rollback` from end to end: read, show, confirm, move, report."""

from dataclasses import replace
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import InterruptedRunError, LmxError, UsageError
from learnermax_cli.core.times import show_age
from learnermax_cli.planning.change import OutcomeWord, Result
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.secrets.confirm import require_yes
from learnermax_cli.secrets.plan_rollback import RollbackPlan, carry_out_rollback, read_rollback

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


def run_rollback(app: "App", *, to: str | None, yes: bool, dry_run: bool) -> Report:
    """Return the report of making an earlier version current."""
    if yes and to is None:
        # Without --to, each run would undo the one before.
        raise UsageError("--yes needs --to", hint="Name the version: lmx secrets rollback --yes --to VERSION")
    plan = read_rollback(app.secret_store, app.settings.secret_name, to)
    report = _report(app, plan, "planned", dry_run=dry_run)
    if plan.change is None or dry_run:
        return report
    try:
        require_yes(app, report, f"Make version {plan.version}{_age(app, plan)} current?", yes=yes)
    except LmxError as refusal:
        if refusal.code == "guard.confirm":  # which takes the version as well, see above
            refusal.hint = f"Make sure that it is the right one: lmx secrets rollback --yes --to {plan.version}"
        return replace(report, error=refusal)
    return _carry_out(app, plan)


def _carry_out(app: "App", plan: RollbackPlan) -> Report:
    try:
        with app.interrupt.finishing() as stop:
            carry_out_rollback(app.secret_store, plan)
    except LmxError as error:
        return replace(_report(app, plan, "failed", error.message), error=error)
    report = _report(app, plan, "applied")
    if stop.is_set():
        interrupted = InterruptedRunError(
            "interrupted, after the version was made current", hint="Nothing is left to do."
        )
        return replace(report, error=interrupted)
    return report


def _age(app: "App", plan: RollbackPlan) -> str:
    return f", {show_age(plan.created, app.now())} old," if plan.created else ""


def _report(
    app: "App", plan: RollbackPlan, outcome: OutcomeWord, error: str | None = None, *, dry_run: bool = False
) -> Report:
    results: tuple[Result, ...] = ()
    line = f"Nothing to do: version {plan.version} is current."
    if plan.change is not None:
        results = (Result(plan.change, outcome, error),)
        words = {
            "planned": f"Plan: make version {plan.version}{_age(app, plan)} current.",
            "failed": "Not rolled back.",
        }
        line = words.get(outcome, f"Version {plan.version} is current now.")
    return Report(
        "secrets rollback",
        app.settings.environment,
        Changes(results),
        dry_run=dry_run,
        warnings=plan.warnings,
        extra={"secret": app.settings.secret_name, "arn": plan.description.arn, "version_id": plan.version},
        summary={"update": len(results)},
        summary_line=line,
    )
