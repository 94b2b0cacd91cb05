"""`lmx students`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import READS, add_command

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="One student's case: what happened, what it means, what to do.", no_args_is_help=True)


@add_command(group, "show", READS)
def show(
    app: "App",
    what: Annotated[
        str, typer.Argument(help="User id, e-mail address, id of Stripe (cs_, pi_, ch_, re_, du_, cus_, evt_), or URL.")
    ],
) -> "Report":
    """Show what a student has, course by course, and the command that settles it; writes nothing.

    Example: lmx students show student@example.com
    """
    from learnermax_cli.students.show import run_show

    return run_show(app, what)
