"""Reports whose texts name commands with the options of the run, in every format."""

from dataclasses import replace

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.remedy import with_options
from learnermax_cli.planning.report import Changes, Items, Report


def named_report(report: Report, options: str) -> Report:
    """Return a report whose commands carry options, so that a copy of one works where the run worked."""
    if not options:
        return report

    def complete(text: str) -> str:
        return with_options(text, options)

    body = report.body
    if isinstance(body, Items):
        rows = tuple({k: complete(v) if isinstance(v, str) else v for k, v in row.items()} for row in body.rows)
        body = replace(body, rows=rows, empty=complete(body.empty))
    elif isinstance(body, Changes):
        body = replace(body, skipped=tuple(row._replace(reason=complete(row.reason)) for row in body.skipped))
    if report.error is not None:
        name_options(report.error, options)
    return replace(
        report,
        body=body,
        findings=tuple(finding._replace(detail=complete(finding.detail)) for finding in report.findings),
        warnings=tuple(map(complete, report.warnings)),
        notes=tuple(map(complete, report.notes)),
        summary_line=None if report.summary_line is None else complete(report.summary_line),
    )


def name_options(error: LmxError, options: str) -> None:
    """Complete the commands in an error."""
    error.message, error.hint = with_options(error.message, options), with_options(error.hint, options)
