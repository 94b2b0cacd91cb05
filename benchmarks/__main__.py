"""`python -m benchmarks [--quick] [--markdown]`: runs all comparisons and prints their tables."""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.cases import (
    MANY,
    Alone,
    Comparison,
    compare_reconcile,
    compare_sync,
    measure_by_id,
    measure_far_ends,
    measure_refunds,
)
from benchmarks.cold_start import measure_cold_start, render_cold_start
from benchmarks.render import render_alone, render_comparisons, render_units
from benchmarks.render_serve import render_served
from benchmarks.serve import Served, measure_limited, measure_serve
from benchmarks.world import LATENCY_SECONDS, REQUESTS_PER_SECOND, World, running_world

PENDING = (100, 1_000, 10_000)
COURSES = (10, 100, 1_000)
DELIVERIES = 20_000
LIMITED_DELIVERIES = 500
_HEAD = (
    f"One sandbox, {LATENCY_SECONDS * 1000:.0f} ms latency, {REQUESTS_PER_SECOND:.0f} requests/s, both sides in one "
    "run; seconds from the first Stripe request to the last.\nlmx first, then the script that asks one by one."
)


def main() -> None:
    """Run the comparisons and print them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Compare lmx with one-by-one scripts.")
    parser.add_argument("--quick", action="store_true", help="only the smallest sizes")
    parser.add_argument("--deliveries", action="store_true", help="only webhooks serve")
    parser.add_argument("--cold-start", action="store_true", help="only the cold start on Lambda")
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    options = parser.parse_args()
    comparisons: list[Comparison] = []
    alone: tuple[Alone, ...] = ()
    with tempfile.TemporaryDirectory(prefix="lmx-bench-") as folder, running_world(Path(folder)) as world:
        sys.stdout.write(render_cold_start(measure_cold_start(world)) + "\n")
        if options.cold_start:
            return
        served = measure_deliveries(world, 10 if options.quick else 1)
        if not options.deliveries:
            comparisons += (compare_reconcile(world, count) for count in (PENDING[:1] if options.quick else PENDING))
            for courses in COURSES[:1] if options.quick else COURSES:
                comparisons += compare_sync(world, courses)
            if not options.quick:
                alone = (*measure_far_ends(world), measure_refunds(world, MANY), measure_by_id(world, PENDING[1]))
            sys.stdout.write(_text(comparisons, alone, markdown=options.markdown) + "\n")
    sys.stdout.write(render_served(served, markdown=options.markdown) + "\n")


def measure_deliveries(world: World, share: int) -> tuple[Served, Served]:
    """Deliver webhooks without and with Stripe's rate limit, or only a share of them."""
    return measure_serve(world, DELIVERIES // share), measure_limited(world, LIMITED_DELIVERIES // share)


def _text(comparisons: list[Comparison], alone: tuple[Alone, ...], *, markdown: bool) -> str:
    parts = [_HEAD, render_comparisons(comparisons, markdown=markdown), render_units(comparisons, markdown=markdown)]
    if alone:
        baseline = next(c for c in comparisons if (c.job, c.size) == ("reconcile", 1_000))
        more = alone[0].lmx.peak_mb - baseline.lmx.peak_mb
        parts += [render_alone(alone, markdown=markdown), f"Memory: {more:+.0f} MB against 1,000 pending."]
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
