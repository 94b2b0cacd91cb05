"""Completion for shells: file names only where a file is meant; Typer's own offers them wherever it knows nothing."""

import os
import sys
from typing import Any

from typer import _completion_classes as typers
from typer import _completion_shared as scripts
from typer._click.shell_completion import _resolve_context, _resolve_incomplete, add_completion_class

_BASH = """
%(complete_func)s() {
    local IFS=$'\\n'
    COMPREPLY=( $( env COMP_WORDS="${COMP_WORDS[*]}" \\
                   COMP_CWORD=$COMP_CWORD \\
                   %(autocomplete_var)s=complete_bash $1 ) ) || compopt -o default
    return 0
}

complete -F %(complete_func)s %(prog_name)s
"""


class _Answers:
    """What all shells are answered alike: values behind `--option=`, and nothing behind a command that is not there."""

    joined = ""
    """What stands before the value in the same word."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()  # type: ignore[misc]
        option, equals, value = incomplete.partition("=")
        if not (equals and option.startswith("--")):
            return args, incomplete
        self.joined = f"{option}="
        return [*args, option], value

    def get_completions(self, args: list[str], incomplete: str) -> list[Any]:
        unknown = _context(self, args)._protected_args  # noqa: SLF001 - what the parser could not place
        return [] if unknown else super().get_completions(args, incomplete)  # type: ignore[misc]


class _Bash(_Answers, typers.BashComplete):
    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()  # bash makes three words of `--option=value`
        return [word for word in args if word != "="], "" if incomplete == "=" else incomplete

    def format_completion(self, item: Any) -> str:
        return self.joined + super().format_completion(item)

    def complete(self) -> str:
        if _asks_for_file(self):
            sys.exit(1)
        return super().complete()


class _Zsh(_Answers, typers.ZshComplete):
    def complete(self) -> str:
        answer = super().complete()
        if answer == "_files" and not _asks_for_file(self):
            return ""
        return f"compset -P '*='; {answer}" if self.joined else answer


class _Fish(_Answers, typers.FishComplete):
    def format_completion(self, item: Any) -> str:
        return self.joined + super().format_completion(item)

    def complete(self) -> str:
        if os.environ.get("_TYPER_COMPLETE_FISH_ACTION") == "is-args":
            sys.exit(_asks_for_file(self))
        return super().complete()


def register() -> None:
    """Let the shells ask these; to be called once the command tree has registered Typer's own."""
    scripts._completion_scripts["bash"] = _BASH  # noqa: SLF001 - Typer has no other place for it
    for shell in (_Bash, _Zsh, _Fish):
        add_completion_class(shell, shell.name)


def _asks_for_file(shell: Any) -> bool:
    args, incomplete = shell.get_completion_args()
    asked, _ = _resolve_incomplete(_context(shell, args), args, incomplete)
    return bool(getattr(getattr(asked, "type_descriptor", None), "is_path", False))


def _context(shell: Any, args: list[str]) -> Any:
    return _resolve_context(shell.cli, shell.ctx_args, shell.prog_name, args)
