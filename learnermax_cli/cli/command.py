"""What every command shares: the common options, the app it works with, and the report it ends in."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, get_type_hints

import typer

from learnermax_cli.cli.help_pages import HelpCommand, command_words
from learnermax_cli.cli.options import require_filled
from learnermax_cli.core.errors import Exit, InterruptedRunError, LmxError, UsageError, weightiest
from learnermax_cli.terminal.console import Console, Manner

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

_PANEL = "Common options"

COMMON: dict[str, Any] = {
    "environment": Annotated[
        Literal["preview", "prod", "sandbox"] | None,
        typer.Option("--environment", "-e", help="Where to work. Default: preview.", rich_help_panel=_PANEL),
    ],
    "env_file": Annotated[
        Path | None,
        typer.Option("--env-file", help="Env file to read. Default: the nearest .env.local.", rich_help_panel=_PANEL),
    ],
    "table": Annotated[str | None, typer.Option("--table", help="DynamoDB table.", rich_help_panel=_PANEL)],
    "secret_name": Annotated[
        str | None, typer.Option("--secret-name", help="Secret of the Stripe keys.", rich_help_panel=_PANEL)
    ],
    "region": Annotated[str | None, typer.Option("--region", help="AWS region.", rich_help_panel=_PANEL)],
    "profile": Annotated[str | None, typer.Option("--profile", help="AWS profile.", rich_help_panel=_PANEL)],
    "output": Annotated[
        Literal["table", "json", "markdown", "csv"],
        typer.Option("--output", "-o", help="Format of stdout; csv: lists only.", rich_help_panel=_PANEL),
    ],
    "quiet": Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="Only data, what needs attention, and what a dry run would change.",
            rich_help_panel=_PANEL,
        ),
    ],
    "verbose": Annotated[
        bool, typer.Option("--verbose", "-v", help="Stripe request ids and timings.", rich_help_panel=_PANEL)
    ],
    "no_color": Annotated[bool, typer.Option("--no-color", help="No colours.", rich_help_panel=_PANEL)],
}
_DEFAULTS: dict[str, Any] = {"output": "table", "quiet": False, "verbose": False, "no_color": False}

LISTS = (
    "config",
    "courses list",
    "doctor",
    "enrollments list",
    "products list",
    "secrets status",
    "webhooks list",
)
"""The commands whose report is a list, which alone can be written as CSV."""

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would be done; write nothing.")]
ExitCode = Annotated[bool, typer.Option("--exit-code", help="End in 8 when changes or findings are pending.")]

_SHARED = [annotation.__metadata__[0] for annotation in (*COMMON.values(), Yes, DryRun, ExitCode)]
# In an annotation Typer takes the first spelling for the default.
OPTION_NAMES = frozenset(name for option in _SHARED for name in (option.default, *option.param_decls))
"""Every spelling of the options that many commands take."""


class Traits(NamedTuple):
    """What `lmx commands` lists of a command beside its options."""

    writes: bool = False
    """Whether it may write, when it is not a dry run: at Stripe or AWS, in the sandbox, or a file."""
    local: bool = False
    """Whether it needs no account, so that neither credentials nor guards can end it."""
    configured: bool = True
    """Whether it reads settings, so that they can end it."""


READS = Traits()
WRITES = Traits(writes=True)
LOCAL = Traits(local=True)
HELPS = Traits(local=True, configured=False)


@dataclass
class Invocation:
    """The run in progress, filled in as the command line is parsed; a failure is printed in its format."""

    environ: Mapping[str, str]
    argv: tuple[str, ...] = ()
    command: str = ""
    console: Console | None = None
    app: "App | None" = None


def add_command(
    group: typer.Typer, name: str, traits: Traits, **settings: Any
) -> Callable[[Callable[..., "Report | None"]], None]:
    """Register a function as a command: its first parameter is the App, its result the Report to show.

    A parameter that is a NamedTuple stands for its fields, each an option: so several commands share them. `settings`
    are Typer's.
    """

    def register(function: Callable[..., "Report | None"]) -> None:
        hints = get_type_hints(function, include_extras=True, localns=_app_names())
        own = [p.replace(annotation=hints[p.name]) for p in list(inspect.signature(function).parameters.values())[1:]]
        groups = {p.name: p.annotation for p in own if hasattr(p.annotation, "_fields")}
        parameters = [inspect.Parameter("ctx", inspect.Parameter.KEYWORD_ONLY, annotation=typer.Context)]
        for parameter in own:
            options = inspect.signature(groups[parameter.name]).parameters if parameter.name in groups else {}
            parameters += [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in options.values() or [parameter]]
        parameters += [
            inspect.Parameter(
                option, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=_DEFAULTS.get(option)
            )
            for option, annotation in COMMON.items()
        ]

        def run(ctx: typer.Context, **given: Any) -> int:
            common = {option: given.pop(option) for option in COMMON}
            return _run(ctx, partial(_call, function, groups), common, given)

        run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        run.__doc__ = function.__doc__
        add_plain_command(group, name, traits, **settings)(run)

    return register


def add_plain_command(
    group: typer.Typer, name: str, traits: Traits, **settings: Any
) -> Callable[[Callable[..., int]], None]:
    """Register a function as a command that has its own output and options alone."""

    def register(function: Callable[..., int]) -> None:
        function.traits = traits  # type: ignore[attr-defined]
        group.command(name, cls=HelpCommand, **settings)(function)

    return register


def _call(
    function: Callable[..., "Report | None"], groups: Mapping[str, Any], app: "App", **given: Any
) -> "Report | None":
    """Call a command with the options that stand together in a NamedTuple put into it."""
    grouped = {name: group(**{field: given.pop(field) for field in group._fields}) for name, group in groups.items()}
    return function(app, **given, **grouped)


def _run(
    ctx: typer.Context, function: Callable[..., "Report | None"], common: dict[str, Any], given: dict[str, Any]
) -> int:
    from learnermax_cli.composition.app import App
    from learnermax_cli.config.sources import Flags
    from learnermax_cli.planning.confirm import ending, interrupted_error

    invocation: Invocation = ctx.obj
    invocation.command = command_words(ctx)
    options = _access_options(invocation.command, common)
    manner = Manner(common.pop("output"), common.pop("quiet"), common.pop("verbose"), common.pop("no_color"), options)
    invocation.console = Console(manner, invocation.environ)
    if manner.format == "csv" and invocation.command not in LISTS:
        raise UsageError("-o csv is for lists only", hint=f"Lists are: {', '.join(LISTS)}.")
    require_filled(ctx, {**given, **common})
    app = App(Flags(**common), invocation.environ, invocation.console)
    app.interrupt.install()
    invocation.app = app
    try:
        report = function(app, **_with_user_id(app, invocation.command, given))
        app.interrupt.begin_writes()  # The report is a write too: a signal must not cut it short.
    except KeyboardInterrupt:
        # Typer would swallow it; once writes have begun it is not raised (see `interrupt`).
        raise InterruptedRunError("interrupted before anything was written", hint="Run the command again.") from None
    except LmxError as error:
        if app.interrupt.stop.is_set():
            raise interrupted_error(error) from error
        raise
    if report is None:
        return 0
    warnings = (*app.notices, *report.warnings)
    report = replace(report, meter=app.meter.reading(), warnings=warnings, table=app.known_table)
    report = ending(report, interrupted=app.interrupt.stop.is_set())
    report = invocation.console.complete(report)
    told = (invocation.console.show(report), invocation.console.tell_actions(report))
    return int(report.exit_code if all(told) else weightiest((report.exit_code, Exit.FAILED)))


def _with_user_id(app: "App", command: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given to a command, a student's address replaced by the id; the sandbox makes its own buyers."""
    user = given.get("user")
    if user is None or "@" not in user or command.startswith("sandbox "):
        return given
    from learnermax_cli.students.find import find_user

    return {**given, "user": find_user(app, user)}


def _access_options(command: str, common: Mapping[str, object]) -> str:
    """Return the options that led a run to what it worked on, each with a blank before it."""
    if command.startswith("sandbox "):
        return " -e sandbox"
    options = ""
    for name, value in common.items():
        target = name == "env_file" and command == "secrets pull"  # where it writes to, and not what it reads
        if value is not None and name not in _DEFAULTS and not target:
            option = "-e" if name == "environment" else f"--{name.replace('_', '-')}"
            options += f" {option} {quote(str(value))}"
    return options


def _app_names() -> dict[str, Any]:
    # The annotations `app: "App"` and `-> "Report"` need names, not the modules, which would be slow to import.
    return {"App": Any, "Report": Any}
