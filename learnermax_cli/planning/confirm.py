"""What every writing command shares: the question before it writes, and its ending after a signal."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from learnermax_cli.core.errors import FailedError, GuardError, InterruptedRunError, LmxError
from learnermax_cli.planning.report import Changes, Data, Report, StripeIdentity

if TYPE_CHECKING:
    from learnermax_cli.config.settings import Settings
    from learnermax_cli.core.interrupt import Interrupt

_REVIEW = "Review the plan with --dry-run, then pass --yes."


class Talk(Protocol):
    """The console as jobs see it: notes and warnings on stderr, the question before a write, progress."""

    def mask(self, text: str) -> str:
        """Return a text without the secrets that the run knows."""

    def note(self, text: str, *, urgent: bool = False) -> None:
        """Print a note to stderr, with --quiet only one that is urgent."""

    def warn(self, text: str) -> None:
        """Warn on stderr."""

    def begin(self, report: Report) -> None:
        """Print the environment and the warnings of a long run at its beginning."""

    def set_plan(self, report: Report) -> None:
        """Take the plan that a question is about: who is asked sees it before."""

    def require_confirmation(self, question: str, *, yes: bool, remedy: str) -> bool:
        """Ask before a write; raises GuardError, with this remedy, where nobody can answer."""

    def progress(self, label: str, total: int) -> AbstractContextManager[Callable[[int], None]]:
        """Show progress; yields a function that takes how much is done."""


class Job(Protocol):
    """What every job works with; each adds the ports that it needs."""

    @property
    def settings(self) -> "Settings": ...
    @property
    def talk(self) -> Talk: ...
    @property
    def interrupt(self) -> "Interrupt": ...

    def now(self) -> datetime:
        """Return the present, in UTC."""


class StripeJob(Job, Protocol):
    """What every job works with that reads from Stripe."""

    @property
    def stripe_identity(self) -> StripeIdentity: ...


def target(
    settings: "Settings", *, stripe: StripeIdentity | None = None, table: bool = False, secret: bool = False
) -> str:
    """Return what a run writes to, as its question names it."""
    parts = [] if stripe is None else [str(stripe)]
    if table:
        parts.append(f"table {settings.table}")
    if secret:
        parts.append(f"secret {settings.secret_name}")
    return f"environment {settings.environment} ({'; '.join(parts)})"


def describe_place(environment: str | None, stripe: StripeIdentity | None, table: str | None) -> str:
    """Return what a run works on, for who sees only that it failed: what is not known is named as that."""
    return f"Environment {environment or 'unknown'}, {stripe or 'Stripe account unknown'}, table {table or 'unknown'}"


def ask(talk: Talk, report: Report, question: str, *, yes: bool, remedy: str = _REVIEW) -> LmxError | None:
    """Ask, below the plan; return why it must not be applied, None when it may; `remedy` is for who cannot answer."""
    talk.set_plan(report)
    try:
        if talk.require_confirmation(question, yes=yes, remedy=remedy):
            return None
    except GuardError as refusal:
        return refusal
    return FailedError("not confirmed", hint="Nothing was written.", code="declined")


def ending(report: Report, *, interrupted: bool) -> Report:
    """Return the report of a run; one that a signal reached ends in 130 and counts what was not applied."""
    if not interrupted or report.ends_by_signal or isinstance(report.error, InterruptedRunError):
        return report
    message, hint = _how_it_ended(report)
    return replace(report, error=InterruptedRunError(f"interrupted; {message}", hint=hint))


def _how_it_ended(report: Report) -> tuple[str, str]:
    again = "Run the command again"
    if report.error is not None:
        return report.error.message, report.error.hint
    if report.dry_run or not isinstance(report.body, Changes | Data):
        return "nothing was written", f"{again}."
    if left := not_applied(report):
        return left, f"{again} to apply the rest."
    return "nothing was left to apply", "The report is complete."


def interrupted_error(error: LmxError) -> InterruptedRunError:
    """Return the error of a run that a signal reached and that then failed without a report."""
    if isinstance(error, InterruptedRunError):
        return error
    return InterruptedRunError(f"interrupted; {error.message}", hint=error.hint)


def not_applied(report: Report) -> str:
    """Return what is left, as in "3 courses not applied"; an empty text when it is nothing."""
    left = report.left
    if left is None:
        results = report.body.results if isinstance(report.body, Changes) else ()
        left = sum(result.outcome == "planned" for result in results)
    return f"{left} {report.unit}{'s' * (left != 1)} not applied" if left else ""
