"""The commands that there are, read from the command tree itself."""

import re
from functools import cache
from typing import Any

import typer

from learnermax_cli.cli.main import app


def command_paths() -> list[tuple[str, ...]]:
    """Return the words of every command, sorted."""
    return sorted(_paths(typer.main.get_command(app), ()))


def reaching_an_account(text: str) -> list[str]:
    """Return the commands in a text that would leave the sandbox if a reader pasted them."""
    named = _outside().findall(text)
    return [command for command in named if not re.search(r"\s-e\s+sandbox(?![\w-])", command)]


@cache
def _outside() -> re.Pattern[str]:
    words = sorted({path[0] for path in command_paths()} - {"sandbox", "demo", "commands", "help"})
    return re.compile(rf"\blmx (?:{'|'.join(words)})\b(?:(?!\blmx ).)*", re.DOTALL)


def _paths(command: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [words]
    return [path for name, child in inner.items() for path in _paths(child, (*words, name))]
