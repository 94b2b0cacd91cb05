"""Reports as they should look in a pull request or a step summary; all text from outside is escaped."""

from collections.abc import Iterable, Sequence
from itertools import islice

from learnermax_cli.core.text_safety import markdown
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.render_text import show_value, sign
from learnermax_cli.planning.report import Changes, Data, Items, Report

# A step summary may hold 1 MiB [doc "Workflow commands"]; a reader has had enough long before.
MAX_ROWS = 500
_CELL_LIMIT = 200
_PROSE_LIMIT = 2_000  # of reasons, whose commands must not be cut


def render_markdown(report: Report) -> str:
    """Return the whole report as GitHub-flavoured Markdown."""
    parts = [f"### lmx {report.command}: {report.environment}" + (" (dry run)" if report.dry_run else "")]
    if report.stripe is not None:
        parts.append(markdown(str(report.stripe)))
    match report.body:
        case Changes():
            parts += _changes(report.body)
        case Items(rows=rows, columns=columns, empty=empty):
            cells = ([show_value(row.get(column)) for column in columns] for row in rows)
            parts.append(
                _table([column.replace("_", " ") for column in columns], cells, len(rows), _PROSE_LIMIT)
                if rows
                else markdown(empty)
            )
        case Data(lines=lines):
            parts += [markdown(line) for line in lines]
    if report.findings:
        parts.append(_findings(report.findings))
    parts += [f"**Warning:** {markdown(warning)}" for warning in report.warnings]
    parts += [markdown(note) for note in report.notes]
    if report.block:
        parts.append("\n".join(("<pre>", *map(markdown, report.block), "</pre>")))
    if report.summary_line:
        parts.append(f"**{markdown(report.summary_line)}**")
    if report.failure is not None:
        parts.append(f"**{markdown(report.failure.message)}** {markdown(report.failure.hint)}")
    if report.meter.counted:
        parts.append(f"<sub>{markdown(report.meter.as_line())}</sub>")
    return "\n\n".join(parts) + "\n"


def _findings(findings: Sequence[Finding]) -> str:
    titles = ["finding", "key", "detail"]
    titles += ["remedy"] * any(finding.remedy for finding in findings)
    titles += ["payment"] * any(finding.url for finding in findings)
    values = {"finding": "kind", "payment": "url"}
    rows = ([str(finding.as_json()[values.get(title, title)] or "-") for title in titles] for finding in findings)
    return _table(titles, rows, len(findings), _PROSE_LIMIT)


def _changes(body: Changes) -> list[str]:
    parts = []
    if body.results:
        rows = (
            [
                sign(result.change),
                result.change.action,
                result.change.kind,
                result.change.key,
                _fields(result.change.before),
                _fields(result.change.after),
                result.outcome if result.error is None else f"{result.outcome}: {result.error}",
            ]
            for result in body.results
        )
        titles = ["", "action", "kind", "key", "before", "after", "outcome"]
        parts.append(_table(titles, rows, len(body.results)))
    else:
        parts.append("No changes.")
    if body.skipped:
        skipped = (["refused" if s.blocking else "skipped", s.kind, s.key, s.reason] for s in body.skipped)
        parts.append(_table(["", "kind", "key", "reason"], skipped, len(body.skipped), _PROSE_LIMIT))
    return parts


def _fields(fields: object) -> str:
    return "-" if fields is None else show_value(fields)


def _table(titles: list[str], rows: Iterable[list[str]], count: int, limit: int = _CELL_LIMIT) -> str:
    """Return the first rows as a table; those beyond are counted and never made."""
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    lines += ["| " + " | ".join(markdown(cell, limit) for cell in row) + " |" for row in islice(rows, MAX_ROWS)]
    if count > MAX_ROWS:
        lines.append(f"\n… and {count - MAX_ROWS} more")
    return "\n".join(lines)
