"""`lmx commands`: what each command may do, and its options, read from the command tree; and `lmx help`."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperArgument, TyperOption

from learnermax_cli.cli.command import Traits
from learnermax_cli.cli.help_pages import walk
from learnermax_cli.core.errors import Exit

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

_COLUMNS = ("command", "writes", "asks", "exit_codes")
_ANY = (Exit.OK, Exit.FAILED, Exit.USAGE, Exit.INTERRUPTED)
_TYPES = {int: "integer", float: "number"}


def _next_words(ctx: typer.Context, incomplete: str) -> list[str]:
    """Return what may follow the words of a command, for shells."""
    known: Any = ctx.find_root().command
    for word in ctx.params.get("command") or ():
        known = getattr(known, "commands", {}).get(word)
    return [name for name in getattr(known, "commands", ()) if name.startswith(incomplete)]


def show_help(
    ctx: typer.Context,
    command: Annotated[
        list[str] | None, typer.Argument(help="Its words. Default: lmx.", autocompletion=_next_words)
    ] = None,
) -> int:
    """Show the help page of lmx, a group or a command, as --help does.

    Example: lmx help products sync
    """
    root = ctx.find_root()
    return int(root.command.main([*(command or ()), "--help"], root.info_name, standalone_mode=False, obj=ctx.obj) or 0)


def list_commands(app: "App", tree: Any) -> "Report":
    """Return the report of all commands."""
    from learnermax_cli.planning.report import Items, Report

    rows = [_row(" ".join(path), command) for path, command in walk(tree) if not hasattr(command, "commands")]
    return Report("commands", app.sources.environment or "unknown", Items(tuple(rows), _COLUMNS))


def _row(words: str, command: Any) -> dict[str, object]:
    traits: Traits = command.callback.traits
    options = [parameter for parameter in command.params if isinstance(parameter, TyperOption)]
    names = {name for option in options for name in option.opts}
    codes = {*_ANY, *(() if traits.local else (Exit.CREDENTIALS, Exit.GUARD))}
    codes |= {Exit.CONFIG} if traits.configured else set()
    codes |= {Exit.PENDING} if "--exit-code" in names else set()
    return {
        "command": words,
        "summary": " ".join(command.help.split("\n\n")[0].split()),
        "writes": traits.writes,
        "asks": "--yes" in names,
        "exit_codes": sorted(map(int, codes)),
        "arguments": [_argument(each) for each in command.params if isinstance(each, TyperArgument)],
        "options": [_option(option) for option in options],
    }


def _argument(argument: TyperArgument) -> dict[str, object]:
    return {"name": argument.metavar, **_value(argument)}


def _option(option: TyperOption) -> dict[str, object]:
    return {"names": [*option.opts, *option.secondary_opts], **_value(option), "default": option.default}


def _value(parameter: Any) -> dict[str, object]:
    kind = parameter.type_descriptor
    choices = {"choices": list(kind.choices)} if kind.is_choice else {}
    if getattr(parameter, "is_flag", False):
        name = "flag"
    elif kind.is_choice or kind.is_path:
        name = "choice" if kind.is_choice else "path"
    else:
        name = _TYPES.get(kind.annotation, "string")
    repeatable = parameter.nargs != 1 or getattr(parameter, "multiple", False)
    return {"type": name, **choices, "required": parameter.required, "repeatable": repeatable, "help": parameter.help}
