"""How help pages look: Typer's, made to fit 80 columns, in colours for light and dark, plain in a pipe."""

import os
from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption


class HelpCommand(TyperCommand):
    """A command with such a help page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the page."""
        _prepare(self.get_params(ctx))
        super().format_help(ctx, formatter)


class HelpGroup(TyperGroup):
    """A group of commands with such a help page."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the page."""
        _prepare(self.get_params(ctx))
        super().format_help(ctx, formatter)


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
        if isinstance(parameter, TyperOption) and parameter.is_flag and parameter.metavar is None:
            parameter.metavar = ""  # a flag takes no <bool>
