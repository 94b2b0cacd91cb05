"""What a function says, as JSON lines for CloudWatch; everything is scrubbed of keys, as on a terminal."""

import json
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING

from learnermax_cli.adapters.awslambda.invocation import Context
from learnermax_cli.core.errors import LmxError
from learnermax_cli.terminal.console import Console, Manner
from learnermax_cli.webhooks.model import Handled

if TYPE_CHECKING:
    from learnermax_cli.planning.report import Report


_MOST_ROWS = 200  # a line of CloudWatch takes 256 KB [doc "CloudWatch Logs quotas"]


class LogConsole(Console):
    """The console of a function: nobody is asked, nothing is drawn, every word is one line of JSON."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(Manner("json", quiet=True), environ)
        self._request: str | None = None

    def log(self, message: str, fields: Mapping[str, object], level: str = "INFO") -> None:
        """Write one line with fields of its own."""
        line = {"level": level, "message": message, "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}
        self.data(json.dumps({**line, "request": self._request, **fields}, default=str))

    def set_request(self, context: Context) -> None:
        """Name the invocation in every line from now on."""
        self._request = context.aws_request_id

    def note(self, text: str) -> None:
        """Say something."""
        self.log(text, {})

    def debug(self, text: str) -> None:
        """Say nothing: Stripe's and AWS's own logs have every request."""

    def warn(self, text: str) -> None:
        """Warn."""
        self.log(text, {}, "WARNING")

    def error(self, error: LmxError) -> None:
        """Tell of an expected failure."""
        self.log(error.message, {"code": error.code, "hint": error.hint}, "ERROR")

    def bug(self, bug: Exception) -> None:
        """Tell of what nobody expected, with its traceback."""
        told = "".join(traceback.format_exception(bug))
        self.log(f"a bug: {type(bug).__name__}", {"code": "failed.bug", "traceback": told}, "ERROR")


def describe(handled: Handled | None) -> dict[str, object]:
    """Return what a log line says of an event: ids, and what became of it."""
    if handled is None:
        return {}
    hint = handled.hint
    names = {"event": hint.event_id, "type": hint.type, "session": hint.session_id, "enrollment": str(hint.key or "-")}
    findings = [finding.as_json() for finding in handled.findings]
    return {**names, "effect": handled.effect, "state": handled.state, "findings": findings}


def cut_report(report: "Report") -> dict[str, object]:
    """Return the document of a report with at most so many rows of each list as a log line holds."""
    document: dict[str, object] = {}
    left_out = {}
    for name, value in report.fields():
        if not isinstance(value, Iterator | list):
            document[name] = value
            continue
        rows = iter(value)
        document[name] = list(islice(rows, _MOST_ROWS))
        if rest := sum(1 for _ in rows):
            left_out[name] = rest
    return {**document, "left_out": left_out} if left_out else document
