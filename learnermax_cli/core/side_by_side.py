"""Calls that wait for a network, several at a time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

WORKERS = 8
"""Calls under way at a time; the rate limit holds for all of them together."""

A = TypeVar("A")
B = TypeVar("B")


def side_by_side(call: Callable[[A], B], wanted: Sequence[A], workers: int = WORKERS) -> list[B]:
    """Return what a call returns for each, in order; raises what it raises, and then begins no more calls."""
    if len(wanted) <= 1:
        return [call(one) for one in wanted]
    pool = ThreadPoolExecutor(min(workers, len(wanted)))
    try:
        return list(pool.map(call, wanted))
    finally:
        pool.shutdown(cancel_futures=True)
