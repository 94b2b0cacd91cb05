"""How help pages look, and what is suggested for a command that does not exist."""

import os
import re
from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from learnermax_cli.cli.options import UNSET
from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.remedy import alike, join, lmx

Path = tuple[str, ...]
"""The words of a command or group."""

_SPAN = re.compile(r"\b(\d+) (d|h|m|s)(?:|ays?|ours?|in(?:ute)?s?|ec(?:ond)?s?)\b")
_NOT_A_CHOICE = re.compile(r"(?:Value error, )?'(.*)' is not one of (.*)\.")


class _HelpPage:
    def format_help(self, ctx: Any, formatter: Any) -> None:
        _prepare(self.get_params(ctx))  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)  # type: ignore[misc]


class HelpCommand(_HelpPage, TyperCommand):
    """A command with such a help page; its usage line shows arguments as `COURSE_ID`."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        for parameter in self.params:
            if isinstance(parameter, TyperArgument) and parameter.metavar is None:
                parameter.metavar = parameter.name.upper()

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """Return the parts of the usage line, without Typer's braces around what is required."""
        return [piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)]


class HelpGroup(_HelpPage, TyperGroup):
    """A group of commands with such a help page."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first word names; raises UsageError with those that may have been meant."""
        if args[0] in self.commands or args[0].startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        words = command_words(ctx)
        meant = suggest(ctx.find_root().command, words, args)
        question = "Did you mean " + join(" or ", map(lmx, meant)) + "? " if meant else ""
        raise UsageError(f"No such command {args[0]!r}.", hint=question + see_help(words))


def command_words(ctx: Any) -> str:
    """Return the words that name the command of a context, without the program's."""
    words: list[str] = []
    while ctx.parent is not None:  # the outermost is lmx itself, under whatever name it was called
        words.insert(0, ctx.info_name)
        ctx = ctx.parent
    return " ".join(words)


def see_help(words: str) -> str:
    """Return the sentence that names the help page of a command."""
    return " ".join(("See lmx", *words.split(), "--help."))


def explain(error: Any, words: str, line: str) -> str:
    """Return what to do about a command line that the parser did not understand; it names at least a help page."""
    if hasattr(error, "param_type") and (example := _example(error.cmd)):  # a missing option or argument
        return example
    if error.message.startswith("Got unexpected extra") and (span := _SPAN.search(line)):
        return f"Write a duration in one word: {span[1]}{span[2]}. {see_help(words)}"
    meant = next(iter(getattr(error, "possibilities", None) or ()), None)
    if getattr(error, "option_name", None) == "--env" and meant:  # nearer to --env-file by its spelling
        meant = "--environment"
    if choice := _NOT_A_CHOICE.fullmatch(error.message):
        if not choice[1].strip():
            return f"{UNSET} {see_help(words)}"
        meant = alike(choice[1], re.findall("'(.*?)'", choice[2]))
    return (f"Did you mean {meant}? " if meant else "") + see_help(words)


def _example(command: Any) -> str | None:
    """Return the line of a command's help page that shows how it is called."""
    lines = (getattr(command, "help", None) or "").splitlines()
    return next((line for line in lines if line.startswith("Example: ")), None)


def walk(command: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield every group and command below one, with its words."""
    for name, child in getattr(command, "commands", {}).items():
        yield (*path, name), child
        yield from walk(child, (*path, name))


def suggest(root: Any, words: str, args: list[str]) -> list[str]:
    """Return the commands that may have been meant by `args` behind `words`: spelled so, or in another group."""
    paths = [path for path, _ in walk(root)]
    place = tuple(words.split())
    verbs = {path[-1] for path in paths if len(path) > 1}
    if args[0] not in verbs and (name := alike(args[0], [path[-1] for path in paths if path[:-1] == place])):
        found = (*place, name)
        verb = alike(args[1], [path[-1] for path in paths if path[:-1] == found]) if len(args) > 1 else None
        return [" ".join(filter(None, (*found, verb)))]
    verb = alike(args[0], verbs)
    return [" ".join(path) for path in paths if len(path) > 1 and path[-1] == verb]


def _prepare(parameters: list[Any]) -> None:
    from typer import rich_utils

    # Bold yellow, Typer's own, is not to be read on white.
    rich_utils.STYLE_TYPES = "magenta"
    rich_utils.STYLE_USAGE = "bold"
    rich_utils.STYLE_OPTION_ENVVAR = "dim"
    # One blank between columns, else the longest options are cut at 80; Typer's type is narrower than Rich's.
    setattr(rich_utils, "STYLE_OPTIONS_TABLE_PADDING", (0, 1, 0, 0))  # noqa: B010
    if not os.environ.get("FORCE_COLOR"):
        rich_utils.FORCE_TERMINAL = None  # Typer takes GitHub Actions for a terminal
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.metavar is None:
            parameter.metavar = _value_of(parameter)


def _value_of(option: TyperOption) -> str | None:
    """Return what stands for an option's value: a flag takes none, and FILE or URL says more than the type."""
    if option.is_flag:
        return ""
    kind = option.type_descriptor
    if kind.is_path:
        return "FILE"
    is_plain = kind.annotation in (str, int, float) and not kind.is_choice
    return max(option.opts, key=len).rpartition("-")[2].upper() if is_plain else None
