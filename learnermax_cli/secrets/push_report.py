"""What a push has to say: the change, where it is stored, and the lines that a CloudFormation template needs."""

from collections.abc import Mapping
from dataclasses import replace

from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.secrets.apply_push import PushOutcome
from learnermax_cli.secrets.plan_push import PushPlan

_STALE = (
    "A stack reads these references again only when an update touches the resource that holds them: "
    "update the stacks that use them."
)


def push_report(report: Report, outcome: PushOutcome) -> Report:
    """Return the report of a push, filled in from its outcome."""
    counts = outcome.plan.counts
    summary = {"add": counts.add, "change": counts.change, "remove": counts.remove, "unchanged": counts.unchanged}
    stored = outcome.description is not None and (outcome.result is None or outcome.result.outcome != "planned")
    arn = outcome.description.arn if outcome.description else None
    references = _references(arn, outcome.plan.names) if arn and (stored or report.dry_run) else {}
    extra: dict[str, object] = {**report.extra, "arn": arn, "references": references}
    extra["version_id"] = outcome.description.current if outcome.description else None
    return replace(
        report,
        body=Changes(() if outcome.result is None else (outcome.result,)),
        warnings=(*report.warnings, *outcome.warnings),
        notes=(f"ARN: {arn}", *references.values(), _STALE) if references and not outcome.error else (),
        extra=extra,
        summary=summary,
        summary_line=_summary_line(outcome),
        error=outcome.error,
    )


def cloudformation_reference(arn: str, key: str) -> str:
    """Return the dynamic reference to one key of the current version [doc CloudFormation "Dynamic references"]."""
    return f"{{{{resolve:secretsmanager:{arn}:SecretString:{key}}}}}"


def _references(arn: str, names: tuple[str, ...]) -> Mapping[str, str]:
    # A colon would end the key's part of the reference; such a key can't be referred to.
    return {name: cloudformation_reference(arn, name) for name in names if ":" not in name}


def plan_line(plan: PushPlan) -> str:
    """Return the line that sums up what a push would do."""
    return f"Plan: {plan.counts}."


def _summary_line(outcome: PushOutcome) -> str:
    match None if outcome.result is None else outcome.result.outcome:
        case None:
            return "Nothing to do: the secret holds these keys already."
        case "applied":
            counts = str(outcome.plan.counts)
            done = (
                counts.replace(" to add", " added").replace(" to change", " changed").replace(" to remove", " removed")
            )
            return f"Stored: {done}."
        case "superseded":
            return "Nothing left to do: another writer stored the same keys first."
        case "failed":
            return "Not stored."
    return plan_line(outcome.plan)
