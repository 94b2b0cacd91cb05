"""The commands that there are, read from the command tree itself."""

from typing import Any

import typer

from learnermax_cli.cli.main import app


def command_paths() -> list[tuple[str, ...]]:
    """Return the words of every command, sorted."""
    return sorted(_paths(typer.main.get_command(app), ()))


def _paths(command: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [words]
    return [path for name, child in inner.items() for path in _paths(child, (*words, name))]
