"""`secrets rollback` from end to end: read, plan, confirm, move AWSCURRENT, report."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import ConfigError, FailedError, LmxError, UsageError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_age, show_time
from learnermax_cli.planning.change import Change, OutcomeWord, Result
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.secrets.content import (
    SecretsJob,
    describe_content,
    find_text,
    no_secret,
    parse_content,
    require_ours,
    require_readable,
)
from learnermax_cli.secrets.model import (
    Content,
    LostRaceError,
    SecretDescription,
    SecretStore,
    SecretValue,
    SecretVersion,
)

_SHOWN_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback does; `change` is None when the version is already current."""

    description: SecretDescription
    version: str
    change: Change | None
    created: datetime | None = None
    warnings: tuple[str, ...] = ()


def run_rollback(job: SecretsJob, *, to: str | None, yes: bool, dry_run: bool) -> Report:
    """Return the report of making an earlier version current."""
    if yes and to is None:
        # Without --to, each run would undo the one before.
        hint = "Name the version: " + lmx("secrets rollback", "--yes", "--to", "VERSION")
        raise UsageError("--yes needs --to", hint=hint)
    plan = _read_plan(job.secret_store, job.settings.secret_name, to)
    report = _report(job, plan, "planned", dry_run=dry_run)
    if plan.change is None or dry_run:
        return report
    # --yes needs the version too, see above.
    remedy = "If this is the right version: " + lmx("secrets rollback", "--yes", "--to", plan.version)
    question = f"Make version {plan.version}{_age(job, plan)} current in {target(job.settings, secret=True)}?"
    if refusal := ask(job.talk, report, question, yes=yes, remedy=remedy):
        return replace(report, error=refusal)
    job.interrupt.begin_writes()
    try:
        _move_current(job.secret_store, plan)
    except LmxError as error:
        return replace(_report(job, plan, "failed", error.message), error=error)
    return _report(job, plan, "applied")


def _read_plan(store: SecretStore, name: str, to: str | None) -> RollbackPlan:
    """Return the plan that makes a version, by default the previous one, current; raises UsageError if unknown."""
    description = store.read_description(name)
    if description is None:
        raise no_secret(name)
    require_ours(description)
    require_readable(description)
    version = to or description.previous
    if version is None:
        raise FailedError(
            f"secret {name} has no earlier version",
            hint="To store other keys: " + lmx("secrets push"),
            code="failed.no_version",
        )
    if version == description.current:
        return RollbackPlan(description, version, None)
    target = store.read_value(description.arn, version) if 32 <= len(version) <= 64 else None
    if target is None:
        raise _no_such_version(name, version, store.list_versions(description.arn))
    current = store.read_value(description.arn, description.current) if description.current else None
    return _plan_rollback(name, description, current, target)


def _plan_rollback(
    name: str, description: SecretDescription, current: SecretValue | None, target: SecretValue
) -> RollbackPlan:
    """Return the change from one version to another; raises ConfigError when the target holds no JSON object."""
    another = "Name another version: " + lmx("secrets rollback", "--to", "VERSION")
    new = parse_content(f"{name}, version {target.version},", target, another)
    old = _content_or_nothing(name, current)
    every = new.keys() | old.keys()
    before = {**_version(current), **describe_content(old, every)}
    after = {**_version(target), **describe_content(new, every, old)}
    change = Change("secret", name, "update", before, after)
    return RollbackPlan(description, target.version, change, target.created, _warnings(old, new))


def _version(value: SecretValue | None) -> dict[str, object]:
    if value is None:
        return {"version": None, "created": None}
    return {"version": value.version, "created": show_time(value.created)}


def _warnings(old: Content, new: Content) -> tuple[str, ...]:
    signing = find_text(old, WEBHOOK_SECRET)
    if not signing or signing in (find_text(new, WEBHOOK_SECRET), find_text(new, PREVIOUS_SECRET)):
        return ()
    found = f"{WEBHOOK_SECRET} changes too: receivers reject deliveries of the present endpoint until "
    return (found + lmx("webhooks create", "--url", "URL") + " replaces it",)


def _content_or_nothing(name: str, value: SecretValue | None) -> Content:
    # An unreadable current version is a reason to roll back.
    try:
        return {} if value is None else parse_content(name, value)
    except ConfigError:
        return {}


def _move_current(store: SecretStore, plan: RollbackPlan) -> None:
    """Move AWSCURRENT; raises LostRaceError when another version is current by now."""
    try:
        store.move_current(plan.description.arn, plan.version, away_from=plan.description.current)
    except LostRaceError:
        # The answer of the first attempt may have been lost, and this was boto3's second.
        description = store.read_description(plan.description.name)
        if description is None or description.current != plan.version:
            raise


def _no_such_version(name: str, version: str, versions: Sequence[SecretVersion]) -> UsageError:
    known = [
        f"{v.id} ({v.created:%Y-%m-%d %H:%M} UTC{', current' if 'AWSCURRENT' in v.labels else ''})" for v in versions
    ]
    more = f", and {len(known) - _SHOWN_VERSIONS} more" if len(known) > _SHOWN_VERSIONS else ""
    return UsageError(
        f"secret {name} has no version {version}",
        hint=f"Name one with --to: {', '.join(known[:_SHOWN_VERSIONS])}{more}",
        code="usage.version",
    )


def _age(job: SecretsJob, plan: RollbackPlan) -> str:
    return f", {show_age(plan.created, job.now())} old," if plan.created else ""


def _report(
    job: SecretsJob, plan: RollbackPlan, outcome: OutcomeWord, error: str | None = None, *, dry_run: bool = False
) -> Report:
    results: tuple[Result, ...] = ()
    line = f"Nothing to do: version {plan.version} is current."
    if plan.change is not None:
        results = (Result(plan.change, outcome, error),)
        lines = {
            "planned": f"Plan: make version {plan.version}{_age(job, plan)} current.",
            "failed": "Not rolled back.",
        }
        line = lines.get(outcome, f"Version {plan.version} is current now.")
    return Report(
        "secrets rollback",
        job.settings.environment,
        Changes(results),
        dry_run=dry_run,
        warnings=plan.warnings,
        extra={"secret": job.settings.secret_name, "arn": plan.description.arn, "version_id": plan.version},
        summary={"update": len(results)},
        summary_line=line,
    )
