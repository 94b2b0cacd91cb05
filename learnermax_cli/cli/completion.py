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


class _Bash(typers.BashComplete):
    source_template = _BASH

    def complete(self) -> str:
        if _asks_for_file(self):
            sys.exit(1)
        return super().complete()


class _Zsh(typers.ZshComplete):
    def complete(self) -> str:
        answer = super().complete()
        return "" if answer == "_files" and not _asks_for_file(self) else answer


class _Fish(typers.FishComplete):
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
    context = _resolve_context(shell.cli, shell.ctx_args, shell.prog_name, args)
    asked, _ = _resolve_incomplete(context, args, incomplete)
    return bool(getattr(getattr(asked, "type_descriptor", None), "is_path", False))
