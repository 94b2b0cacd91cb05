"""`lmx secrets`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, ExitCode, Yes, add_command

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Stripe keys in AWS Secrets Manager.", no_args_is_help=True)


@add_command(group, "push", WRITES)
def push(
    app: "App",
    dry_run: DryRun = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove keys of the secret that are not pushed.")] = False,
    restore: Annotated[
        bool, typer.Option("--restore", help="Restore a secret that is scheduled for deletion.")
    ] = False,
    kms_key_id: Annotated[
        str | None, typer.Option("--kms-key-id", help="KMS key for a new secret. Default: aws/secretsmanager.")
    ] = None,
    allow_mode_mismatch: Annotated[
        bool, typer.Option("--allow-mode-mismatch", help="Store test keys for prod, or live keys elsewhere.")
    ] = False,
    no_verify: Annotated[bool, typer.Option("--no-verify", help="Do not ask Stripe whether the key works.")] = False,
    yes: Yes = False,
) -> "Report":
    """Store the Stripe keys of the env file, or of the process environment, as one JSON secret.

    Example: lmx secrets push --env-file .env.prod.local -e prod
    """
    from learnermax_cli.secrets.push import PushOptions, run_push

    options = PushOptions(dry_run, yes, prune, restore, kms_key_id, allow_mode_mismatch, verify=not no_verify)
    return run_push(app, options)


@add_command(group, "status", READS)
def status(app: "App", exit_code: ExitCode = False) -> "Report":
    """Compare the stored keys with those at hand, key by key; shows no value.

    Example: lmx secrets status -e prod --exit-code
    """
    from learnermax_cli.secrets.status import run_status

    return run_status(app, exit_code=exit_code)


@add_command(group, "pull", WRITES)
def pull(
    app: "App",
    dry_run: DryRun = False,
    allow_live: Annotated[bool, typer.Option("--allow-live", help="Write live mode keys too.")] = False,
    yes: Yes = False,
) -> "Report":
    """Write the stored keys into the env file, readable by you alone; its other lines are kept.

    Example: lmx secrets pull --env-file .env.local
    """
    from learnermax_cli.secrets.pull import run_pull

    return run_pull(app, allow_live=allow_live, yes=yes, dry_run=dry_run)


@add_command(group, "rollback", WRITES)
def rollback(
    app: "App",
    to: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="Version to make current. Default: the previous one.")
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> "Report":
    """Make an earlier version of the secret current again.

    Example: lmx secrets rollback --dry-run
    """
    from learnermax_cli.secrets.rollback import run_rollback

    return run_rollback(app, to=to, yes=yes, dry_run=dry_run)
