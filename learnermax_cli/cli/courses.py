"""`lmx courses`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, Yes, add_command

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Courses as the table has them.", no_args_is_help=True)


@add_command(group, "list", READS)
def list_courses(app: "App") -> "Report":
    """List all courses with price, Stripe product, and what is wrong with them.

    Example: lmx courses list -e prod
    """
    from learnermax_cli.courses.listing import run_list

    return run_list(app)


# A negative price is a wrong price, not an option.
@add_command(group, "set-price", WRITES, context_settings={"ignore_unknown_options": True})
def set_price(
    app: "App",
    course_id: Annotated[str, typer.Argument(help="Course to price.")],
    price: Annotated[str, typer.Argument(help="Price in major units, as the site shows it.")],
    allow_price: Annotated[bool, typer.Option("--allow-price", help="Let a suspicious price through.")] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> "Report":
    """Write a course's price in major units, and that it is meant so; asks in prod.

    Example: lmx courses set-price spec-driven-dev-premium 49.99
    """
    from learnermax_cli.courses.set_price import PriceRequest, run_set_price

    return run_set_price(app, PriceRequest(course_id, price, allow_price, dry_run, yes))


@add_command(group, "seed", WRITES)
def seed(
    app: "App",
    dry_run: DryRun = False,
    replace: Annotated[bool, typer.Option("--replace", help="Overwrite courses that are there.")] = False,
    allow_prod: Annotated[bool, typer.Option("--allow-prod", help="Seed test courses into prod.")] = False,
    yes: Yes = False,
) -> "Report":
    """Put the LearnerMax test courses into the table; courses that are there stay.

    Example: lmx courses seed -e sandbox
    """
    from learnermax_cli.courses.seed import run_seed

    return run_seed(app, replace_items=replace, dry_run=dry_run, yes=yes, allow_prod=allow_prod)
