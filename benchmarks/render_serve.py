"""The table of what a receiver did with deliveries."""

from collections.abc import Iterable

from benchmarks.render import render_table
from benchmarks.serve import Served

_HEAD = (
    "Deliveries",
    "Number",
    "A second",
    "503, came again",
    "Completed",
    "Still pending",
    "CPU ms, lmx",
    "sandbox",
    "kB more",
)
_NOTE = (
    "webhooks serve; receiver, sandbox and senders on this one machine. The mix: 10 % complete an enrollment, 70 %\n"
    "were delivered before, 20 % are another environment's. CPU in milliseconds per delivery; memory at the end\n"
    "against after the first tenth."
)


def render_served(runs: Iterable[Served], *, markdown: bool) -> str:
    """Return the table with its note."""
    rows = [
        (
            run.job,
            f"{run.deliveries:,}",
            f"{run.deliveries / run.seconds:.0f}",
            f"{sum(count for status, count in run.statuses.items() if status != 200):,}",
            f"{run.completed:,}",
            f"{run.pending:,}",
            f"{run.receiver_cpu / run.deliveries * 1_000:.1f}",
            f"{run.sandbox_cpu / run.deliveries * 1_000:.1f}",
            f"{run.growth_kb:.0f}",
        )
        for run in runs
    ]
    return f"{_NOTE}\n\n{render_table(_HEAD, rows, markdown=markdown)}"
