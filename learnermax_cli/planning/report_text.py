"""A whole report as lines for people; its parts are rendered in `render_text`."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from learnermax_cli.planning import render_text as render
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.text_safety import printable


def report_lines(report: Report, *, plan_shown: bool = False) -> Iterator[RenderableType]:
    """Yield what stdout shows of a report in table format."""
    match report.body:
        case Items():
            yield render.render_items(report.body)
        case Data(lines=lines):
            yield from (Text(printable(line)) for line in lines)
        case Changes(results=results):
            if not plan_shown:
                yield from plan_lines(report)
            if any(result.outcome != "planned" for result in results):
                yield from render.render_outcomes(results)
    yield from render.render_findings(report.findings)
    yield from (Text(printable(note)) for note in report.notes)
    if report.summary_line:
        yield Text(report.summary_line, style="bold")


def plan_lines(report: Report) -> Iterator[RenderableType]:
    """Yield the plan of a report: for whom, and each change with its fields."""
    body = report.body
    assert isinstance(body, Changes)
    where = f"Environment {report.environment}"
    yield Text(where if report.stripe is None else f"{where}, {report.stripe}", style="bold")
    yield from render.render_plan(body.results)
    yield from render.render_skipped(body.skipped)
