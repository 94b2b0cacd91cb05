"""`lmx checkout`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import DryRun, add_command
from learnermax_cli.cli.options import (
    CancelUrl,
    ExpiresIn,
    Promotion,
    ReturnUrl,
    SuccessUrl,
    UiOption,
    User,
)

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Checkout Sessions and payment links for courses.", no_args_is_help=True)

CourseId = Annotated[str, typer.Argument(help="Course to sell.")]
SessionId = Annotated[str, typer.Argument(help="Checkout Session, cs_…")]


@add_command(group, "create")
def create(
    app: "App",
    course_id: CourseId,
    user: User,
    ui: UiOption = "hosted",
    success_url: SuccessUrl = None,
    cancel_url: CancelUrl = None,
    return_url: ReturnUrl = None,
    expires_in: ExpiresIn = "24h",
    allow_promotion_codes: Promotion = False,
    dry_run: DryRun = False,
) -> "Report":
    """Make a Checkout Session and the pending enrollment; prints the URL, or the client secret, alone.

    Example: lmx checkout create TEST-COURSE-003 --user user-1
    """
    from learnermax_cli.checkout.create import run_create
    from learnermax_cli.checkout.options import CheckoutRequest, GivenForm, read_expires_in

    form = GivenForm(ui, success_url, cancel_url, return_url, allow_promotion_codes)
    request = CheckoutRequest(course_id, user, form, read_expires_in(expires_in), dry_run)
    return run_create(app, request, "checkout create")


@add_command(group, "link")
def link(
    app: "App",
    course_id: CourseId,
    user: Annotated[
        str | None, typer.Option("--user", metavar="USER_ID", help="Make the link's URL this student's own.")
    ] = None,
    dry_run: DryRun = False,
) -> "Report":
    """Print the course's payment link; made once, and anew when the price has changed.

    Example: lmx checkout link TEST-COURSE-003 --user user-1
    """
    from learnermax_cli.checkout.link import run_link

    return run_link(app, course_id, user, dry_run=dry_run)


@add_command(group, "show")
def show(app: "App", session_id: SessionId) -> "Report":
    """Show what Stripe says of a session now.

    Example: lmx checkout show cs_test_a1b2c3
    """
    from learnermax_cli.checkout.show import run_show

    return run_show(app, session_id)


@add_command(group, "expire")
def expire(app: "App", session_id: SessionId, dry_run: DryRun = False) -> "Report":
    """End an open session, so that nobody can pay it any more.

    Example: lmx checkout expire cs_test_a1b2c3
    """
    from learnermax_cli.checkout.show import run_expire

    return run_expire(app, session_id, dry_run=dry_run)
