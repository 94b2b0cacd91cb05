"""Carries out groups of changes side by side: a failure leaves the others alone, Ctrl-C finishes those in flight."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.retries import is_fatal
from learnermax_cli.planning.change import Ended, Group, Result, carry_out, planned


@dataclass(frozen=True, slots=True)
class Applied:
    """The results of a run, in the order of the plan, and the failure that decides how it ends.

    That is the one that ended it early, if one did, or else the first that ended nothing (`ends_run`).
    """

    results: tuple[Result, ...]
    error: LmxError | None = None
    interrupted: bool = False


def apply(groups: Sequence[Group], stop: threading.Event, *, workers: int, progress: Callable[[int], None]) -> Applied:
    """Carry out all groups, at most `workers` at a time; `stop` lets the ones in flight finish and starts no other."""
    ended: dict[int, Ended] = {}
    fatal: LmxError | None = None
    spared: LmxError | None = None
    waiting = iter(range(len(groups)))
    running: dict[Future[Ended], int] = {}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        while True:
            while len(running) < workers and fatal is None and not stop.is_set():
                if (index := next(waiting, None)) is None:
                    break
                running[pool.submit(carry_out, groups[index])] = index
            if not running:
                break
            # The timeout lets the main thread see a signal.
            for future in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
                index = running.pop(future)
                ended[index] = future.result()
                error = ended[index][1]
                if error is not None and is_fatal(error):
                    fatal = fatal or error
                elif error is not None and not error.ends_run:
                    spared = spared or error
            progress(len(ended))
    results = [ended[index][0] if index in ended else planned(group.changes) for index, group in enumerate(groups)]
    interrupted = stop.is_set() and len(ended) < len(groups)
    return Applied(tuple(result for group in results for result in group), fatal or spared, interrupted)
