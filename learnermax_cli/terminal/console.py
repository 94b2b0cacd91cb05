"""The only printer: data to stdout, messages to stderr, without secrets and without workflow commands."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TextIO

from learnermax_cli.core.errors import FailedError, GuardError, LmxError
from learnermax_cli.core.remedy import completed_text
from learnermax_cli.core.secret_text import KnownSecrets
from learnermax_cli.core.text_safety import printable
from learnermax_cli.terminal.streams import Printer, bar, lines, unwritten

if TYPE_CHECKING:
    from rich.console import RenderableType

    from learnermax_cli.core.meter import MeterReading
    from learnermax_cli.planning.render_text import Extent
    from learnermax_cli.planning.report import Report

_SCREEN = 20  # lines, above which what stands on top has left the smallest terminals
_COMMENT_BYTES = 65_535
_CUT = "a comment on GitHub holds 65,536 characters. -o json has the whole report."
Format = Literal["table", "json", "markdown", "csv"]


@dataclass(frozen=True, slots=True)
class Manner:
    """The format of stdout, and how much goes to stderr."""

    format: Format = "table"
    quiet: bool = False
    verbose: bool = False
    no_color: bool = False
    options: str = ""  # as given, such as " -e prod": the commands that messages name take them too


class Console:
    """Prints reports to stdout and messages to stderr."""

    def __init__(self, manner: Manner, environ: Mapping[str, str]) -> None:
        from learnermax_cli.config.keys import SECRET_NAMES

        self.manner = manner
        self.environ = environ
        self.in_actions = environ.get("GITHUB_ACTIONS") == "true"
        self.known = KnownSecrets()
        """The secrets that the run has read, which are masked in all that is printed."""
        self.known.add(*map(environ.get, SECRET_NAMES))
        self._printer = Printer(self.known, no_color=manner.no_color, in_actions=self.in_actions)
        self.asked: Report | None = None
        """The plan that a question is about, which the run would carry out."""
        self._shown: Report | None = None  # the plan that was printed to stdout
        self._warned, self._waited, self._begun = set[str](), set[str](), False  # begun: the environment was printed

    def mask(self, text: str) -> str:
        """Return a text without the secrets that the run knows."""
        return self.known.mask(text)

    def complete(self, report: "Report") -> "Report":
        """Return a report as it is printed: its commands with the options of the run, and without secrets."""
        from learnermax_cli.planning.report import masked_report

        return masked_report(report, self._complete_text)

    def _complete_text(self, text: str) -> str:
        return self.mask(completed_text(text, self.manner.options))

    def show(self, report: "Report") -> bool:
        """Print a report, without what was shown before a question; return False where stdout has lost what matters."""
        match self.manner.format:
            case "json":
                self._printer.print_json(sys.stdout, report.fields())
            case "markdown":
                from learnermax_cli.planning.render_markdown import cut_short, render_markdown

                self.data(cut_short(render_markdown(report), _COMMENT_BYTES, _CUT).rstrip("\n"))
            case "csv":
                self._csv(report)
            case "table":
                self._table(report)
        self.warn_once(report.warnings)
        if report.meter.counted:
            self.note(report.meter.as_line())
        if report.failure is not None and (self.manner.format != "table" or sys.stdout.isatty()):
            self.error(report.failure)
        refusal = self._printer.stdout_refusal()
        has_left = isinstance(refusal, BrokenPipeError)  # who reads a list may have seen enough of it
        if has_left and report.changed:
            self.warn("stdout was closed before the report was written. Completed changes are kept")
        elif refusal is not None and not has_left:
            self.error(unwritten(refusal))
        return refusal is None or (has_left and not report.changed)

    def _table(self, report: "Report") -> None:
        """Print how the run went, then all that it did; on a terminal, below what fills it, how it went again."""
        from learnermax_cli.planning.render_text import detail_lines, reduced, verdict_lines

        self._note_where(report)
        extent = self._extent(sys.stdout)
        left = reduced(report, extent)
        if left is None:
            return
        self._printer.lay_out(sys.stdout, verdict_lines(left, self._shown))
        if report.failure is not None and extent.width is None:  # as in a mail; on a terminal the end is what is seen
            self.error(report.failure)
        self.warn_once(report.warnings)
        count = self._printer.lay_out(sys.stdout, detail_lines(left, extent, self._shown))
        if extent.width is not None and count > _SCREEN:
            self._printer.lay_out(sys.stdout, verdict_lines(left))

    def tell_actions(self, report: "Report") -> bool:
        """Write a report for GitHub Actions, when it runs there; return whether the outputs were written."""
        if not self.in_actions:
            return True
        from learnermax_cli.terminal.github import tell_actions

        return tell_actions(report, self.environ)

    def begin(self, report: "Report") -> None:
        """Print the environment and the warnings of a long run at its beginning."""
        self._note_where(report)
        self.warn_once(self.complete(report).warnings)

    def _note_where(self, report: "Report") -> None:
        """Print the environment of a list or a single result; a plan has it in its header."""
        from learnermax_cli.planning.render_text import where

        if not self._begun and report.needs_place:
            self._begun = True
            self.note(where(report))

    def show_failure(self, command: str, error: LmxError, meter: "MeterReading | None" = None, place: str = "") -> None:
        """Print the failure of a run that did not reach a report, and its cost and place where it had them."""
        from learnermax_cli.planning.report import failure_json, mask_error

        mask_error(error, self._complete_text)
        command = self.mask(command)
        if meter is not None and meter.counted:
            self.note(meter.as_line())
        self.error(error)
        if self.in_actions:
            from learnermax_cli.terminal.github import tell_failure

            tell_failure(command, error, self.mask(place), self.environ)
        if self.manner.format == "json":
            self._printer.print_json(sys.stdout, failure_json(command, error, meter).items())

    def data(self, text: str) -> None:
        """Write plain text to stdout, without colour and without wrapping."""
        self._printer.write(sys.stdout, self._printer.harmless(text) + "\n")

    def _csv(self, report: "Report") -> None:
        from learnermax_cli.planning.render_csv import csv_lines
        from learnermax_cli.planning.render_text import render_findings

        self._note_where(report)
        for line in csv_lines(report, printable if sys.stdout.isatty() else str):
            self.data(line)
        for finding in render_findings(report.findings):
            self._printer.say(finding)

    def write_sandbox_exports(self, text: str) -> None:
        """Write the throw-away keys of a local sandbox to stdout: the one text that is not masked."""
        sys.stdout.write(text + "\n")

    def set_plan(self, report: "Report") -> None:
        """Take the plan that a question is about: who is asked sees it before."""
        self.asked = self.complete(report)

    def _show_plan(self, report: "Report") -> None:
        """Print a plan before a prompt; JSON and Markdown come whole, at the end, so who is asked sees it on stderr."""
        from learnermax_cli.planning.render_text import plan_lines

        stream = sys.stderr
        if self.manner.format == "table":
            self._shown, stream = report, sys.stdout
        self._printer.lay_out(stream, plan_lines(report, self._extent(stream)))
        self.warn_once(report.warnings)

    def _extent(self, stream: TextIO) -> "Extent":
        from learnermax_cli.planning.render_text import Extent

        return Extent(self._printer.width(stream), every=self.manner.verbose, quiet=self.manner.quiet)

    def note(self, text: str, *, urgent: bool = False) -> None:
        """Say something on stderr, with --quiet only what is urgent."""
        if urgent or not self.manner.quiet:
            self._printer.say(self._text(text, "dim"))

    def debug(self, text: str) -> None:
        """Say something on stderr, only with --verbose."""
        if self.manner.verbose:
            self._printer.say(self._text(text, "dim"))

    def waiting(self, text: str) -> None:
        """Say on a terminal what the run waits for, once."""
        if not self.manner.quiet and text not in self._waited and sys.stderr.isatty():
            self._waited.add(text)
            self._printer.say(self._text(text, "dim"))

    def warn(self, text: str) -> None:
        """Warn on stderr."""
        self._printer.say(self._text("Warning: " + text, "yellow"))

    def warn_once(self, warnings: tuple[str, ...]) -> None:
        """Warn of what was not warned of before."""
        for warning in warnings:
            if warning not in self._warned:
                self.warn(warning)
        self._warned.update(warnings)

    def error(self, error: LmxError) -> None:
        """Print an expected failure: what went wrong, and what to do."""
        self._printer.say(self._text("Error: " + error.message, "bold red"))
        self._printer.say(self._text("  " + error.hint, ""))

    def trace(self, text: str) -> None:
        """Write the traceback of a bug to stderr; the message in it may be anybody's."""
        self._printer.write(sys.stderr, self._printer.harmless(text))
        self._printer.flush(sys.stderr)

    def require_confirmation(self, question: str, *, yes: bool, remedy: str) -> bool:
        """Ask before a write; raises GuardError, with this remedy, where nobody can answer."""
        if yes:
            return True
        if not (sys.stdin.isatty() and sys.stderr.isatty()):
            raise GuardError("confirmation required, but there is no terminal", hint=remedy, code="guard.confirm")
        if self.asked is not None:
            self._show_plan(self.asked)
            if self._printer.stdout_refusal() is not None:
                raise FailedError("stdout was closed before the plan was shown", hint="Nothing was written.")
        style = "bold red" if self.asked is not None and self.asked.live else "bold"
        self._printer.print(sys.stderr, self._text(f"{question} [y/N] ", style), end="")
        return sys.stdin.readline().strip().lower() in ("y", "yes")

    def progress(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show progress on stderr when it is a terminal; yields a function that takes how much is done."""
        if self.manner.quiet or not sys.stderr.isatty():
            return nullcontext(lambda _: None)
        plain = self.manner.no_color or self.environ.get("NO_COLOR") or self.environ.get("TERM") == "dumb"
        if plain or self.manner.verbose:  # for screen readers nothing that moves; --verbose writes across a bar
            return lines(self.note, label, total)
        return bar(self._printer.rich(sys.stderr), label, total)

    def _text(self, text: str, style: str) -> "RenderableType":
        from rich.text import Text

        return Text(printable(self._complete_text(text)), style=style)
