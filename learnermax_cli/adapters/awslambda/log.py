"""What leaves a function beside its answer: JSON lines for CloudWatch, and failures; both without secrets."""

import json
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from learnermax_cli.adapters.awslambda.invocation import Context
from learnermax_cli.core.errors import FailedError, LmxError
from learnermax_cli.core.secret_text import scrub
from learnermax_cli.planning.change import Mask, masked
from learnermax_cli.terminal.console import Console, Manner
from learnermax_cli.webhooks.model import Handled

if TYPE_CHECKING:
    from learnermax_cli.planning.report import Report


Count = Callable[[Exception], Mapping[str, object]]
NO_FIELDS: Mapping[str, object] = MappingProxyType({})
_MOST_ROWS = 200  # a line of CloudWatch takes 256 KB [doc "CloudWatch Logs quotas"]


class LogConsole(Console):
    """The console of a function: every message is one line of JSON."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(Manner("json", quiet=True), environ)
        self._request: str | None = None

    def log(self, message: str, fields: Mapping[str, object], level: str = "INFO") -> None:
        """Write one line with fields of its own."""
        line = {"level": level, "message": message, "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds")}
        document = masked({**line, "request": self._request, **fields}, self.mask)
        sys.stdout.write(scrub(json.dumps(document, default=str)) + "\n")

    def set_request(self, context: Context) -> None:
        """Put the id of the invocation into every line from now on."""
        self._request = context.aws_request_id

    def note(self, text: str, *, urgent: bool = False) -> None:  # noqa: ARG002 - all is logged
        """Log a message."""
        self.log(text, {})

    def debug(self, text: str) -> None:
        """Log nothing: Stripe's and AWS's own logs have every request."""

    def waiting(self, text: str) -> None:
        """Log nothing."""

    def warn(self, text: str) -> None:
        """Log a warning."""
        self.log(text, {}, "WARNING")

    def error(self, error: LmxError, fields: Mapping[str, object] = NO_FIELDS) -> None:
        """Log an expected failure."""
        self.log(error.message, {"code": error.code, "hint": error.hint, **fields}, "ERROR")

    def bug(self, bug: Exception, fields: Mapping[str, object] = NO_FIELDS) -> None:
        """Log a bug with its traceback."""
        text = "".join(traceback.format_exception(bug))
        self.log(f"a bug: {type(bug).__name__}", {"code": "failed.bug", "traceback": text, **fields}, "ERROR")


def describe(handled: Handled | None) -> dict[str, object]:
    """Return the fields of a log line about an event: ids, and what was done with it."""
    if handled is None:
        return {}
    hint = handled.hint
    names = {"event": hint.event_id, "type": hint.type, "session": hint.session_id, "enrollment": str(hint.key or "-")}
    findings = [finding.as_json() for finding in handled.findings]
    owed = {} if handled.owed is None else {"owed": True}
    return {**names, "effect": handled.effect, "state": handled.state, "findings": findings, **owed}


def cut_report(report: "Report") -> dict[str, object]:
    """Return the document of a report, with as many rows of each list as a log line holds."""
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


class UnexpectedError(FailedError):
    """A bug; the state machine knows by the name of this class that a retry does not help."""


@contextmanager
def safe_to_leave(console: LogConsole, count: Count | None = None) -> Iterator[None]:
    """Let no failure out that holds a key: expected ones are masked, and the traceback of a bug is only logged.

    `count` returns further fields of a bug's line.
    """
    try:
        yield
    except LmxError as error:
        raise _masked(error, console.mask) from None
    except Exception as bug:  # noqa: BLE001 - it is logged, and leaves without its text
        console.bug(bug, NO_FIELDS if count is None else count(bug))
        hint = "Its traceback is in the log of the function."
        raise UnexpectedError(f"a bug: {type(bug).__name__}", hint=hint, code="failed.bug") from None


def _masked(error: LmxError, mask: Mask) -> LmxError:
    """Return a copy of the same class: Step Functions decide by its name whether to retry."""
    copy = type(error).__new__(type(error))
    LmxError.__init__(copy, mask(error.message), hint=mask(error.hint), code=error.code)
    copy.exit_code = error.exit_code
    return copy
