"""The reports of `lmx sandbox start`, `stop`, `status`, `reset` and `env`."""

import json
import shlex

from learnermax_cli.config.sandbox_state import SandboxInfo, not_running
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.sandbox.client import SandboxClient

ENVIRONMENT = "sandbox"
_SHOWN = ("pid", "stripe_url", "aws_url", "control_url", "stripe_account", "region", "created")


def running_report(command: str, info: SandboxInfo, *done: str) -> Report:
    """Describe a running sandbox, after what was done to it; only `sandbox env` prints its keys."""
    notes = SandboxClient(info.control_url).notes()
    value: dict[str, object] = {"running": True, **{name: getattr(info, name) for name in _SHOWN}, "notes": notes}
    lines = (
        *done,
        f"The sandbox runs (process {info.pid}, since {info.created}).",
        f"Stripe: {info.stripe_url}  account {info.stripe_account}",
        f"AWS:    {info.aws_url}  region {info.region}",
        "Student: test-student, to try a checkout with",
        'Use it: -e sandbox, or for other tools: eval "$(lmx sandbox env)"',
        *(f"Note: {note['note']} ({note['requests']} request{'s' * (note['requests'] > 1)})" for note in notes),
    )
    return Report(
        command=command, environment=ENVIRONMENT, body=Data(value, lines, message=command != "sandbox status")
    )


def stopped_report(*, was_running: bool) -> Report:
    """Report that no sandbox runs any more."""
    line = "The sandbox is stopped." if was_running else "No sandbox was running."
    value = {"running": False, "was_running": was_running}
    return Report(command="sandbox stop", environment=ENVIRONMENT, body=Data(value, (line,), message=True))


def missing_report(command: str) -> Report:
    """Report that no sandbox runs, as a configuration error."""
    return Report(command=command, environment=ENVIRONMENT, body=Data({"running": False}, ()), error=not_running())


def export_lines(info: SandboxInfo) -> str:
    """Render the sandbox's variables as lines for a POSIX shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in info.environment().items())


def environment_document(info: SandboxInfo) -> str:
    """Render the sandbox's variables as one JSON document."""
    report = Report("sandbox env", ENVIRONMENT, Data(info.environment(), ()))
    return json.dumps(report.as_json(), indent=2)
