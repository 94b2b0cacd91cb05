"""Reports as people read them on a terminal: plans, tables, findings. Text in, Rich text out."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Literal, NamedTuple

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from learnermax_cli.core.errors import InterruptedRunError
from learnermax_cli.core.text_safety import printable
from learnermax_cli.planning.change import Finding, Result, Skipped
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.planning.show_change import (
    FAILED_STEP,
    FLAWS,
    action_words,
    blocks,
    has_many_blocks,
    show_value,
    titled,
    unsaid,
    unsaid_rows,
)

_STYLES = {"+": "green", "~": "yellow", "-/+": "yellow", "-": "red"}
_OUTCOME_STYLES = {"applied": "green", "failed": "bold red", "superseded": "yellow"}
_STATUS_STYLES = {
    **dict.fromkeys(("ok", "completed", "free", "same", "yes"), "green"),
    **dict.fromkeys(("warning", "pending", "differs", "missing here", "missing there", "no"), "yellow"),
    "failed": "bold red",
}
_STATUSES = ("status", "state", "active", "enabled")
_AMOUNTS = ("price", "sold_for")
_TERMINAL_LIMIT = 160  # of a text in a plan
_LINE_LIMIT = 60  # the same where each course has one line
_MAX_HINTS = 10  # of one kind of finding


class Extent(NamedTuple):
    """How much of a report stdout shows."""

    width: int | None = None
    """The terminal's; a pipe has none, and gets every text uncut."""
    every: bool = False
    """Whether nothing is left out: of many courses each field, of an interrupted run what was not applied."""
    quiet: bool = False
    """Whether only data is shown, and what needs attention."""

    def limit(self, *, brief: bool) -> int | None:
        """Return where a text in a plan is cut; `brief` is for one line for each course."""
        if self.width is None:
            return None
        return _LINE_LIMIT if brief else _TERMINAL_LIMIT


def render_plan(report: Report, results: Iterable[Result], extent: Extent) -> Iterator[Text]:
    """Yield the lines of a plan: a block of fields under each change, course or enrollment; of many, one line each."""
    brief = not extent.every and has_many_blocks(report)
    for block in blocks(results, extent.limit(brief=brief), by_key=report.by_key):
        line = Text().append(f"{block.sign:>3} ", style=_STYLES[block.sign])
        line.append(block.line if brief else block.title, style=_STYLES[block.sign])
        line.highlight_words([FAILED_STEP] * any(block.flaws), "bold red")
        if brief:
            line.truncate(extent.width or line.cell_len, overflow="ellipsis")
            yield line
            continue
        line.append(f"  ({block.reason})" if block.reason else "", style="dim")
        yield line
        yield from (Text(f"      {field}") for field in block.fields)


def render_outcomes(results: Iterable[Result], *outcomes: str) -> Iterator[Text]:
    """Yield a line for each change with one of these outcomes."""
    for result in results:
        if result.outcome not in outcomes:
            continue
        outcome = "not applied" if result.outcome == "planned" else result.outcome
        change = result.change
        line = Text(f"    {outcome}", style=_OUTCOME_STYLES.get(result.outcome, "yellow"))
        line.append(f" {action_words(change)} {printable(change.key)}")
        line.append(f": {printable(result.error)}" if result.error else "")
        yield line


def render_skipped(rows: Iterable[Skipped]) -> Iterator[Text]:
    """Yield a line for each row that was left alone."""
    for row in rows:
        style = "red" if row.blocking else "dim"
        word = "refused" if row.blocking else "skipped"
        yield Text(f"    {word} {row.kind} {printable(row.key)}: {printable(row.reason)}", style=style)


def render_findings(findings: tuple[Finding, ...]) -> Iterator[Text]:
    """Yield a line for each thing that a person should look at, and how it is settled.

    A remedy that several in a row have stands below the last of them; of many of a kind, only the first show theirs.
    One without a detail is said by a row of the list above it, so that only its remedies are shown.
    """
    shown: Counter[str] = Counter()
    for number, finding in enumerate(findings):
        kind, key, detail = map(printable, finding[:3])
        following = findings[number + 1] if number + 1 < len(findings) else None
        hints = ["" if following and finding.remedy == following.remedy else finding.remedy, finding.url]
        if detail or any(hints):
            yield Text(f"  ! {kind} {key}" + (f": {detail}" if detail else ""), style="magenta")
        if any(hints):
            shown[kind] += 1
        if shown[kind] <= _MAX_HINTS:
            yield from (Text(f"      {printable(hint)}") for hint in hints if hint)
    if more := sum(count - _MAX_HINTS for count in shown.values() if count > _MAX_HINTS):
        have = f"{more} more finding{' has' if more == 1 else 's have'} a remedy or a link"
        yield Text(f"    {have}: see -o json", style="magenta")


def render_items(items: Items) -> Table | Text:
    """Return the table of a list command."""
    if not items.rows:
        return Text(printable(items.empty))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in items.columns:
        justify: Literal["right", "left"] = "right" if column in _AMOUNTS else "left"
        table.add_column(column.replace("_", " "), overflow="fold", justify=justify)
    for row in items.rows:
        table.add_row(*(_cell(column, row.get(column)) for column in items.columns))
    return table


def _cell(column: str, value: object) -> Text:
    shown = show_value(value)
    flaw = column in FLAWS and shown != "-"
    return Text(shown, style="yellow" if flaw else _STATUS_STYLES.get(shown, "") if column in _STATUSES else "")


def reduced(report: Report, extent: Extent) -> Report | None:
    """Return what is shown of a report, None where that is nothing.

    What an interrupted run has left is counted in its error, and listed only where the extent is `every`.
    """
    if extent.quiet:
        if _is_silent(report):
            return None
        report = _needing_attention(report)
    return report if extent.every else _without_the_rest(report)


def verdict_lines(report: Report, shown: Report | None = None) -> Iterator[Text]:
    """Yield the first lines: where a run worked, and how it went, without what was `shown` before a question."""
    match report.body:
        case Data(lines=lines):
            yield from (Text(printable(line), style="bold" if title else "") for line, title in titled(lines))
        case Changes():
            if shown is None:
                yield _where_line(report)
            if report.closing and (shown is None or report.closing != shown.closing):
                yield _closing_line(report)


def detail_lines(report: Report, extent: Extent, shown: Report | None = None) -> Iterator[RenderableType]:
    """Yield what follows the verdict: what needs attention, then what was done, then what was left alone."""
    if isinstance(report.body, Items) and (report.body.rows or not extent.quiet):
        yield render_items(report.body)
        if extent.width and report.body.rows and (report.findings or report.notes or report.closing):
            yield Text()
    known = set() if shown is None else {*shown.findings, *shown.notes}
    yield from render_findings(tuple(unsaid(finding, report) for finding in report.findings if finding not in known))
    if isinstance(report.body, Changes):
        yield from _change_lines(report, report.body, extent, shown)
    yield from (Text(printable(note)) for note in report.notes if note not in known)
    lines = ("", *report.block) if report.block else ()
    yield from (Text(printable(line), no_wrap=True) for line in lines)
    if report.closing and not isinstance(report.body, Changes):
        yield _closing_line(report)


def _is_silent(report: Report) -> bool:
    """Return whether --quiet leaves nothing of a report: nothing needs attention, and there are no data."""
    if report.findings or report.warnings or report.failure is not None:
        return False
    match report.body:
        case Items(rows=rows):
            return not rows
        case Data(message=message):
            return message
        case Changes(results=results):
            return not (report.dry_run and results)


def _needing_attention(report: Report) -> Report:
    """Return what --quiet leaves of a report: data, what needs attention, and what a dry run would change."""
    match report.body:
        case Data(message=True):
            return replace(report, body=replace(report.body, lines=()))
        case Changes(results=results, skipped=skipped):
            shown = results if report.dry_run else tuple(each for each in results if each.outcome == "failed")
            refused = tuple(row for row in skipped if row.blocking)
            return replace(report, body=Changes(shown, refused), notes=(), block=())
    return report


def _without_the_rest(report: Report) -> Report:
    body = report.body
    if report.dry_run or not isinstance(body, Changes) or not isinstance(report.error, InterruptedRunError):
        return report
    done = tuple(result for result in body.results if result.outcome != "planned")
    return replace(report, body=replace(body, results=done))


def _unseen(results: Iterable[Result], shown: Report) -> Iterator[Result]:
    """Yield the results of changes that became necessary after the plan was shown."""
    seen = {result.change for result in shown.body.results} if isinstance(shown.body, Changes) else set()
    return (result for result in results if result.change not in seen)


def plan_lines(report: Report, extent: Extent) -> Iterator[RenderableType]:
    """Yield all that who is asked should know: for whom, what needs attention, each change with its fields, the sum."""
    yield _where_line(report)
    if report.attention:
        yield Text(f"{report.attention}.", style="bold")
    yield from detail_lines(report, extent)
    yield _closing_line(report)


def where(report: Report) -> str:
    """Return what a run works on: environment, and Stripe's mode and account where it asks Stripe."""
    return f"Environment {report.environment}" + ("" if report.stripe is None else f", {report.stripe}")


def _closing_line(report: Report) -> Text:
    """Return the line that sums a run up."""
    return Text(report.closing, style="bold red" if report.live else "bold")


def _where_line(report: Report) -> Text:
    return Text(where(report), style="bold red" if report.live else "bold")


def _change_lines(report: Report, body: Changes, extent: Extent, shown: Report | None) -> Iterator[Text]:
    skipped = unsaid_rows(report) if shown is None else ()
    yield from render_outcomes(body.results, "failed")
    yield from render_skipped(row for row in skipped if row.blocking)
    if not extent.quiet or any(result.outcome != "failed" for result in body.results):  # these stand above
        yield from render_plan(report, body.results if shown is None else _unseen(body.results, shown), extent)
    if shown is None and not extent.every and has_many_blocks(report):
        yield Text(f"    One line for each {report.unit}: -v shows everything.", style="dim")
    if any(result.outcome != "planned" for result in body.results):
        yield from render_outcomes(body.results, "planned", "superseded")
    yield from render_skipped(row for row in skipped if not row.blocking)
