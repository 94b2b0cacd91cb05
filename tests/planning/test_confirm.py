"""The question before a write, and the ending of a run that a signal reached."""

from dataclasses import replace

import pytest

from learnermax_cli.core.errors import Exit, FailedError, InterruptedRunError, LmxError
from learnermax_cli.planning.change import Change, OutcomeWord, Result
from learnermax_cli.planning.confirm import ending, interrupted_error
from learnermax_cli.planning.report import Changes, Data, Items, Report


def report(*outcomes: OutcomeWord, error: LmxError | None = None, dry_run: bool = False) -> Report:
    """Return a report whose changes ended so."""
    changes = (Change("product", f"course-{number}", "create") for number in range(len(outcomes)))
    results = tuple(Result(change, outcome) for change, outcome in zip(changes, outcomes, strict=True))
    return Report("products sync", "preview", Changes(results), dry_run=dry_run, error=error)


@pytest.mark.parametrize(
    ("ended", "message", "hint"),
    [
        (
            report("applied", "planned"),
            "interrupted; 1 change not applied",
            "Run the command again to apply the rest.",
        ),
        (
            report("applied", "planned", "planned"),
            "interrupted; 2 changes not applied",
            "Run the command again to apply the rest.",
        ),
        (
            replace(report("applied", "planned", "planned"), unit="course", left=1),
            "interrupted; 1 course not applied",
            "Run the command again to apply the rest.",
        ),
        (report("applied", "applied"), "interrupted; nothing was left to apply", "The report is complete."),
        (report("planned", dry_run=True), "interrupted; nothing was written", "Run the command again."),
        (report("failed", error=FailedError("Stripe failed", hint="Wait.")), "interrupted; Stripe failed", "Wait."),
        (
            Report("courses list", "preview", Items((), ())),
            "interrupted; nothing was written",
            "Run the command again.",
        ),
        (
            Report("checkout create", "preview", Data({}, ())),
            "interrupted; nothing was left to apply",
            "The report is complete.",
        ),
    ],
)
def test_signal_ends_every_run_in_130(ended: Report, message: str, hint: str) -> None:
    """Also after the last write; what is left is counted in the unit of the plan."""
    shown = ending(ended, interrupted=True)

    assert (Exit.INTERRUPTED, message, hint) == (shown.exit_code, *_words(shown.error))
    assert replace(ended, error=None) == replace(shown, error=None)


def test_run_without_a_signal_stays_as_it_is() -> None:
    """Its own exit code counts."""
    ended = report("applied")

    assert ended is ending(ended, interrupted=False)


def test_run_that_ends_by_a_signal_is_no_failure() -> None:
    """As a receiver, which is stopped so."""
    ended = replace(report(), ends_by_signal=True)

    assert ended is ending(ended, interrupted=True)


def test_more_exact_words_stay() -> None:
    """A job that stops between two writes of one thing says where."""
    own = InterruptedRunError("interrupted between two writes", hint="Run it again.")
    ended = report("applied", error=own)

    assert ended is ending(ended, interrupted=True)
    assert own is interrupted_error(own)


def test_failure_without_a_report_ends_in_130_too() -> None:
    """Its own words are kept."""
    error = interrupted_error(FailedError("Stripe failed", hint="Wait."))

    assert (Exit.INTERRUPTED, "interrupted; Stripe failed", "Wait.") == (error.exit_code, *_words(error))


def _words(error: LmxError | None) -> tuple[str, str]:
    assert error is not None
    return error.message, error.hint
