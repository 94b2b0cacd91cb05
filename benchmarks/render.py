"""Tables of what was measured, as text or as Markdown."""

from collections.abc import Callable, Iterable, Sequence

from benchmarks.cases import Alone, Comparison
from benchmarks.measuring import Measured
from benchmarks.promises import Promise
from benchmarks.serve import Served

_COMPARED = ("Job", "Size", "Requests", "one by one", "ratio", "Seconds", "one by one", "ratio", "MB", "one by one")
_SERVED: dict[str, Callable[[Served], str]] = {
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
_SERVED_NOTE = (
    "webhooks serve; receiver, sandbox and senders on this one machine. The mix: 10 % complete an enrollment, 70 %\n"
    "were delivered before, 20 % are another environment's. CPU in milliseconds per delivery; memory at the end\n"
    "against after the first tenth."
)
_ALONE = ("Job", "Requests", "Seconds", "MB", "Read units", "Found")


def render_comparisons(comparisons: Iterable[Comparison], *, markdown: bool) -> str:
    """Return the table of comparisons: for each measure lmx first, then the script, then how many times as much."""
    rows = []
    for found in comparisons:
        lmx, script = found.lmx, found.script
        rows.append(
            (
                found.job,
                f"{found.size:,}",
                f"{lmx.requests:,}",
                f"{script.requests:,}",
                _ratio(script.requests, lmx.requests),
                f"{lmx.seconds:.1f}",
                f"{script.seconds:.1f}",
                _ratio(script.seconds, lmx.seconds),
                f"{lmx.peak_mb:.0f}",
                f"{script.peak_mb:.0f}",
            )
        )
    return render_table(_COMPARED, rows, markdown=markdown)


def render_served(runs: Iterable[Served], *, markdown: bool) -> str:
    """Return the table of what a receiver did with deliveries, with its note."""
    rows = [[cell(run) for cell in _SERVED.values()] for run in runs]
    return f"{_SERVED_NOTE}\n\n{render_table(tuple(_SERVED), rows, markdown=markdown)}"


def render_promises(promises: Iterable[Promise], *, markdown: bool) -> str:
    """Return the table of what lmx promises about speed and cost, each with what was measured."""
    rows = [(one.what, _amount(one.measured, one), _amount(one.most, one), _verdict(one)) for one in promises]
    return render_table(("Promise", "Measured", "At most", ""), rows, markdown=markdown)


def _amount(number: float, promise: Promise) -> str:
    decimals = 2 if promise.unit == " x" or number != int(number) else 0
    return f"{number:,.{decimals}f}{promise.unit}"


def _verdict(promise: Promise) -> str:
    return "kept" if promise.kept else "BROKEN"


def render_alone(runs: Iterable[Alone], *, markdown: bool) -> str:
    """Return the table of what lmx did alone."""
    rows = [
        (
            run.job,
            f"{run.lmx.requests:,}",
            f"{run.lmx.seconds:.1f}",
            f"{run.lmx.peak_mb:.0f}",
            f"{run.lmx.read_units:,.0f}",
            render_summary(run.lmx),
        )
        for run in runs
    ]
    return render_table(_ALONE, rows, markdown=markdown)


def render_units(comparisons: Iterable[Comparison], *, markdown: bool) -> str:
    """Return the table of DynamoDB capacity units and of what each side would do."""
    rows = [
        (
            found.job,
            f"{found.size:,}",
            *(f"{side.read_units:,.1f} + {side.write_units:,.1f}" for side in (found.lmx, found.script)),
            *(render_summary(side) for side in (found.lmx, found.script)),
        )
        for found in comparisons
    ]
    head = ("Job", "Size", "Read + write units", "one by one", "Found", "one by one")
    return render_table(head, rows, markdown=markdown)


def render_summary(run: Measured) -> str:
    """Return what a run found, without what it found none of."""
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in run.summary.items() if count)


def _ratio(script: float, lmx: float) -> str:
    return f"{script / lmx:.1f} x" if lmx else "-"


def render_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, markdown: bool) -> str:
    """Return rows under a head, numbers to the right."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = [_line(head, widths), "|".join(["", *("-" * (width + 2) for width in widths), ""])]
    lines += [_line(row, widths) for row in rows]
    if not markdown:
        lines = [line.strip("|").replace("|", " ").rstrip() for line in lines]
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    words = [
        f" {cell:<{width}} " if not cell[:1].isdigit() or ", " in cell else f" {cell:>{width}} "
        for cell, width in zip(cells, widths, strict=True)
    ]
    return "|".join(["", *words, ""])
