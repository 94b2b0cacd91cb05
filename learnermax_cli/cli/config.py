"""`lmx config`: every setting and where it comes from."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report


def config(app: "App") -> "Report":
    """Show every setting: its value (of secrets only that they are there), and where it comes from. Asks nobody.

    Example: lmx config -e prod
    """
    from learnermax_cli.config.listing import first_error, list_notes, list_settings
    from learnermax_cli.planning.report import Items, Report

    sources = app.sources
    shown = list_settings(sources)
    flawed = any(setting.error for setting in shown)
    return Report(
        "config",
        sources.environment or "unknown",
        Items(
            tuple(setting.as_json() for setting in shown), ("name", "value", "source", *(("error",) if flawed else ()))
        ),
        extra={"ignored": list(sources.ignored), "no_env_file": sources.search.reason or None},
        notes=tuple(list_notes(sources)),
        error=first_error(shown),
    )
