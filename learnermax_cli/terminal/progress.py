"""Progress of long work: a bar on a terminal, a line at each quarter where nothing may move."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console as RichConsole

_WORTH_LINES = 20
_LINES = 4

Advance = Callable[[int], None]
"""Takes how much is done."""


@contextmanager
def bar(rich: "RichConsole", label: str, total: int) -> Iterator[Advance]:
    """Show a bar that is gone when the work is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=rich, transient=True) as shown:
        # The total may be unknown, or too low.
        task = shown.add_task(label, total=total or None)
        yield lambda done: shown.update(task, completed=done, total=max(total, done) if total else None)


@contextmanager
def lines(say: Callable[[str], None], label: str, total: int) -> Iterator[Advance]:
    """Say a line at each quarter of long work, and nothing of short work."""
    told = 0

    def advance(done: int) -> None:
        nonlocal told
        quarter = min(_LINES, done * _LINES // total)
        if quarter > told:
            told = quarter
            say(f"{label}: {done} of {max(total, done)}")

    yield advance if total >= _WORTH_LINES else lambda _: None


@contextmanager
def nothing() -> Iterator[Advance]:
    """Show nothing."""
    yield lambda _: None
