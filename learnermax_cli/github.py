"""GitHub Actions: the step summary, the outputs and the annotations of a report, within the limits of Actions."""

import sys
from collections.abc import Mapping
from pathlib import Path

from learnermax_cli.planning.change import digest
from learnermax_cli.planning.render_markdown import render_markdown
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.secret_text import scrub
from learnermax_cli.text_safety import printable, workflow_command_message, workflow_command_property

# [doc "Workflow commands"]: a step summary holds 1 MiB; ten annotations of a kind are shown per step.
MAX_SUMMARY_BYTES = 1_000_000
MAX_ANNOTATIONS = 10


def tell_actions(report: Report, environ: Mapping[str, str]) -> None:
    """Write what Actions reads: $GITHUB_STEP_SUMMARY, $GITHUB_OUTPUT, and annotations on stderr."""
    summary = scrub(render_markdown(report)).encode()
    if len(summary) > MAX_SUMMARY_BYTES:
        summary = summary[:MAX_SUMMARY_BYTES].rpartition(b"\n")[0] + b"\n\ncut short\n"
    _append(environ.get("GITHUB_STEP_SUMMARY"), summary)
    _append(environ.get("GITHUB_OUTPUT"), _outputs(report).encode())
    annotations = _annotations(report)
    for level in ("::error ", "::warning "):
        for line in [line for line in annotations if line.startswith(level)][:MAX_ANNOTATIONS]:
            sys.stderr.write(scrub(line) + "\n")


def _outputs(report: Report) -> str:
    if not isinstance(report.body, Changes):
        return ""
    changes = [result.change for result in report.body.results]
    return f"changes={len(changes)}\nhas_changes={'true' if changes else 'false'}\ndigest={digest(changes)}\n"


def _annotations(report: Report) -> list[str]:
    lines = []
    if report.error is not None:
        lines.append(_annotation("error", report.error.code, f"{report.error.message}. {report.error.hint}"))
    if isinstance(report.body, Changes):
        failed = [result for result in report.body.results if result.outcome == "failed"]
        lines += [_annotation("error", result.change.key, result.error or "failed") for result in failed]
        lines += [_annotation("error", row.key, row.reason) for row in report.body.skipped if row.blocking]
    return lines + [_annotation("warning", f"{f.kind} {f.key}", f.detail) for f in report.findings]


def _annotation(level: str, title: str, message: str) -> str:
    title = workflow_command_property(printable(title))
    return f"::{level} title={title}::{workflow_command_message(printable(message))}"


def _append(path: str | None, content: bytes) -> None:
    if path and content:
        with Path(path).open("ab") as file:
            file.write(content)
