"""Runs checks side by side: each waits only for those that it needs, and none hides another."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from learnermax_cli.core.errors import Exit, LmxError
from learnermax_cli.doctor.model import Verdict, failed_by, not_checked

Verdicts = Iterable[Verdict]


@dataclass(frozen=True, slots=True)
class Check:
    """One question; `needs` names earlier checks without whose success there is nothing to ask."""

    name: str
    run: Callable[[], Verdicts]
    needs: tuple[str, ...] = ()


def run_checks(checks: Sequence[Check]) -> tuple[Verdict, ...]:
    """Return the verdicts of all checks, in their order."""
    running: dict[str, Future[tuple[Verdict, ...]]] = {}
    # A thread for each, so that one which waits for another never keeps that from running.
    with ThreadPoolExecutor(len(checks) or 1) as pool:
        for check in checks:
            before = {name: running[name] for name in check.needs}
            running[check.name] = pool.submit(_run, check, before)
        return tuple(verdict for future in running.values() for verdict in future.result())


def _run(check: Check, needed: Mapping[str, "Future[tuple[Verdict, ...]]"]) -> tuple[Verdict, ...]:
    for name, future in needed.items():
        first = future.result()[0]
        # Trouble with one answer need not meet the next who asks; credentials, configuration and no connection do.
        if first.status == "failed" and (first.exit_code is not Exit.FAILED or first.unreachable):
            return (not_checked(check.name, f"“{name}” failed"),)
        if first.status == "not checked":
            return (not_checked(check.name, f"“{name}” was not checked"),)
    try:
        return tuple(check.run())
    except LmxError as error:
        return (failed_by(check.name, error),)
