"""The only printer: stdout is data, stderr is talk, everything printed is scrubbed of keys and of workflow commands."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, TextIO

from learnermax_cli.errors import GuardError, LmxError
from learnermax_cli.json_text import json_pieces
from learnermax_cli.remedies import with_environment
from learnermax_cli.secret_text import scrub
from learnermax_cli.text_safety import printable, without_workflow_commands

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType

    from learnermax_cli.planning.report import Report

Format = Literal["table", "json", "markdown"]
_PIPE_WIDTH = 100_000  # Rich falls back to 80 columns in a pipe and cuts cells


@dataclass(frozen=True, slots=True)
class Manner:
    """How to talk: the format of stdout, and how much goes to stderr."""

    format: Format = "table"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    environment: str | None = None  # as given with -e: the commands that messages name take it too


class Console:
    """Prints reports to stdout and talk to stderr."""

    def __init__(self, manner: Manner, environ: Mapping[str, str], stdin: TextIO | None = None) -> None:
        self.manner = manner
        self.environ = environ
        self._stdin = stdin or sys.stdin
        self.in_actions = environ.get("GITHUB_ACTIONS") == "true"
        self._unshown: Report | None = None

    def show(self, report: "Report", *, plan_shown: bool = False) -> None:
        """Print a report in the chosen format; `plan_shown` leaves out the plan that a prompt has shown already."""
        if self.manner.format == "json":
            self._json(report.fields())
        elif self.manner.format == "markdown":
            from learnermax_cli.planning.render_markdown import render_markdown

            self.data(render_markdown(report).rstrip("\n"))
        else:
            from learnermax_cli.planning.report_text import report_lines

            for line in report_lines(self._named(report), plan_shown=plan_shown):
                self.print(line)
        for warning in report.warnings:
            self.warn(warning)
        self.note(report.meter.as_line())
        if report.failure is not None:
            self.error(report.failure)

    def _named(self, report: "Report") -> "Report":
        from learnermax_cli.planning.report import Items

        if self.manner.environment is None or not isinstance(report.body, Items):
            return report
        rows = tuple({name: self._copyable(value) for name, value in row.items()} for row in report.body.rows)
        return replace(report, body=replace(report.body, rows=rows))

    def _copyable(self, value: object) -> object:
        return with_environment(value, self.manner.environment) if isinstance(value, str) else value

    def show_failure(self, command: str, error: LmxError) -> None:
        """Print the failure of a run that did not reach a report."""
        if self.manner.format == "json":
            from learnermax_cli.planning.report import failure_json

            self._json(failure_json(command, error).items())
        self.error(error)
        if self.in_actions:
            from learnermax_cli.github import tell_failure

            tell_failure(command, error, self.environ)

    def data(self, text: str) -> None:
        """Write plain text to stdout, without colour and without wrapping."""
        sys.stdout.write(self._harmless(text) + "\n")

    def _json(self, document: Iterable[tuple[str, object]]) -> None:
        for text in json_pieces(document):
            # As an escape the same value is read back, while GitHub's runner finds no command in it.
            sys.stdout.write(self._harmless(text.replace("##[", "#\\u0023[")))
        sys.stdout.write("\n")

    def write_sandbox_exports(self, text: str) -> None:
        """Write the throw-away keys of a local sandbox to stdout: the one text that is not scrubbed."""
        sys.stdout.write(text + "\n")

    def show_plan(self, report: "Report") -> None:
        """Print a plan before a prompt; JSON and Markdown come whole, at the end, so who is asked sees it on stderr."""
        self._unshown = None if self.manner.format == "table" else report
        if self._unshown is None:
            self._show_plan(report, sys.stdout)

    def _show_plan(self, report: "Report", stream: TextIO) -> None:
        from learnermax_cli.planning.report_text import plan_lines

        for line in plan_lines(report):
            self._print(stream, line)

    def print(self, *lines: "RenderableType") -> None:
        """Print Rich text or tables to stdout."""
        for line in lines:
            for part in self._fitted(line):
                self._print(sys.stdout, part)

    def _fitted(self, line: "RenderableType") -> "Iterator[RenderableType]":
        from rich.table import Table

        if isinstance(line, Table) and sys.stdout.isatty():
            from learnermax_cli.narrow import fitted

            yield from fitted(line, self._rich(sys.stdout).width)
        else:
            yield line

    def note(self, text: str) -> None:
        """Say something on stderr, unless --quiet."""
        if not self.manner.quiet:
            self._print(sys.stderr, self._text(text, "dim"))

    def debug(self, text: str) -> None:
        """Say something on stderr, only with --verbose."""
        if self.manner.verbose:
            self._print(sys.stderr, self._text(text, "dim"))

    def warn(self, text: str) -> None:
        """Warn on stderr."""
        self._print(sys.stderr, self._text(f"Warning: {text}", "yellow"))

    def error(self, error: LmxError) -> None:
        """Print an expected failure: what went wrong, and what to do."""
        self._print(sys.stderr, self._text(f"Error: {error.message}", "bold red"))
        self._print(sys.stderr, self._text(f"  {error.hint}", ""))

    def trace(self, text: str) -> None:
        """Write the traceback of a bug to stderr; the message in it may be anybody's."""
        sys.stderr.write(self._harmless(text))

    def require_confirmation(self, question: str, *, yes: bool) -> bool:
        """Ask before a write; raises GuardError naming --yes where nobody can answer."""
        if yes:
            return True
        if not (self._stdin.isatty() and sys.stderr.isatty()):
            raise GuardError(
                "this writes, and there is no terminal to confirm it on",
                hint="Look at it with --dry-run, then pass --yes.",
                code="guard.confirm",
            )
        if self._unshown is not None:
            self._show_plan(self._unshown, sys.stderr)
        self._print(sys.stderr, self._text(f"{question} [y/N] ", "bold"), end="")
        return self._stdin.readline().strip().lower() in ("y", "yes")

    @contextmanager
    def progress(self, label: str, total: int) -> Iterator[Callable[[int], None]]:
        """Show progress on stderr when it is a terminal; yields a function that takes how much is done."""
        from learnermax_cli.progress import bar, lines

        plain = self.manner.no_color or self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb"
        if self.manner.quiet or not sys.stderr.isatty():
            yield lambda _: None
        elif plain:  # nothing that moves, for screen readers
            yield lines(self.note, label, total)
        else:
            with bar(self._rich(sys.stderr), label, total) as advance:
                yield advance

    def _text(self, text: str, style: str) -> "RenderableType":
        from rich.text import Text

        return Text(printable(text), style=style)

    def _print(self, stream: TextIO, line: "RenderableType", end: str = "\n") -> None:
        text = self._rendered(stream, line, end)
        if not _is_table(line):
            text = with_environment(text, self.manner.environment)
        if not stream.isatty():
            text = re.sub(r" +$", "", text, flags=re.MULTILINE)  # Rich pads the last column
        stream.write(self._harmless(text))
        stream.flush()

    def _rendered(self, stream: TextIO, line: "RenderableType", end: str) -> str:
        from rich.text import Text

        # A receiver logs hundreds of lines a second, and a line without a style is its own rendering.
        rich = self._rich(stream)
        if isinstance(line, Text) and not rich.is_terminal:
            return line.plain + end
        with rich.capture() as capture:
            rich.print(line, end=end, soft_wrap=not _is_table(line))
        return capture.get()

    def _rich(self, stream: TextIO) -> "RichConsole":
        from rich.console import Console as RichConsole

        return RichConsole(
            file=stream,
            markup=False,
            highlight=False,
            emoji=False,
            no_color=True if self.manner.no_color else None,
            width=None if stream.isatty() else _PIPE_WIDTH,
        )

    def _harmless(self, text: str) -> str:
        text = scrub(text)
        return without_workflow_commands(text) if self.in_actions else text


def _is_table(line: "RenderableType") -> bool:
    return type(line).__name__ == "Table"
