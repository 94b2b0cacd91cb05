"""The table of what a receiver did with deliveries."""

from collections.abc import Callable, Iterable

from benchmarks.render import render_table
from benchmarks.serve import Served

_COLUMNS: dict[str, Callable[[Served], str]] = {
    "Deliveries": lambda run: run.job,
    "Number": lambda run: f"{run.deliveries:,}",
    "A second": lambda run: f"{run.deliveries / run.seconds:.0f}",
    "503, came again": lambda run: f"{sum(count for status, count in run.statuses.items() if status != 200):,}",
    "Completed": lambda run: f"{run.completed:,}",
    "Still pending": lambda run: f"{run.pending:,}",
    "CPU ms, lmx": lambda run: f"{run.receiver_cpu / run.deliveries * 1_000:.1f}",
    "sandbox": lambda run: f"{run.sandbox_cpu / run.deliveries * 1_000:.1f}",
    "kB more": lambda run: f"{run.growth_kb:.0f}",
}
_NOTE = (
    "webhooks serve; receiver, sandbox and senders on this one machine. The mix: 10 % complete an enrollment, 70 %\n"
    "were delivered before, 20 % are another environment's. CPU in milliseconds per delivery; memory at the end\n"
    "against after the first tenth."
)


def render_served(runs: Iterable[Served], *, markdown: bool) -> str:
    """Return the table with its note."""
    rows = [[cell(run) for cell in _COLUMNS.values()] for run in runs]
    return f"{_NOTE}\n\n{render_table(tuple(_COLUMNS), rows, markdown=markdown)}"
