"""The jobs of `lmx secrets` that look at the keys on this machine: `status` and `pull`."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from learnermax_cli.config.keys import WEBHOOK_SECRET
from learnermax_cli.config.settings import DEFAULT_ENV_FILE
from learnermax_cli.core.errors import ConfigError, InterruptedRunError, LmxError
from learnermax_cli.core.times import show_age, show_time
from learnermax_cli.planning.change import OutcomeWord, Result
from learnermax_cli.planning.report import Changes, Items, Report
from learnermax_cli.secrets.access import read_stored, require_readable
from learnermax_cli.secrets.confirm import require_yes
from learnermax_cli.secrets.plan_pull import PullPlan, plan_pull, read_target, require_stored_keys, require_test_keys
from learnermax_cli.secrets.plan_status import compare_keys, other_keys
from learnermax_cli.secrets.private_file import write_private_file
from learnermax_cli.secrets.source import find_keys

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.secrets.model import Stored

_COLUMNS = ("key", "state", "here", "there")
_FIXED = (
    f"A receiver started with this file keeps to its {WEBHOOK_SECRET}: "
    "it will not follow when lmx webhooks create makes another."
)


def run_status(app: "App", *, exit_code: bool) -> Report:
    """Return how the stored keys compare with those at hand."""
    settings = app.settings
    source = find_keys(settings, app.flags, app.environ)
    app.console.note(f"Compared with the Stripe keys from {source.name}.")
    stored = read_stored(app.secret_store, settings.secret_name)
    if stored is not None:
        require_readable(stored.description)
    content = {} if stored is None or stored.content is None else stored.content
    rows = compare_keys(source.values, content)
    findings = tuple(finding for row in rows if (finding := row.finding(pull=not source.fixed)) is not None)
    others = other_keys(content)
    created = stored.created if stored else None
    return Report(
        "secrets status",
        settings.environment,
        Items(tuple(row.as_json() for row in rows), _COLUMNS, "No Stripe keys, neither here nor there."),
        findings=findings,
        notes=(*_where(app, stored), *((f"Also in the secret, left alone: {', '.join(others)}",) if others else ())),
        extra={
            "secret": settings.secret_name,
            "source": source.name,
            "arn": stored.description.arn if stored else None,
            "version_id": stored.description.current if stored else None,
            "created": show_time(created) if created else None,
            "other_keys": list(others),
        },
        pending_exit=exit_code,
    )


def run_pull(app: "App", *, allow_live: bool, yes: bool, dry_run: bool) -> Report:
    """Return the report of bringing the stored keys into the env file."""
    app.flags = replace(app.flags, new_env_file=True)
    path = app.flags.env_file or DEFAULT_ENV_FILE
    text = read_target(path)
    settings = app.settings
    stored = read_stored(app.secret_store, settings.secret_name)
    if stored is None:
        raise ConfigError(
            f"there is no secret {settings.secret_name}",
            hint="Store keys first: lmx secrets push",
            code="config.secret_missing",
        )
    require_readable(stored.description)
    keys = require_stored_keys(settings.secret_name, stored.content or {})
    require_test_keys(keys.values(), allow_live=allow_live)
    plan = plan_pull(path, text, {name: key.text.reveal() for name, key in keys.items()})
    report = _pull_report(app, path, plan, "planned", dry_run=dry_run)
    if plan.change is None and path.stat().st_mode & 0o077:
        report = replace(report, warnings=(f"{path} holds keys and others may read it: chmod 600 {path}",))
    if plan.change is None or dry_run:
        return report
    try:
        if plan.loses:
            require_yes(app, report, f"Replace {', '.join(plan.loses)} in {path}?", yes=yes)
        with app.interrupt.finishing() as stop:
            write_private_file(path, plan.text)
    except LmxError as refusal:
        return replace(report, error=refusal)
    error = InterruptedRunError("interrupted, after the file was written", hint="Nothing is left to do.")
    return replace(_pull_report(app, path, plan, "applied", dry_run=False), error=error if stop.is_set() else None)


def _where(app: "App", stored: "Stored | None") -> tuple[str, ...]:
    name = app.settings.secret_name
    if stored is None:
        return (f"There is no secret {name}.",)
    if stored.created is None:
        return (f"Secret {name} has no version yet.",)
    return (f"Secret {name}, version {stored.description.current}, {show_age(stored.created, app.now())} old.",)


def _pull_report(app: "App", path: Path, plan: PullPlan, outcome: OutcomeWord, *, dry_run: bool) -> Report:
    results = () if plan.change is None else (Result(plan.change, outcome),)
    names = ", ".join(plan.names)
    source = f"from secret {app.settings.secret_name}"
    line = f"Written to {path}, {source}: {names}." if outcome == "applied" else f"Plan: {names} {source} into {path}."
    return Report(
        "secrets pull",
        app.settings.environment,
        Changes(results),
        dry_run=dry_run,
        notes=(_FIXED,) if results and WEBHOOK_SECRET in plan.names else (),
        extra={"secret": app.settings.secret_name, "file": str(path)},
        summary={"keys": len(plan.names), "replaced": len(plan.loses)},
        summary_line=line if results else f"Nothing to do: {path} holds the stored keys.",
    )
