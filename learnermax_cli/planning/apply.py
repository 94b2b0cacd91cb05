"""Carries out groups of changes side by side: a failure leaves the others alone, Ctrl-C finishes those in flight."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.retries import is_fatal
from learnermax_cli.planning.change import Change, Result, SupersededError, carried_out, planned


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that belong together, in order; `carry_out` yields after each, and raises LmxError where it fails.

    It yields the SupersededError of a change that the others do not depend on. Where other changes may become necessary
    than those planned, it yields results instead: at least one for each that was planned.
    """

    changes: Sequence[Change]
    carry_out: Callable[[], Iterator[Result | SupersededError | None]]


@dataclass(frozen=True, slots=True)
class Applied:
    """The results of a run, in the order of the plan, and the failure that ended it early, if one did."""

    results: tuple[Result, ...]
    error: LmxError | None = None
    interrupted: bool = False


_Ended = tuple[tuple[Result, ...], LmxError | None]


def apply(groups: Sequence[Group], stop: threading.Event, *, workers: int, progress: Callable[[int], None]) -> Applied:
    """Carry out all groups, at most `workers` at a time; `stop` lets the ones in flight finish and starts no other."""
    ended: dict[int, _Ended] = {}
    fatal: LmxError | None = None
    waiting = iter(range(len(groups)))
    running: dict[Future[_Ended], int] = {}
    with ThreadPoolExecutor(max_workers=workers) as pool:
        while True:
            while len(running) < workers and fatal is None and not stop.is_set():
                if (index := next(waiting, None)) is None:
                    break
                running[pool.submit(_carry_out, groups[index])] = index
            if not running:
                break
            # The timeout lets the main thread see a signal.
            for future in wait(running, timeout=0.2, return_when=FIRST_COMPLETED).done:
                index = running.pop(future)
                ended[index] = future.result()
                fatal = fatal or ended[index][1]
            progress(len(ended))
    results = [ended[index][0] if index in ended else planned(group.changes) for index, group in enumerate(groups)]
    interrupted = stop.is_set() and len(ended) < len(groups)
    return Applied(tuple(result for group in results for result in group), fatal, interrupted)


def _carry_out(group: Group) -> _Ended:
    results: list[Result] = []
    try:
        for done in group.carry_out():
            results.append(done if isinstance(done, Result) else carried_out(group.changes[len(results)], done))
    except LmxError as error:
        # What depends on a superseded change is no longer needed; what depends on a failed one still is.
        needless = isinstance(error, SupersededError)
        rest = group.changes[len(results) :]
        results.extend(Result(change, "superseded" if needless else "failed", error.message) for change in rest[:1])
        results.extend((Result(change, "superseded") for change in rest[1:]) if needless else planned(rest[1:]))
        return tuple(results), error if is_fatal(error) else None
    return tuple(results), None
