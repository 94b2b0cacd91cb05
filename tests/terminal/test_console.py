"""stdout is data, stderr is talk; nothing is cut, coloured or asked where it must not be."""

import io
import json
import os

import pytest

from learnermax_cli.core.errors import FailedError, GuardError
from learnermax_cli.core.meter import MeterReading
from learnermax_cli.planning.change import Skipped
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.terminal.console import Console, Manner

Captured = pytest.CaptureFixture[str]
KEY = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
LONG = "x" * 300
ROWS = Report("courses list", "preview", Items(({"id": "a", "name": LONG}, {"id": "b", "name": None}), ("id", "name")))
ERROR = GuardError("what went wrong", hint="What to do.", code="guard.x")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_piped_table_is_not_cut(capsys: Captured) -> None:
    """A pipe has no width."""
    Console(Manner(), {}).show(ROWS)
    lines = capsys.readouterr().out.splitlines()
    assert ["id  name", f"a   {LONG}", "b   -"] == [line.rstrip() for line in lines]


@pytest.mark.parametrize("text", ["no price ", "\u65e5\u672c "])
def test_markdown_fits_into_a_comment(text: str, capsys: Captured) -> None:
    """GitHub refuses a longer one; what is left out are the last rows."""
    rows = tuple(Skipped("course", f"c{number}", text * 20, blocking=True) for number in range(500))
    Console(Manner("markdown"), {}).show(Report("products sync", "preview", Changes(skipped=rows)))
    shown = capsys.readouterr().out
    assert 60_000 < len(shown.encode()) < 65_536
    assert shown.startswith("### lmx products sync: preview\n\n**500 rows were refused** ")
    *_, last, _, cut = shown.rstrip("\n").split("\n")
    assert (True, True) == (last.endswith(" |"), cut.startswith("**Cut short here: a comment on GitHub holds 65,536 "))


def test_cost_is_told_on_stderr(capsys: Captured) -> None:
    """Data and talk are apart."""
    Console(Manner(), {}).show(Report("x", "preview", Data({}, ("line",)), meter=MeterReading(stripe_reads=1)))
    captured = capsys.readouterr()
    assert ("line\n", True) == (captured.out, captured.err.startswith("Cost: "))
    Console(Manner(), {}).show(Report("x", "preview", Data({}, ("line",))))
    assert ("line\n", "") == capsys.readouterr()


def test_quiet_leaves_errors_and_warnings(capsys: Captured) -> None:
    """--quiet silences notes, not what went wrong."""
    console = Console(Manner(quiet=True), {})
    console.note("note")
    console.debug("debug")
    console.warn("care")
    console.error(ERROR)
    assert "Warning: care\nError: what went wrong\n  What to do.\n" == capsys.readouterr().err


def test_traceback_is_obeyed_by_nobody(capsys: Captured) -> None:
    """What an exception quotes of the data is no workflow command, and no key."""
    key = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
    Console(Manner(), {"GITHUB_ACTIONS": "true"}).trace(f"ValueError: a\n::error::b\n##[group]{key}\n")
    lines = capsys.readouterr().err.splitlines()
    assert ["ValueError: a", ":\u200b:error::b"] == lines[:2]
    assert [] == [word for word in ("##[", key) if word in lines[2]]


def test_debug_is_told_with_verbose_only(capsys: Captured) -> None:
    """-v adds request ids and timings."""
    Console(Manner(), {}).debug("one")
    Console(Manner(verbose=True), {}).debug("two")
    assert "two\n" == capsys.readouterr().err


def test_json_is_one_document_without_colour(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR changes nothing about JSON."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    Console(Manner("json"), {}).show(ROWS)
    out = capsys.readouterr().out
    assert ("courses list", False) == (json.loads(out)["command"], "\x1b" in out)


@pytest.mark.parametrize(("variable", "coloured"), [("FORCE_COLOR", True), ("NO_COLOR", False)])
def test_colour_follows_the_environment(
    variable: str, coloured: bool, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """FORCE_COLOR colours a pipe, NO_COLOR nothing."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(variable, "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    Console(Manner(), {}).error(ERROR)
    assert coloured == ("\x1b[" in capsys.readouterr().err)


def test_flag_against_colour_wins_over_force_color(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    """--no-color is the last word."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    Console(Manner(no_color=True), {}).error(ERROR)
    assert "\x1b[31m" not in capsys.readouterr().err


def test_failure_without_report_is_a_document_too(capsys: Captured) -> None:
    """`-o json` holds on every failure; people read two lines."""
    Console(Manner("json"), {}).show_failure("products sync", ERROR)
    captured = capsys.readouterr()
    assert {
        "schema": "lmx/1",
        "command": "products sync",
        "error": {"code": "guard.x", "message": "what went wrong", "hint": "What to do.", "exit_code": 5},
    } == json.loads(captured.out)
    assert "Error: what went wrong\n  What to do.\n" == captured.err


def test_failure_in_table_format_leaves_stdout_empty(capsys: Captured) -> None:
    """A pipe gets no half data."""
    Console(Manner(), {}).show_failure("products sync", ERROR)
    assert "" == capsys.readouterr().out


@pytest.mark.parametrize("text", [KEY, f"'{KEY}'", f"({KEY})"])
def test_key_is_scrubbed_wherever_it_is_printed(text: str, capsys: Captured) -> None:
    """Data, notes, warnings and errors alike."""
    console = Console(Manner(verbose=True), {})
    console.data(text)
    console.note(text)
    console.debug(text)
    console.warn(text)
    console.error(GuardError(text, hint=text))
    captured = capsys.readouterr()
    assert KEY not in captured.out + captured.err
    assert 6 == (captured.out + captured.err).count("sk_test_***")


def test_yes_answers_without_asking() -> None:
    """--yes needs no terminal."""
    assert Console(Manner(), {}).require_confirmation("Sure?", yes=True, remedy="Pass --yes.")


def test_without_a_terminal_nothing_is_confirmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unattended and without --yes the run is refused, with the remedy."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    with pytest.raises(GuardError) as refused:
        Console(Manner(), {}).require_confirmation("Sure?", yes=False, remedy="Pass --yes.")
    assert ("guard.confirm", "Pass --yes.") == (refused.value.code, refused.value.hint)


@pytest.mark.parametrize(
    ("answer", "confirmed"),
    [("y\n", True), ("YES\n", True), ("n\n", False), ("\n", False), ("", False), ("yep\n", False)],
)
def test_only_yes_is_yes(answer: str, confirmed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else, the end of the input too, is no."""
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("sys.stdin", Terminal(answer))
    assert confirmed == Console(Manner(), {}).require_confirmation("Sure?", yes=False, remedy="Pass --yes.")


def test_nobody_is_asked_about_a_plan_that_was_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout was closed before."""
    reading, writing = os.pipe()
    os.close(reading)
    monkeypatch.setattr("sys.stderr", Terminal())
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    console = Console(Manner(), {})
    console.set_plan(Report("products sync", "preview", Changes()))
    with open(writing, "w", encoding="utf-8") as stdout:  # noqa: PTH123
        monkeypatch.setattr("sys.stdout", stdout)
        with pytest.raises(FailedError) as refused:
            console.require_confirmation("Sure?", yes=False, remedy="Pass --yes.")
    assert "stdout was closed before the plan was shown" == refused.value.message


def test_progress_is_silent_without_a_terminal(capsys: Captured) -> None:
    """A log is not filled with bars."""
    with Console(Manner(), {}).progress("Syncing", 3) as progress:
        progress(3)
    assert ("", "") == capsys.readouterr()
