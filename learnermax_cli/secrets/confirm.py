"""The question before a stored value is replaced."""

from typing import TYPE_CHECKING

from learnermax_cli.core.errors import FailedError

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report


def require_yes(app: "App", report: "Report", question: str, *, yes: bool) -> None:
    """Show a plan and ask; raises FailedError when the answer is no, GuardError where nobody can answer."""
    if not app.confirm(report, question, yes=yes):
        raise FailedError("not confirmed", hint="Nothing was written.", code="declined")
