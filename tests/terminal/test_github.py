"""GitHub Actions gets a summary, outputs and annotations, within its limits."""

import tracemalloc
from pathlib import Path

import pytest

from learnermax_cli.core.errors import GuardError, UsageError
from learnermax_cli.planning.change import Change, Finding, PackedResults, Result, Skipped, digest, planned
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.terminal.github import MAX_ANNOTATIONS, MAX_SUMMARY_BYTES, tell_actions, tell_failure

CHANGE = Change("product", "a", "create", None, {"name": "A"})
KEY = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
FIELDS = {"paymentStatus": "completed", "stripeSessionId": "cs_test_" + "a" * 60}
LAST_LINE = b"**Cut short here: GitHub shows 1 MiB of a step's summary. The log of the step has the whole report.**\n"
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
    """Errors for the run, failed changes and refused rows; its warnings, and findings; nothing for what was skipped."""
    report = Report(
        "x",
        "preview",
        Changes(
            (Result(CHANGE, "failed", "Stripe said: no"), *planned([CHANGE])),
            (Skipped("course", "b", "it has no price", blocking=True), Skipped("course", "c", "coming soon")),
        ),
        findings=(
            Finding("orphan product", "d", "still active"),
            Finding("refunded", "e", "in full", "lmx enrollments release c --user u", "https://dashboard.test/pi_1"),
        ),
        warnings=("no topic",),
        error=GuardError("4 of 10, too many", hint="Pass --allow-archive 4.", code="guard.archive"),
    )
    tell_actions(report, {})
    assert [
        "::error title=guard.archive::4 of 10, too many. Pass --allow-archive 4.",
        "::error title=a::Stripe said: no",
        "::error title=b::it has no price",
        "::warning title=lmx x::no topic",
        "::warning title=orphan product d::still active",
        "::warning title=refunded e::in full - lmx enrollments release c --user u - https://dashboard.test/pi_1",
    ] == capsys.readouterr().err.splitlines()


def test_annotations_stay_within_the_limit(capsys: Captured) -> None:
    """Actions shows ten of a kind: the last one says how many more there are, where there are more."""
    for count, last in (
        (10, "::warning title=f 9::x"),
        (50, "::warning title=lmx::41 more: see the summary of the run"),
    ):
        findings = tuple(Finding("f", str(number), "x") for number in range(count))
        tell_actions(Report("x", "preview", Changes(), findings=findings), {})
        lines = capsys.readouterr().err.splitlines()
        assert (MAX_ANNOTATIONS, last) == (len(lines), lines[-1])


def test_many_warnings_do_not_hide_the_findings(tmp_path: Path, capsys: Captured) -> None:
    """Neither among the annotations nor in the summary, where a course each may have something to warn of."""
    warnings = tuple(f"course {number}: no image" for number in range(300))
    findings = tuple(Finding("orphan product", str(number), "d") for number in range(3))
    report = Report("x", "preview", Changes(), findings=findings, warnings=warnings)
    tell_actions(report, {"GITHUB_STEP_SUMMARY": str(tmp_path / "s")})
    lines = capsys.readouterr().err.splitlines()
    assert [3, "::warning title=lmx::294 more: see the summary of the run"] == [
        sum("title=orphan product" in line for line in lines),
        lines[-1],
    ]
    before, _, after = (tmp_path / "s").read_text().partition("- **orphan product**")
    assert (20, True) == (before.count("**Warning:**"), "280 more warnings" in before), before
    assert "- **orphan product** 2: d\n" in after


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
    assert MAX_SUMMARY_BYTES - 10_000 < len(content) <= MAX_SUMMARY_BYTES
    assert content.endswith(b" |\n\n" + LAST_LINE)


def test_summary_leaves_room_for_what_the_step_has_told(tmp_path: Path) -> None:
    """The limit is the step's: what earlier commands have written counts, and where nothing fits nothing is added."""
    summary = tmp_path / "s"
    environ = {"GITHUB_STEP_SUMMARY": str(summary)}
    report = Report("x", "preview", Changes(planned([CHANGE])), notes=("n" * 500,) * 10)
    summary.write_bytes(b"x" * (MAX_SUMMARY_BYTES - 1_000))
    tell_actions(report, environ)
    content = summary.read_bytes()
    assert MAX_SUMMARY_BYTES - 600 < len(content) <= MAX_SUMMARY_BYTES
    assert content.endswith(LAST_LINE)
    summary.write_bytes(b"x" * (MAX_SUMMARY_BYTES - 50))
    tell_actions(report, environ)
    assert MAX_SUMMARY_BYTES - 50 == summary.stat().st_size


@pytest.mark.slow
def test_report_of_many_changes_takes_little_memory(tmp_path: Path) -> None:
    """Summary, outputs and annotations of a long run: no change is held beyond its line of the digest."""
    few, many = (_peak(tmp_path, count) for count in (1_000, 4_000))
    assert (many - few) / 3_000 <= 500


def _peak(tmp_path: Path, count: int) -> int:
    """Return the most bytes held while Actions is told of so many failures, which wait packed."""
    results = PackedResults()
    for start in range(0, count, 1_000):
        changes = (Change("enrollment", f"{start + n:036}/c", "complete", FIELDS, FIELDS) for n in range(1_000))
        results.add(Result(change, "failed", "no") for change in changes)
    environ = {"GITHUB_STEP_SUMMARY": str(tmp_path / f"s{count}"), "GITHUB_OUTPUT": str(tmp_path / f"o{count}")}
    tracemalloc.start()
    try:
        tell_actions(Report("x", "preview", Changes(results)), environ)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_nothing_that_looks_like_a_key_reaches_actions(tmp_path: Path, capsys: Captured) -> None:
    """Summary and annotations are scrubbed, as all output is."""
    report = Report("x", "preview", Changes((Result(CHANGE, "failed", f"bad key {KEY}"),)), notes=(KEY,))
    tell_actions(report, {"GITHUB_STEP_SUMMARY": str(tmp_path / "s"), "GITHUB_OUTPUT": str(tmp_path / "o")})
    everything = capsys.readouterr().err + (tmp_path / "s").read_text() + (tmp_path / "o").read_text()
    assert KEY not in everything
    assert "***" in everything


def test_run_without_a_report_is_told_too(tmp_path: Path, capsys: Captured) -> None:
    """A failure before the report is an annotation and a summary, without keys, and leaves the outputs alone."""
    files = {"GITHUB_STEP_SUMMARY": str(tmp_path / "s"), "GITHUB_OUTPUT": str(tmp_path / "o")}
    tell_failure(
        "products sync",
        GuardError(f"<b> {KEY} is wrong", hint="Do::this.\nThen that.", code="guard.x"),
        "Environment prod, table <t>",
        files,
    )
    assert "::error title=guard.x::<b> sk_test_*** is wrong. Do::this.\\nThen that.\n" == capsys.readouterr().err
    expected = (
        "### lmx products sync: failed\n\nEnvironment prod, table &#60;t&#62;\n\n"
        "**&#60;b&#62; sk_test_*** is wrong** Do::this.&#92;nThen that.\n"
    )
    assert (expected, False) == ((tmp_path / "s").read_text().replace("&#42;", "*"), (tmp_path / "o").exists())


@pytest.mark.parametrize("message", ["No such command 'snyc'", "No such command 'snyc'."])
def test_error_and_remedy_are_two_sentences(message: str, capsys: Captured) -> None:
    """Whether the first one ends with its own full stop, as the parser's do, or not."""
    error = UsageError(message, hint="See lmx --help.")
    tell_failure("snyc", error, "", {})
    tell_actions(Report("x", "preview", Changes(), error=error), {})
    assert ["::error title=usage::No such command 'snyc'. See lmx --help."] * 2 == capsys.readouterr().err.splitlines()
