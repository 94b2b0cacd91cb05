"""`lmx webhooks`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, ExitCode, Yes, add_command
from learnermax_cli.cli.options import Revoke

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Payments confirmed within seconds: endpoint, receiver, replay.", no_args_is_help=True)


@add_command(group, "create", WRITES)
def create(
    app: "App",
    url: Annotated[str, typer.Option("--url", help="Where Stripe delivers to.", show_default=False)],
    roll: Annotated[
        bool, typer.Option("--roll", help="Replace the signing secret, with an overlap; a leaked one, twice.")
    ] = False,
    overlap: Annotated[
        str, typer.Option("--overlap", help="How long both secrets are valid before the old endpoint is deleted.")
    ] = "90s",
    allow_other: Annotated[
        bool, typer.Option("--allow-other", help="Register beside an endpoint that gets the same events.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> "Report":
    """Register the endpoint at Stripe, once, and put its signing secret straight into the secret.

    Asks in prod, and before it replaces a stored one that is not this endpoint's; that is kept as the previous.

    Example: lmx webhooks create --url https://api.learnermax.example/api/webhooks/stripe
    """
    from learnermax_cli.webhooks.create import CreateRequest, read_overlap, run_create

    return run_create(app, CreateRequest(url, roll, read_overlap(overlap), allow_other, dry_run, yes))


@add_command(group, "list", READS)
def list_endpoints(app: "App", exit_code: ExitCode = False) -> "Report":
    """List the endpoints at Stripe, and the drift of ours: events, version, disabled, host, secret.

    Example: lmx webhooks list
    """
    from learnermax_cli.webhooks.listing import run_list

    return run_list(app, exit_code=exit_code)


@add_command(group, "delete", WRITES)
def delete(
    app: "App",
    url: Annotated[str, typer.Option("--url", help="Where Stripe delivers to.", show_default=False)],
    dry_run: DryRun = False,
    yes: Yes = False,
) -> "Report":
    """Delete our endpoint of a URL at Stripe; those of others stay.

    Example: lmx webhooks delete --url https://api.learnermax.example/api/webhooks/stripe
    """
    from learnermax_cli.webhooks.delete import run_delete

    return run_delete(app, url, dry_run=dry_run, yes=yes)


@add_command(group, "serve", WRITES)
def serve(
    app: "App",
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0: a free one.")] = 8787,
    path: Annotated[str, typer.Option("--path", help="Path that Stripe delivers to.")] = "/api/webhooks/stripe",
    revoke: Revoke = None,
) -> "Report":
    """Receive webhooks and confirm payments until Ctrl-C; one log line per event.

    Example: lmx webhooks serve --port 8787
    """
    from learnermax_cli.webhooks.model import Address
    from learnermax_cli.webhooks.serve import run_serve

    return run_serve(app, Address(host, port, path), revoke=revoke)


@add_command(group, "replay", WRITES)
def replay(
    app: "App",
    since: Annotated[
        str, typer.Option("--since", metavar="TIME", help="Events since then: 36h, 3d, or a time in RFC 3339.")
    ],
    until: Annotated[str | None, typer.Option("--until", metavar="TIME", help="End of the span.")] = None,
    undelivered: Annotated[
        bool, typer.Option("--undelivered", help="Only events that an endpoint has not received.")
    ] = False,
    revoke: Revoke = None,
    dry_run: DryRun = False,
    exit_code: ExitCode = False,
) -> "Report":
    """Handle the events of a window as the receiver does, in order; what is already done is skipped.

    Example: lmx webhooks replay --since 36h --undelivered --dry-run
    """
    from learnermax_cli.webhooks.replay import ReplayRequest, run_replay

    return run_replay(app, ReplayRequest(since, until, undelivered, dry_run, exit_code, revoke))
