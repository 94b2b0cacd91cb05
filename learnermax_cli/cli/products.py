"""`lmx products`: parse, call, show."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, ExitCode, Yes, add_command

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Paid courses as Stripe products and prices.", no_args_is_help=True)


class PriceOptions(NamedTuple):
    """Which courses are read, and how their prices are meant; `add_command` makes an option of each field."""

    course: Annotated[
        list[str] | None, typer.Option("--course", metavar="COURSE_ID", help="Only this course; repeatable.")
    ] = None
    currency: Annotated[
        str | None,
        typer.Option("--currency", help="Currency of courses that name none. Default: usd.", show_default=False),
    ] = None
    price_unit: Annotated[
        Literal["major", "minor"] | None, typer.Option("--price-unit", help="Unit of prices whose course states none.")
    ] = None
    max_price: Annotated[
        str | None, typer.Option("--max-price", help="Refuse prices above this, in major units. Default: 1000.")
    ] = None

    def words(self) -> tuple[str, ...]:
        """Return those that were given, as words of a command."""
        courses = tuple(word for course_id in self.course or () for word in ("--course", course_id))
        values = {"--currency": self.currency, "--price-unit": self.price_unit, "--max-price": self.max_price}
        return courses + tuple(word for name, value in values.items() if value for word in (name, value))


ComingSoon = Annotated[bool, typer.Option("--include-coming-soon", help="Sell announced courses too.")]


@add_command(group, "sync", WRITES)
def sync(
    app: "App",
    prices: PriceOptions,
    dry_run: DryRun = False,
    include_coming_soon: ComingSoon = False,
    prune: Annotated[bool, typer.Option("--prune", help="Make products of courses no longer sold inactive.")] = False,
    allow_price: Annotated[
        list[str] | None,
        typer.Option("--allow-price", metavar="ID", help="Let a suspicious price through; repeatable."),
    ] = None,
    allow_archive: Annotated[
        int | None,
        typer.Option("--allow-archive", metavar="N", min=0, help="Let --prune make this many products inactive."),
    ] = None,
    exit_code: ExitCode = False,
    save_plan: Annotated[Path | None, typer.Option("--save-plan", help="Write the plan to this file.")] = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="Do nothing that is not in this saved plan.")] = None,
    yes: Yes = False,
) -> "Report":
    """Make Stripe's products and prices match the paid courses.

    Example: lmx products sync --dry-run
    """
    from learnermax_cli.courses.price import price_rules
    from learnermax_cli.products.model import SyncOptions
    from learnermax_cli.products.sync import SyncRequest, run_sync

    rules = price_rules(app.settings, prices.currency, prices.price_unit, prices.max_price, allow_price or ())
    options = SyncOptions(app.settings.environment, rules, include_coming_soon, prune, frozenset(prices.course or ()))
    flags = {"--include-coming-soon": include_coming_soon, "--prune": prune}
    given = (*prices.words(), *(name for name, is_set in flags.items() if is_set))
    given += tuple(word for course_id in allow_price or () for word in ("--allow-price", course_id))
    given += () if allow_archive is None else ("--allow-archive", str(allow_archive))
    return run_sync(app, SyncRequest(options, dry_run, yes, allow_archive, exit_code, save_plan, plan, given))


@add_command(group, "list", READS)
def list_products(
    app: "App",
    prices: PriceOptions,
) -> "Report":
    """List the products that lmx manages, with price, course and drift.

    Example: lmx products list -o json
    """
    from learnermax_cli.courses.price import price_rules
    from learnermax_cli.products.listing import run_list
    from learnermax_cli.products.model import SyncOptions

    rules = price_rules(app.settings, prices.currency, prices.price_unit, prices.max_price)
    return run_list(app, SyncOptions(app.settings.environment, rules, only=frozenset(prices.course or ())))
