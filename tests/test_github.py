"""GitHub Actions gets a summary, outputs and annotations, within its limits."""

from pathlib import Path

import pytest

from learnermax_cli.errors import GuardError
from learnermax_cli.github import MAX_ANNOTATIONS, MAX_SUMMARY_BYTES, tell_actions
from learnermax_cli.planning.change import Change, Finding, Skipped, digest
from learnermax_cli.planning.outcome import Result, planned
from learnermax_cli.planning.report import Changes, Data, Items, Report

CHANGE = Change("product", "a", "create", None, {"name": "A"})
KEY = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
Captured = pytest.CaptureFixture[str]


def test_outputs_count_changes(tmp_path: Path) -> None:
    """A plan with a change says so."""
    tell_actions(Report("x", "preview", Changes(planned([CHANGE]))), {"GITHUB_OUTPUT": str(tmp_path / "o")})
    assert f"changes=1\nhas_changes=true\ndigest={digest([CHANGE])}\n" == (tmp_path / "o").read_text()


def test_outputs_of_a_plan_without_changes(tmp_path: Path) -> None:
    """Nothing to do is false."""
    tell_actions(Report("x", "preview", Changes()), {"GITHUB_OUTPUT": str(tmp_path / "o")})
    assert f"changes=0\nhas_changes=false\ndigest={digest([])}\n" == (tmp_path / "o").read_text()


@pytest.mark.parametrize("body", [Items((), ()), Data({}, ())])
def test_other_commands_have_no_outputs(tmp_path: Path, body: Items | Data) -> None:
    """A list has no changes to count."""
    tell_actions(Report("x", "preview", body), {"GITHUB_OUTPUT": str(tmp_path / "o")})
    assert not (tmp_path / "o").exists()


def test_without_files_nothing_is_written(tmp_path: Path, capsys: Captured) -> None:
    """Actions may not name the files."""
    tell_actions(Report("x", "preview", Changes(planned([CHANGE]))), {})
    assert ([], "") == (list(tmp_path.iterdir()), capsys.readouterr().err)


def test_each_kind_of_trouble_is_annotated(capsys: Captured) -> None:
    """Errors for the run, failed changes and refused rows; warnings for findings; nothing for what was skipped."""
    report = Report(
        "x",
        "preview",
        Changes(
            (Result(CHANGE, "failed", "Stripe said: no"), *planned([CHANGE])),
            (Skipped("course", "b", "it has no price", blocking=True), Skipped("course", "c", "coming soon")),
        ),
        findings=(Finding("orphan product", "d", "still active"),),
        error=GuardError("4 of 10, too many", hint="Pass --allow-archive 4.", code="guard.archive"),
    )
    tell_actions(report, {})
    assert [
        "::error title=guard.archive::4 of 10, too many. Pass --allow-archive 4.",
        "::error title=a::Stripe said: no",
        "::error title=b::it has no price",
        "::warning title=orphan product d::still active",
    ] == capsys.readouterr().err.splitlines()


def test_annotations_stay_within_the_limit(capsys: Captured) -> None:
    """Actions shows ten of a kind."""
    findings = tuple(Finding("orphan product", str(number), "x") for number in range(50))
    tell_actions(Report("x", "preview", Changes(), findings=findings), {})
    assert MAX_ANNOTATIONS == len(capsys.readouterr().err.splitlines())


def test_many_errors_do_not_hide_the_warnings(capsys: Captured) -> None:
    """The limit is one of each kind."""
    rows = tuple(Skipped("course", str(number), "bad", blocking=True) for number in range(50))
    tell_actions(Report("x", "preview", Changes(skipped=rows), findings=(Finding("f", "k", "d"),)), {})
    lines = capsys.readouterr().err.splitlines()
    assert (MAX_ANNOTATIONS, ["::warning title=f k::d"]) == (
        sum(line.startswith("::error") for line in lines),
        [line for line in lines if line.startswith("::warning")],
    )


def test_summary_stays_within_the_limit(tmp_path: Path) -> None:
    """A summary that is too long is cut at a line's end and says so."""
    summary = tmp_path / "s"
    changes = [Change("product", "|" * 190 + str(n), "update", {"n": "|" * 190}, {"n": "|" * 190}) for n in range(500)]
    tell_actions(Report("x", "preview", Changes(planned(changes))), {"GITHUB_STEP_SUMMARY": str(summary)})
    content = summary.read_bytes()
    assert MAX_SUMMARY_BYTES + 100 > len(content)
    assert content.endswith(b" |\n\ncut short\n")


def test_nothing_that_looks_like_a_key_reaches_actions(tmp_path: Path, capsys: Captured) -> None:
    """Summary and annotations are scrubbed, as all output is."""
    report = Report("x", "preview", Changes((Result(CHANGE, "failed", f"bad key {KEY}"),)), notes=(KEY,))
    tell_actions(report, {"GITHUB_STEP_SUMMARY": str(tmp_path / "s"), "GITHUB_OUTPUT": str(tmp_path / "o")})
    everything = capsys.readouterr().err + (tmp_path / "s").read_text() + (tmp_path / "o").read_text()
    assert KEY not in everything
    assert "***" in everything
