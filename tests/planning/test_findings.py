"""Findings as people read them: each with the command that settles it, and the payment in the Dashboard."""

import pytest

from learnermax_cli.core.remedy import lmx, release_one
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.terminal.console import Console, Format, Manner

Captured = pytest.CaptureFixture[str]
PAGE = "https://dashboard.stripe.com/payments/pi_1"


def shown(captured: Captured, *findings: Finding, output: Format = "table") -> list[str]:
    """Return the lines of findings in a run with `-e prod`, without those of a run without findings."""
    lines = []
    for some in ((), findings):
        console = Console(Manner(output, no_color=True, options=" -e prod"), {})
        console.show(console.complete(Report("x", "prod", Changes(), findings=some)))
        lines.append(captured.readouterr().out.splitlines())
    return [line for line in lines[1] if line and line not in lines[0]]


def test_finding_shows_its_remedy_and_its_payment(capsys: Captured) -> None:
    """Below the finding stand the command, with the options of the run, and the link."""
    found = Finding("refunded", "u/c", "in full", release_one("c", "u"), PAGE)
    expected = ["  ! refunded u/c: in full", "      lmx enrollments release c --user u -e prod", f"      {PAGE}"]
    assert expected == shown(capsys, found)


def test_remedy_that_several_share_is_shown_once(capsys: Captured) -> None:
    """It stands below the last of those that it settles."""
    found = [Finding("drift", name, "differs", lmx("secrets push")) for name in "ab"]
    expected = ["  ! drift a: differs", "  ! drift b: differs", "      lmx secrets push -e prod"]
    assert expected == shown(capsys, *found)


@pytest.mark.parametrize(("count", "more"), [(11, "1 more finding has"), (200, "190 more findings have")])
def test_of_many_findings_of_a_kind_the_first_show_their_remedies(count: int, more: str, capsys: Captured) -> None:
    """The others are counted: hundreds of commands would bury everything else."""
    findings = (Finding("refunded", f"u{n}/c", "in full", release_one("c", f"u{n}")) for n in range(count))
    lines = shown(capsys, *findings)
    assert (count, 10) == (sum(line.startswith("  ! ") for line in lines), sum("lmx " in line for line in lines))
    assert f"    {more} a remedy or a link: see -o json" == lines[-1]


def test_markdown_has_the_remedy_below_the_detail(capsys: Captured) -> None:
    """In a list, since a page of GitHub is too narrow for columns of long ids, commands and links."""
    bare, whole = Finding("a", "k", "d"), Finding("b", "k", "d", lmx("doctor"), "url")
    assert ["- **a** k: d", "- **b** k: d<br><code>lmx doctor -e prod</code><br>url"] == shown(
        capsys, bare, whole, output="markdown"
    )
