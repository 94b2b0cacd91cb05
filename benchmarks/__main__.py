"""`python -m benchmarks [--quick] [--markdown]`: runs all comparisons and prints their tables."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import Alone, Comparison, compare_reconcile, compare_sync, measure_far_ends
from benchmarks.render import render_alone, render_comparisons, render_units
from benchmarks.world import LATENCY_SECONDS, REQUESTS_PER_SECOND, running_world

PENDING = (100, 1_000, 10_000)
COURSES = (10, 100, 1_000)
_HEAD = (
    f"One sandbox, {LATENCY_SECONDS * 1000:.0f} ms latency, {REQUESTS_PER_SECOND:.0f} requests/s, both sides in one "
    "run; seconds from the first Stripe request to the last.\nlmx first, then the script that asks one by one."
)


def main() -> None:
    """Run the comparisons and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Compare lmx with one-by-one scripts.")
    parser.add_argument("--quick", action="store_true", help="only the smallest sizes")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    options = parser.parse_args()
    comparisons: list[Comparison] = []
    alone: tuple[Alone, ...] = ()
    with tempfile.TemporaryDirectory(prefix="lmx-bench-") as folder, running_world(Path(folder)) as world:
        comparisons += (compare_reconcile(world, pending) for pending in (PENDING[:1] if options.quick else PENDING))
        for courses in COURSES[:1] if options.quick else COURSES:
            comparisons += compare_sync(world, courses)
        if not options.quick:
            alone = measure_far_ends(world)
    sys.stdout.write(_text(comparisons, alone, markdown=options.markdown))


def _text(comparisons: list[Comparison], alone: tuple[Alone, ...], *, markdown: bool) -> str:
    parts = [_HEAD, render_comparisons(comparisons, markdown=markdown), render_units(comparisons, markdown=markdown)]
    if alone:
        baseline = next(c for c in comparisons if (c.job, c.size) == ("reconcile", 1_000))
        more = alone[0].lmx.peak_mb - baseline.lmx.peak_mb
        parts += [render_alone(alone, markdown=markdown), f"Memory: {more:+.0f} MB against 1,000 pending."]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
