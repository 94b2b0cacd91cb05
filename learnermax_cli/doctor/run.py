"""`doctor` from end to end: all checks side by side, one report, and the exit code of the worst."""

from collections import Counter
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import (
    ConfigError,
    CredentialsError,
    Exit,
    FailedError,
    GuardError,
    LmxError,
    weightiest,
)
from learnermax_cli.core.retry_policy import INTERACTIVE
from learnermax_cli.doctor import check_aws, check_machine, check_secret, check_stripe
from learnermax_cli.doctor import check_items as items
from learnermax_cli.doctor.checks import Check, run_checks
from learnermax_cli.doctor.model import Verdict
from learnermax_cli.planning.report import Items, Report

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COLUMNS = ("status", "check", "found", "remedy")
_ERRORS: dict[Exit, type[LmxError]] = {
    Exit.CREDENTIALS: CredentialsError,
    Exit.CONFIG: ConfigError,
    Exit.GUARD: GuardError,
}


def run_doctor(app: "App") -> Report:
    """Return the report of all checks; nothing is written anywhere."""
    app.report_mismatches = True
    app.retry_policy = INTERACTIVE  # somebody waits for the table: what does not answer is told soon
    environment = app.settings.environment
    verdicts = run_checks(plan_checks(app))
    key = next(verdict for verdict in verdicts if verdict.check == check_stripe.KEY)
    counts = Counter(verdict.status for verdict in verdicts)
    summary = {word: counts[word] for word in ("ok", "warning", "failed", "not checked")}
    # On a terminal a remedy has a line of its own: what is folded in a cell can't be copied.
    lines = app.console.manner.format == "table"
    return Report(
        "doctor",
        environment,
        Items(tuple(verdict.as_json() for verdict in verdicts), COLUMNS[:-1] if lines else COLUMNS),
        stripe=app.stripe_identity if key.status == "ok" else None,
        extra={"summary": {word.replace(" ", "_"): number for word, number in summary.items()}},
        summary_line=", ".join(f"{number} {word}" for word, number in summary.items() if number) + ".",
        notes=tuple(dict.fromkeys(f"Mend {v.check}: {v.remedy}" for v in verdicts if v.remedy)) if lines else (),
        error=ending(verdicts),
    )


def plan_checks(app: "App") -> tuple[Check, ...]:
    """Return all checks in the order of the report, with what each needs."""
    table = items.TableItems(app)
    aws, stripe = (check_aws.IDENTITY,), (check_stripe.KEY,)
    in_table = (check_aws.TABLE,)
    return (
        Check(check_aws.NAMES, lambda: check_aws.check_names(app)),
        Check(check_aws.IDENTITY, lambda: check_aws.check_identity(app)),
        Check(check_aws.TABLE, lambda: check_aws.check_table(app), aws),
        Check(check_secret.SECRET, lambda: check_secret.check_secret(app), aws),
        Check(check_aws.TOPIC, lambda: check_aws.check_topic(app), aws),
        Check(check_stripe.KEY, lambda: check_stripe.check_key(app)),
        Check(check_stripe.RIGHTS, lambda: check_stripe.check_rights(app), stripe),
        Check(check_stripe.ENDPOINT, lambda: check_stripe.check_endpoint(app), stripe),
        Check(items.CATALOG, table.check_catalog, (*in_table, *stripe)),
        Check(items.PENDING, table.check_pending, in_table),
        Check(items.EVENTS, table.check_events, in_table),
        Check(
            check_machine.AWS_CLOCK,
            lambda: check_machine.check_clock(check_machine.AWS_CLOCK, app.now, app.aws_identity.read_clock),
        ),
        Check(
            check_machine.STRIPE_CLOCK,
            lambda: check_machine.check_clock(check_machine.STRIPE_CLOCK, app.now, app.stripe_probes.read_clock),
            stripe,
        ),
        Check(check_machine.SITE, lambda: check_machine.check_site(app)),
        Check(check_machine.VERSIONS, check_machine.check_versions),
    )


def ending(verdicts: tuple[Verdict, ...]) -> LmxError | None:
    """Return the failure of a run: of the kind of its worst check, None when none failed."""
    bad = [verdict for verdict in verdicts if verdict.status == "failed"]
    if not bad:
        return None
    kind = _ERRORS.get(weightiest(verdict.exit_code for verdict in bad), FailedError)
    names = ", ".join(dict.fromkeys(verdict.check for verdict in bad))
    return kind(f"failed: {names}", hint="The report names a remedy for each; begin at the top.", code="doctor.failed")
