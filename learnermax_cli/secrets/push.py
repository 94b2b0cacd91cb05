"""`secrets push` from end to end: find the keys, check them, plan, confirm, write, report."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from learnermax_cli.config import guard
from learnermax_cli.config.keys import PUSHED_KEYS, StripeKey
from learnermax_cli.planning.change import planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report, StripeIdentity
from learnermax_cli.secrets.apply_push import Push, PushOutcome, PushRequest
from learnermax_cli.secrets.content import SecretsJob
from learnermax_cli.secrets.plan_push import PushKeys, PushPlan, find_keys, require_same_account

_STALE = (
    "A CloudFormation template refers to the keys as below; it reads them again only when an update touches the "
    "resource that refers to them."
)
_IN_CLEAR = (
    "Lambda shows the values of such variables to who may read a function's configuration; "
    "deploy/template.yaml needs the parameter alone."
)


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What `secrets push` was asked to do."""

    dry_run: bool = False
    yes: bool = False
    prune: bool = False
    restore: bool = False
    kms_key_id: str | None = None
    allow_mode_mismatch: bool = False
    verify: bool = True


class PushJob(SecretsJob, Protocol):
    """What a push works with."""

    def identify(self, key: StripeKey) -> StripeIdentity:
        """Work with this key from here on, and ask Stripe whose it is; raises GuardError for another account."""


def run_push(job: PushJob, options: PushOptions) -> Report:
    """Return the report of a push; every check comes before the first write."""
    settings = job.settings
    source = find_keys(job.sources)
    job.talk.note(f"Stripe keys from {source.name}.")
    keys = source.require_keys()
    if not options.allow_mode_mismatch:
        guard.require_pushed_mode(keys.mode, settings)
    report = Report(
        "secrets push",
        settings.environment,
        Changes(),
        dry_run=options.dry_run,
        stripe=_identify(job, keys, verify=options.verify),
        extra={"secret": settings.secret_name, "source": source.name},
    )
    push = Push(job.secret_store, _request(job, keys, options))

    def approve(plan: PushPlan) -> None:
        changes = planned([] if plan.change is None else [plan.change])
        shown = replace(report, body=Changes(changes), warnings=push.warnings(), summary_line=_plan_line(plan))
        to = target(settings, stripe=report.stripe, secret=True)
        question = f"Replace stored keys of {to}?" if plan.loses else f"Store these keys for {to}?"
        if refusal := ask(job.talk, shown, question, yes=options.yes):
            raise refusal

    return _filled(report, push.preview() if options.dry_run else push.carry_out(approve, job.interrupt))


def _request(job: PushJob, keys: PushKeys, options: PushOptions) -> PushRequest:
    return PushRequest(
        job.settings.secret_name,
        job.settings.environment,
        keys.values(),
        prune=options.prune,
        restore=options.restore,
        kms_key_id=options.kms_key_id,
        always_asks=job.settings.always_asks,
    )


def _identify(job: PushJob, keys: PushKeys, *, verify: bool) -> StripeIdentity:
    """Return whose keys these are, read from Stripe unless --no-verify; raises LmxError for the wrong ones."""
    expected = job.settings.stripe_account
    if not verify:
        account = keys.secret.account or keys.publishable.account
        if expected is not None:
            guard.require_stripe_account(account, expected)
        return StripeIdentity(keys.mode, account)
    identity = job.identify(keys.secret)
    require_same_account(identity.account, keys.publishable)
    return identity


def _filled(report: Report, outcome: PushOutcome) -> Report:
    """Return the report with the outcome of the push, and the lines that a CloudFormation template needs."""
    counts, result = outcome.plan.counts, outcome.result
    stored = outcome.description is not None and (result is None or result.outcome != "planned")
    arn = outcome.description.arn if outcome.description else None
    references = _references(arn, outcome.plan.names) if arn and (stored or report.dry_run) else {}
    block = _block(arn, references) if arn and references else ()
    shown = bool(block) and outcome.error is None
    version = outcome.description.current if outcome.description else None
    left = counts.add + counts.change + counts.remove
    return replace(
        report,
        body=Changes(() if result is None else (result,)),
        warnings=(*report.warnings, *outcome.warnings),
        notes=(f"ARN: {arn}", _STALE, _IN_CLEAR) if shown else (),
        block=block if shown else (),
        extra={
            **report.extra,
            "arn": arn,
            "references": references,
            "cloudformation": "\n".join((*block, "")) if block else None,
            "version_id": version,
        },
        summary={"add": counts.add, "change": counts.change, "remove": counts.remove, "unchanged": counts.unchanged},
        summary_line=_summary_line(outcome),
        error=outcome.error,
        unit="key",
        left=left if result is not None and result.outcome == "planned" else 0,
    )


def _references(arn: str, names: tuple[str, ...]) -> Mapping[str, str]:
    """Return the dynamic reference to each key of the current version [doc CloudFormation "Dynamic references"]."""
    # A colon would end the key's part of the reference; such a key can't be referred to.
    return {name: f"{{{{resolve:secretsmanager:{arn}:SecretString:{name}}}}}" for name in names if ":" not in name}


def _block(arn: str, references: Mapping[str, str]) -> tuple[str, ...]:
    """Return the lines of YAML that a template needs: the parameter, and the variables with Stripe's keys."""
    variables = [f'    {name}: "{references[name]}"' for name in PUSHED_KEYS if name in references]
    parameter = ("Parameters:", "  StripeSecretArn:", "    Type: String", f"    Default: {arn}")
    return (*parameter, "Environment:", "  Variables:", *variables)


def _plan_line(plan: PushPlan) -> str:
    return f"Plan: {plan.counts}."


def _summary_line(outcome: PushOutcome) -> str:
    match None if outcome.result is None else outcome.result.outcome:
        case None:
            return "Nothing to do: the secret already holds these keys."
        case "applied":
            counts = outcome.plan.counts
            numbers = f"{counts.add} added, {counts.change} changed, {counts.remove} removed"
            return f"Stored: {numbers}, {counts.unchanged} unchanged."
        case "superseded":
            return "Nothing left to do: another writer stored the same keys first."
        case "failed":
            return "Not stored."
    return _plan_line(outcome.plan)
