"""Reports as they should look in a pull request or a step summary; all text from outside is escaped."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, groupby, islice

from learnermax_cli.core.text_safety import markdown, markdown_cell
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.confirm import describe_place
from learnermax_cli.planning.report import Changes, Data, Items, Report
from learnermax_cli.planning.show_change import Block, blocks, count_blocks, show_value, sign, unsaid_rows

# A step summary may hold 1 MiB [doc "Workflow commands"]; a reader has had enough long before.
MAX_ROWS = 500
_MAX_WARNINGS = 20  # of courses, which may be hundreds: what needs attention stands below them
_TEXT_LIMIT = 80  # of each text in a plan, so that what stands behind it is seen too
_CONTINUED = " " * 4  # of a line with what the line above has no room for on a terminal
_PROSE_LIMIT = 2_000  # of a cell: neither the commands in a reason nor a price must be cut off


def render_markdown(report: Report) -> str:
    """Return the whole report as GitHub-flavoured Markdown."""
    parts = [f"### lmx {report.command}: {report.environment}" + (" (dry run)" if report.dry_run else "")]
    if identity := _identity(report):
        parts.append(f"**{markdown(identity)}**" if report.live else markdown(identity))
    if report.closing:
        parts.append(f"**{markdown(report.closing)}**")
    if report.failure is not None:
        parts.append(f"**{markdown(report.failure.message)}** {markdown(report.failure.hint)}")
    parts += [f"**Warning:** {markdown(warning)}" for warning in report.warnings[:_MAX_WARNINGS]]
    if (more := len(report.warnings) - _MAX_WARNINGS) > 0:
        parts.append(f"… and {more} more warning{'s' * (more > 1)}")
    if report.findings:
        parts.append(_findings(report.findings))
    match report.body:
        case Changes():
            parts += _changes(report)
        case Items(rows=rows, columns=columns, empty=empty):
            cells = ([show_value(row.get(column)) for column in columns] for row in rows)
            parts.append(
                _table([column.replace("_", " ") for column in columns], cells, len(rows)) if rows else markdown(empty)
            )
        case Data(lines=lines):
            parts += _prose(lines)
    parts += [markdown(note) for note in report.notes]
    if report.block:
        parts.append("\n".join(("<pre>", *map(markdown, report.block), "</pre>")))
    if report.meter.counted:
        parts.append(f"<sub>{markdown(report.meter.as_line())}</sub>")
    return "\n\n".join(parts) + "\n"


def cut_short(text: str, size: int, why: str) -> str:
    """Return as many lines of Markdown as fit into so many bytes, and where that is not all of them, why."""
    whole, end = text.encode(), f"\n**Cut short here: {why}**\n"
    if len(whole) <= size:
        return text
    room = size - len(end.encode()) - 1
    return whole[:room].rpartition(b"\n")[0].decode() + "\n" + end if room >= 0 else ""


def _identity(report: Report) -> str:
    """Return whose data it is about; of a run that failed, who reads of it elsewhere needs to know the table, too."""
    if report.failure is not None and report.table is not None:
        return describe_place(report.environment, report.stripe, report.table)
    return "" if report.stripe is None else str(report.stripe)


def _prose(lines: Sequence[str]) -> Iterator[str]:
    """Yield what belongs together as a list, below its title if the rest is indented; a single line as it is."""
    for filled, group in groupby(lines, key=bool):
        block = list(group) if filled else []
        if len(block) == 1 or (block and block[1].startswith(" ")):
            title = markdown(block.pop(0).strip())
            yield f"**{title}**" if block else title
        items: list[str] = []
        for line in block:
            if items and line.startswith(_CONTINUED):
                items[-1] += " " + markdown(line.strip())
            else:
                items.append("- " + markdown(line.strip()))
        if items:
            yield "\n".join(items)


def _findings(findings: Sequence[Finding]) -> str:
    """Return a list, whose lines fold where the page ends: in a table, ids and commands push the rest out of sight."""
    lines = ["- " + "<br>".join(_parts(finding)) for finding in findings[:MAX_ROWS]]
    if (more := len(findings) - MAX_ROWS) > 0:
        lines.append(f"\n… and {more} more")
    return "\n".join(lines)


def _parts(finding: Finding) -> Iterator[str]:
    """Yield what a finding is, the command that settles it, and its payment."""
    kind, key, detail = (markdown_cell(text, _PROSE_LIMIT) for text in finding[:3])
    yield f"**{kind}** {key}: {detail}"
    if finding.remedy:
        yield f"<code>{markdown_cell(finding.remedy, _PROSE_LIMIT)}</code>"
    if finding.url:
        yield markdown_cell(finding.url)


def _changes(report: Report) -> list[str]:
    body = report.body
    assert isinstance(body, Changes)
    parts = []
    flaws = [["refused", row.kind, row.key, row.reason] for row in body.skipped if row.blocking]
    failed = sum(result.outcome == "failed" for result in body.results)
    if failed or flaws:
        parts.append(_table(["", "kind", "key", "reason"], chain(_failed(body), flaws), failed + len(flaws)))
    if not body.results:
        parts.append("No changes.")
    elif report.by_key:
        parts.append(_block_table(body))
    else:
        parts.append(_change_table(body))
    skipped = [["skipped", row.kind, row.key, row.reason] for row in unsaid_rows(report) if not row.blocking]
    if skipped:
        parts.append(_table(["", "kind", "key", "reason"], skipped, len(skipped)))
    return parts


def _failed(body: Changes) -> Iterator[list[str]]:
    """Yield a row for each change that failed, and why."""
    for result in body.results:
        if result.outcome == "failed":
            reason = f"{result.change.action}: {result.error}" if result.error else result.change.action
            yield ["failed", result.change.kind, result.change.key, reason]


def _block_table(body: Changes) -> str:
    """Return a row for each course or enrollment: what is done, and what it changes, no price ever cut off."""
    shown = blocks(body.results, _TEXT_LIMIT, by_key=True)
    rows = ([block.sign, ", ".join(block.steps), _reasoned(block), block.outcome] for block in shown)
    return _table(["", "change", "fields", "outcome"], rows, count_blocks(body.results))


def _reasoned(block: Block) -> str:
    fields = "; ".join(map(str, block.fields)) or "-"
    return f"{fields} ({block.reason})" if block.reason else fields


def _change_table(body: Changes) -> str:
    rows = (
        [
            sign(result.change),
            result.change.action,
            result.change.kind,
            result.change.key,
            show_value(result.change.before, _TEXT_LIMIT),
            show_value(result.change.after, _TEXT_LIMIT),
            result.outcome if result.error is None else f"{result.outcome}: {result.error}",
        ]
        for result in body.results
    )
    titles = ["", "action", "kind", "key", "before", "after", "outcome"]
    return _table(titles, rows, len(body.results))


def _table(titles: list[str], rows: Iterable[list[str]], count: int) -> str:
    """Return the first rows as a table; those beyond are counted and never made."""
    lines = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    lines += [
        "| " + " | ".join(markdown_cell(cell, _PROSE_LIMIT) for cell in row) + " |" for row in islice(rows, MAX_ROWS)
    ]
    if count > MAX_ROWS:
        lines.append(f"\n… and {count - MAX_ROWS} more")
    return "\n".join(lines)
