"""GitHub Actions: the step summary, the outputs and the annotations of a report, within the limits of Actions."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.secret_text import scrub
from learnermax_cli.core.text_safety import markdown, printable, workflow_command_message, workflow_command_property
from learnermax_cli.planning.change import digest
from learnermax_cli.planning.render_markdown import cut_short, render_markdown
from learnermax_cli.planning.report import Changes, Report, without_private_lines

# [doc "Workflow commands"]: a step's summary holds 1 MiB, of all its commands together; ten annotations of a kind are
# shown per step.
MAX_SUMMARY_BYTES = 1 << 20
MAX_ANNOTATIONS = 10
_CUT = "GitHub shows 1 MiB of a step's summary. The log of the step has the whole report."
_WARNINGS_FIRST = 5  # before the findings, which many warnings must not hide


def tell_failure(command: str, error: LmxError, place: str, environ: Mapping[str, str]) -> None:
    """Write a summary and an annotation for a run that did not reach a report; `place` is what it was to work on."""
    parts = (
        f"### lmx {markdown(command)}: failed",
        markdown(place),
        f"**{markdown(error.message)}** {markdown(error.hint)}",
    )
    text = "\n\n".join(filter(None, parts)) + "\n"
    if summary_path := environ.get("GITHUB_STEP_SUMMARY"):
        _append_summary(Path(summary_path), scrub(text))
    _say(_error(error))


def tell_actions(report: Report, environ: Mapping[str, str]) -> bool:
    """Write what Actions reads: $GITHUB_STEP_SUMMARY, $GITHUB_OUTPUT, and annotations on stderr.

    Return whether the outputs were written: later steps go by them, while a summary is only read.
    """
    summary_path = environ.get("GITHUB_STEP_SUMMARY")
    if summary_path:
        _append_summary(Path(summary_path), scrub(render_markdown(without_private_lines(report))))
    flaw = _append(environ.get("GITHUB_OUTPUT"), _outputs(report).encode())
    if flaw is not None:
        _say(_annotation("error", "GitHub Actions", f"{flaw}: later steps get no outputs of this run"))
    for level, annotations in (("error", _errors(report)), ("warning", _warnings(report))):
        for line in _within_limit(level, annotations):
            _say(line)
    return flaw is None


def _within_limit(level: str, annotations: Iterator[str]) -> Iterator[str]:
    """Yield what Actions shows of annotations: where they are too many, the last one says how many more there are."""
    yield from islice(annotations, MAX_ANNOTATIONS - 1)
    last, more = next(annotations, None), sum(1 for _ in annotations)
    if last is not None:
        yield _annotation(level, "lmx", f"{more + 1} more: see the summary of the run") if more else last


def _outputs(report: Report) -> str:
    if not isinstance(report.body, Changes):
        return ""
    results = report.body.results
    fingerprint = digest(result.change for result in results)
    return f"changes={len(results)}\nhas_changes={'true' if results else 'false'}\ndigest={fingerprint}\n"


def _errors(report: Report) -> Iterator[str]:
    if report.error is not None:
        yield _error(report.error)
    if isinstance(report.body, Changes):
        for result in report.body.results:
            if result.outcome == "failed":
                yield _annotation("error", result.change.key, result.error or "failed")
        yield from (_annotation("error", row.key, row.reason) for row in report.body.skipped if row.blocking)


def _warnings(report: Report) -> Iterator[str]:
    warnings = [_annotation("warning", f"lmx {report.command}", warning) for warning in report.warnings]
    yield from warnings[:_WARNINGS_FIRST]
    for found in (*report.findings, *report.annotated):
        yield _annotation("warning", f"{found.kind} {found.key}", " - ".join(filter(None, found[2:])))
    yield from warnings[_WARNINGS_FIRST:]


def _error(error: LmxError) -> str:
    return _annotation("error", error.code, f"{error.message.removesuffix('.')}. {error.hint}")


def _annotation(level: str, title: str, message: str) -> str:
    title = workflow_command_property(printable(title))
    return f"::{level} title={title}::{workflow_command_message(printable(message))}"


def _append_summary(path: Path, summary: str) -> None:
    """Append to the step's summary what there is room for; an earlier command of the step may have used some."""
    used = 0
    with suppress(OSError):  # none yet, or unreadable: appending shows it
        used = path.stat().st_size
    flaw = _append(str(path), cut_short(summary, MAX_SUMMARY_BYTES - used, _CUT).encode())
    if flaw is not None:  # what the run has done, and how it ended, stays so
        _say(_annotation("warning", "GitHub Actions", flaw))


def _append(path: str | None, content: bytes) -> str | None:
    """Append to a file of Actions, if there is one; return why that could not be, None when it is done."""
    if not path or not content:
        return None
    try:
        with Path(path).open("ab") as file:
            file.write(content)
    except OSError as error:
        return f"{path} can't be written: {error.strerror}"
    return None


def _say(line: str) -> None:
    with suppress(OSError, ValueError):  # a closed stderr does not change how a run ends
        sys.stderr.write(scrub(line) + "\n")
        sys.stderr.flush()
