"""`lmx doctor`: parse, call, show."""

from typing import TYPE_CHECKING

from learnermax_cli.cli.command import add_command

if TYPE_CHECKING:
    import typer

    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report


def add_doctor(root: "typer.Typer") -> None:
    """Register the command at the root of the tree."""

    @add_command(root, "doctor")
    def doctor(app: "App") -> "Report":
        """Check every precondition of the other commands; each failure names its remedy. Writes nothing.

        Example: lmx doctor -e prod
        """
        from learnermax_cli.core.retries import INTERACTIVE
        from learnermax_cli.doctor.run import run_doctor

        app.report_mismatches = True
        app.retry_policy = INTERACTIVE  # somebody waits for the report
        return run_doctor(app)
