"""`secrets pull` from end to end: read the secret, plan what changes in the env file, confirm, write, report."""

from dataclasses import replace
from pathlib import Path

from learnermax_cli.config.env_file import read_env_text
from learnermax_cli.config.env_search import file_to_write
from learnermax_cli.config.keys import WEBHOOK_SECRET
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.planning.change import OutcomeWord, Result
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.secrets.content import SecretsJob, no_secret, read_stored, require_readable
from learnermax_cli.secrets.plan_pull import PullPlan, plan_pull, require_stored_keys, require_test_keys
from learnermax_cli.secrets.private_file import require_ignored, require_plain_file, write_private_file

_FIXED = (
    f"A receiver started with this file keeps its {WEBHOOK_SECRET} when "
    + lmx("webhooks create")
    + " replaces the stored one."
)


def run_pull(job: SecretsJob, *, allow_live: bool, yes: bool, dry_run: bool) -> Report:
    """Return the report of writing the stored keys into the env file."""
    job.flags = replace(job.flags, new_env_file=True)
    path = job.flags.env_file or file_to_write()
    text = _read_target(path)
    settings = job.settings
    stored = read_stored(job.secret_store, settings.secret_name)
    if stored is None:
        raise no_secret(settings.secret_name)
    require_readable(stored.description)
    keys = require_stored_keys(settings.secret_name, stored.content or {})
    require_test_keys(keys.values(), allow_live=allow_live)
    plan = plan_pull(path, text, {name: key.text.reveal() for name, key in keys.items()})
    report = replace(_report(job, path, plan, "planned"), dry_run=dry_run)
    if plan.change is None and path.stat().st_mode & 0o077:
        report = replace(report, warnings=(f"{path} holds keys and others may read it: chmod 600 {path}",))
    if plan.change is None or dry_run:
        return report
    question = f"Replace {', '.join(plan.loses)} in {path} with those of {target(settings, secret=True)}?"
    if plan.loses and (refusal := ask(job.talk, report, question, yes=yes)):
        return replace(report, error=refusal)
    job.interrupt.begin_writes()
    try:
        write_private_file(path, plan.text)
    except LmxError as error:
        return replace(_report(job, path, plan, "failed", error.message), error=error)
    return _report(job, path, plan, "applied")


def _read_target(path: Path) -> str | None:
    """Return the text of the file to write, None when it is new; raises when keys must not be written there."""
    require_plain_file(path)
    require_ignored(path)
    return read_env_text(path) if path.exists() else None


def _report(job: SecretsJob, path: Path, plan: PullPlan, outcome: OutcomeWord, error: str | None = None) -> Report:
    results = () if plan.change is None else (Result(plan.change, outcome, error),)
    keys = f"{', '.join(plan.names)} from secret {job.settings.secret_name}"
    lines = {"planned": f"Plan: {keys} into {path}.", "failed": f"Not written to {path}."}
    return Report(
        "secrets pull",
        job.settings.environment,
        Changes(results),
        dry_run=False,
        notes=(_FIXED,) if results and WEBHOOK_SECRET in plan.names else (),
        extra={"secret": job.settings.secret_name, "file": str(path)},
        summary={"keys": len(plan.names), "replaced": len(plan.loses)},
        summary_line=lines.get(outcome, f"Written to {path}: {keys}.")
        if results
        else f"Nothing to do: {path} holds the stored keys.",
    )
