"""A whole report as lines for people; its parts are rendered in `render_text`."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from learnermax_cli.core.text_safety import printable
from learnermax_cli.planning import render_text as render
from learnermax_cli.planning.report import Changes, Data, Items, Report


def report_lines(report: Report, shown: Report | None = None) -> Iterator[RenderableType]:
    """Yield what stdout shows of a report in table format, without what was `shown` of it before a question."""
    match report.body:
        case Items():
            yield render.render_items(report.body)
        case Data(lines=lines):
            yield from (Text(printable(line)) for line in lines)
        case Changes(results=results):
            if shown is None:
                yield from _change_lines(report)
            if any(result.outcome != "planned" for result in results):
                yield from render.render_outcomes(results)
    yield from _closing_lines(report, shown)


def plan_lines(report: Report) -> Iterator[RenderableType]:
    """Yield all that who is asked should know: for whom, each change with its fields, refusals, findings, the sum."""
    yield from _change_lines(report)
    yield from _closing_lines(report, None)


def where(report: Report) -> str:
    """Return what a run works on: environment, and Stripe's mode and account where it asks Stripe."""
    environment = f"Environment {report.environment}"
    return environment if report.stripe is None else f"{environment}, {report.stripe}"


def _change_lines(report: Report) -> Iterator[RenderableType]:
    body = report.body
    assert isinstance(body, Changes)
    yield Text(where(report), style="bold")
    yield from render.render_plan(body.results)
    yield from render.render_skipped(body.skipped)


def _closing_lines(report: Report, shown: Report | None) -> Iterator[RenderableType]:
    known = set() if shown is None else set(shown.findings)
    notes = () if shown is None else shown.notes
    yield from render.render_findings(tuple(finding for finding in report.findings if finding not in known))
    yield from (Text(printable(note)) for note in report.notes if note not in notes)
    if report.summary_line and (shown is None or report.summary_line != shown.summary_line):
        yield Text(report.summary_line, style="bold")
