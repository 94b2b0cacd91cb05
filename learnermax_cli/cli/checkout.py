"""`lmx checkout`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, Yes, add_command
from learnermax_cli.cli.options import CheckoutOptions

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Checkout Sessions and payment links for courses.", no_args_is_help=True)

CourseId = Annotated[str, typer.Argument(help="Course to sell.")]
SessionId = Annotated[str, typer.Argument(help="Checkout Session, cs_…, or its URL.")]


@add_command(group, "create", WRITES)
def create(
    app: "App",
    course_id: CourseId,
    options: CheckoutOptions,
    dry_run: DryRun = False,
) -> "Report":
    """Create a Checkout Session and the pending enrollment; prints only the URL, or the client secret.

    Example: lmx checkout create TEST-COURSE-003 --user user-1
    """
    from learnermax_cli.checkout.create import run_create

    return run_create(app, options.request(course_id, dry_run=dry_run))


@add_command(group, "link", WRITES)
def link(
    app: "App",
    course_id: CourseId,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER", help="Identify this student in the link's URL.")
    ] = None,
    dry_run: DryRun = False,
) -> "Report":
    """Print the course's payment link; a new one replaces it when the price has changed.

    Example: lmx checkout link TEST-COURSE-003 --user user-1
    """
    from learnermax_cli.checkout.link import run_link

    return run_link(app, course_id, user, dry_run=dry_run)


@add_command(group, "show", READS)
def show(app: "App", session_id: SessionId) -> "Report":
    """Show a session as Stripe has it now.

    Example: lmx checkout show cs_test_a1b2c3
    """
    from learnermax_cli.checkout.show import run_show

    return run_show(app, session_id)


@add_command(group, "expire", WRITES)
def expire(app: "App", session_id: SessionId, dry_run: DryRun = False, yes: Yes = False) -> "Report":
    """Expire an open session, so that it cannot be paid any more; asks in prod.

    Example: lmx checkout expire cs_test_a1b2c3
    """
    from learnermax_cli.checkout.expire import run_expire

    return run_expire(app, session_id, dry_run=dry_run, yes=yes)
