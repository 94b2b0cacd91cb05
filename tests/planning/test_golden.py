"""Plans as text, Markdown and JSON: as they are meant to look, and harmless whatever the table holds."""

import json
import re
import unicodedata
from pathlib import Path

import pytest

from learnermax_cli.planning.change import digest
from learnermax_cli.planning.render_markdown import render_markdown
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.terminal.console import Console, Format, Manner
from learnermax_cli.terminal.github import tell_actions
from tests.golden import assert_golden
from tests.planning.reports import HOSTILE, calm_report, hostile_report

Captured = pytest.CaptureFixture[str]
ACTIONS = {"GITHUB_ACTIONS": "true"}
# What GitHub's runner obeys: `::name` at the start of a line, `##[name]` anywhere [src actions/runner ActionCommand].
COMMAND = re.compile(r"^\s*::[A-Za-z]|##\[", re.MULTILINE)
OWN_ANNOTATION = re.compile(r"^::(?:error|warning) title=[^:,\n]*::[^\n]*$")


def shown(report: Report, output: Format, captured: Captured, environ: dict[str, str] | None = None) -> tuple[str, str]:
    """Return stdout and stderr of a report."""
    Console(Manner(output, no_color=True), environ or {}).show(report)
    out, err = captured.readouterr()
    return out, err


def control_characters(text: str) -> list[str]:
    """Return the characters that could steer a terminal or hide text, line ends aside."""
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n\u200b"]


@pytest.mark.parametrize("kind", ["calm", "hostile", "failed"])
@pytest.mark.parametrize(("output", "suffix"), [("table", "txt"), ("json", "json"), ("markdown", "md")])
def test_plan_looks_as_it_is_meant_to(kind: str, output: Format, suffix: str, capsys: Captured) -> None:
    """Text, JSON and Markdown of a plain plan, of one full of hostile names, and of a failed run."""
    report = calm_report() if kind == "calm" else hostile_report(applied=kind == "failed")
    out, _ = shown(report, output, capsys)
    assert_golden(f"plan_{kind}.{suffix}", out)


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
@pytest.mark.parametrize("applied", [True, False])
def test_no_control_character_reaches_a_stream(output: Format, applied: bool, capsys: Captured) -> None:
    """Escapes, bells, line separators and bidirectional overrides are shown, not sent."""
    out, err = shown(hostile_report(applied=applied), output, capsys)
    assert ([], []) == (control_characters(out), control_characters(err))
    assert "u202e" in out


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
@pytest.mark.parametrize("applied", [True, False])
def test_runner_of_github_finds_no_command(output: Format, applied: bool, capsys: Captured) -> None:
    """In GitHub Actions no line of stdout or stderr is one that the runner obeys."""
    out, err = shown(hostile_report(applied=applied), output, capsys, ACTIONS)
    assert ([], []) == (COMMAND.findall(out), COMMAND.findall(err))
    assert "add-mask" in out


def test_runner_of_github_would_find_commands_in_raw_text() -> None:
    """The pattern of these tests recognises commands."""
    assert ["::e", "##["] == COMMAND.findall("::error::x\n x ##[error]x")


def test_json_holds_the_text_as_it_is_in_actions_too(capsys: Captured) -> None:
    """What a program reads back is what the table holds."""
    out, _ = shown(hostile_report(), "json", capsys, ACTIONS)
    names = [c["after"]["name"] for c in json.loads(out)["changes"] if c["action"] == "create"]
    assert [text.strip() for text in HOSTILE] == names


def test_json_is_ascii(capsys: Captured) -> None:
    """Whatever the encoding of the pipe, the document arrives."""
    out, _ = shown(hostile_report(), "json", capsys)
    assert out.isascii()


@pytest.mark.parametrize("report", [calm_report(), hostile_report(), hostile_report(applied=True)])
def test_markdown_tables_keep_their_columns(report: Report) -> None:
    """Each row of a table has as many cells as its title, whatever stands in them."""
    tables = [block.splitlines() for block in render_markdown(report).split("\n\n") if block.startswith("|")]
    assert tables
    for title, ruler, *rows in tables:
        assert re.fullmatch(r"\|( --- \|)+", ruler)
        assert {title.count("|")} == {row.count("|") for row in [ruler, *rows]}
        assert all(row.startswith("| ") and row.endswith(" |") for row in rows)


def test_markdown_lets_no_markup_through() -> None:
    """No HTML, link, mention, code or emphasis of the table's survives; ours does."""
    text = render_markdown(hostile_report(applied=True))
    own = ("### ", "**", "<sub>", "</sub>", "<br>", "<code>", "</code>", "| --- |", " --- |")
    for mark in own:
        text = text.replace(mark, "")
    text = re.sub(r"&#\d+;|[@#:]<!-- -->", "", text)
    assert [] == re.findall(r"[<>`@\[\]*~#$!&]|www\.|https?:|:smile:", text)


def test_markdown_list_escapes_cells() -> None:
    """Rows of a list are escaped as those of a plan."""
    rows = tuple({"name": text} for text in HOSTILE)
    report = Report("courses list", "preview", Items(rows, ("name",)))
    table = next(block for block in render_markdown(report).split("\n\n") if block.startswith("|"))
    assert [2] * (len(HOSTILE) + 2) == [row.count("|") for row in table.splitlines()]


def test_markdown_of_lines_is_a_list() -> None:
    """Indented lines are a list below their title, whatever they begin with; a line that was only broken is whole."""
    lines = ("Student u", "", "course: in", "  paid  49.99 usd", "    cs_1", "  - 1. x", "", "a: b", "c: d")
    text = render_markdown(Report("students show", "preview", Data({}, lines)))
    assert [
        "### lmx students show: preview",
        "Student u",
        "**course: in**",
        "- paid  49.99 usd cs_1\n- &#45; 1. x",
        "- a: b\n- c: d\n",
    ] == text.split("\n\n")


@pytest.mark.parametrize("applied", [True, False])
def test_annotations_are_the_only_commands(applied: bool, capsys: Captured) -> None:
    """What lmx tells the runner is at most ten annotations of a kind, each one line that says what it should."""
    tell_actions(hostile_report(applied=applied), ACTIONS)
    lines = capsys.readouterr().err.splitlines()
    assert lines
    assert [] == [line for line in lines if not OWN_ANNOTATION.fullmatch(line)]
    for level in ("::error", "::warning"):
        assert 10 >= sum(line.startswith(level) for line in lines)


def test_outputs_and_summary_are_written_exactly(tmp_path: Path, capsys: Captured) -> None:
    """$GITHUB_OUTPUT gets three lines behind what is there, $GITHUB_STEP_SUMMARY the Markdown report."""
    output, summary = tmp_path / "output", tmp_path / "summary"
    output.write_text("before=1\n")
    report = hostile_report()
    assert isinstance(report.body, Changes)
    environ = {**ACTIONS, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    tell_actions(report, environ)
    number = len(report.body.results)
    expected = digest(result.change for result in report.body.results)
    assert f"before=1\nchanges={number}\nhas_changes=true\ndigest={expected}\n" == output.read_text()
    assert render_markdown(report) == summary.read_text(encoding="utf-8")
    assert "::error" in capsys.readouterr().err
