"""`python -m benchmarks [--quick] [--only PART] [--markdown]`: measures, prints tables; exit 1 for a broken promise."""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.after_sales import measure_refunds, measure_students
from benchmarks.cases import compare_reconcile, compare_sync, measure_by_id, measure_far_ends
from benchmarks.cold_start import measure_cold_start
from benchmarks.promises import Promise, reconcile_promises
from benchmarks.render import render_alone, render_comparisons, render_promises, render_served, render_units
from benchmarks.serve import measure_limited, measure_serve
from benchmarks.startup import measure_startup
from benchmarks.world import LATENCY_SECONDS, REQUESTS_PER_SECOND, World, running_world

_HEAD = (
    f"One sandbox, {LATENCY_SECONDS * 1000:.0f} ms latency, {REQUESTS_PER_SECOND:.0f} requests/s, both sides in one "
    "run; seconds from the first Stripe request to the last.\nlmx first, then the script that asks one by one."
)


class Sizes(NamedTuple):
    """How much is measured."""

    runs: int
    completed: Sequence[int]
    by_id: int
    pending: Sequence[int]
    many: Sequence[int]
    courses: Sequence[int]
    deliveries: int
    limited: int


class Found(NamedTuple):
    """What a part has found: tables, and what was promised."""

    tables: Sequence[str] = ()
    promises: Sequence[Promise] = ()


FULL = Sizes(
    runs=21, completed=(10_000, 100_000), by_id=10_000, pending=(100, 1_000, 10_000), many=(1_000, 100_000),
    courses=(10, 100, 1_000), deliveries=20_000, limited=500,
)  # fmt: skip
QUICK = Sizes(
    runs=5, completed=(1_000,), by_id=250, pending=(100,), many=(), courses=(10,), deliveries=2_000, limited=50
)


def main() -> None:
    """Measure part by part, and print each part when it is done."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the speed and cost of lmx.")
    parser.add_argument("--quick", action="store_true", help="only the smallest sizes")
    parser.add_argument("--only", action="append", choices=_PARTS, metavar="PART", help=", ".join(_PARTS))
    parser.add_argument("--markdown", action="store_true", help="print Markdown tables")
    options = parser.parse_args()
    sizes = QUICK if options.quick else FULL
    promises: list[Promise] = []
    with tempfile.TemporaryDirectory(prefix="lmx-bench-") as folder, running_world(Path(folder)) as world:
        for name in options.only or _PARTS:
            found = _PARTS[name](world, sizes, options.markdown)
            promises += found.promises
            for table in found.tables:
                sys.stdout.write(table + "\n\n")
                sys.stdout.flush()
    sys.stdout.write(render_promises(promises, markdown=options.markdown) + "\n")
    sys.exit(0 if all(promise.kept for promise in promises) else 1)


def _startup(world: World, sizes: Sizes, _markdown: bool) -> Found:
    return Found(promises=measure_startup(world, sizes.runs))


def _cold_start(world: World, sizes: Sizes, _markdown: bool) -> Found:
    return Found(promises=measure_cold_start(world, sizes.runs))


def _after_sales(world: World, sizes: Sizes, _markdown: bool) -> Found:
    promises = [promise for completed in sizes.completed for promise in measure_refunds(world, completed)]
    return Found(promises=[*promises, *measure_students(world, sizes.completed[-1])])


def _by_id(world: World, sizes: Sizes, _markdown: bool) -> Found:
    return Found(promises=[measure_by_id(world, sizes.by_id)])


def _reconcile(world: World, sizes: Sizes, markdown: bool) -> Found:
    compared = [compare_reconcile(world, count) for count in sizes.pending]
    tables = (_HEAD, render_comparisons(compared, markdown=markdown), render_units(compared, markdown=markdown))
    return Found(tables, reconcile_promises(compared[-1].size, compared[-1].lmx))


def _sync(world: World, sizes: Sizes, markdown: bool) -> Found:
    compared = [one for courses in sizes.courses for one in compare_sync(world, courses)]
    return Found((render_comparisons(compared, markdown=markdown), render_units(compared, markdown=markdown)))


def _far_ends(world: World, sizes: Sizes, markdown: bool) -> Found:
    if not sizes.many:
        return Found()
    runs, memory = measure_far_ends(world, *sizes.many)
    return Found((render_alone(runs, markdown=markdown),), (memory,))


def _deliveries(world: World, sizes: Sizes, markdown: bool) -> Found:
    served = (measure_serve(world, sizes.deliveries), measure_limited(world, sizes.limited))
    return Found((render_served(served, markdown=markdown),))


_PARTS: dict[str, Callable[[World, Sizes, bool], Found]] = {
    "startup": _startup,
    "cold-start": _cold_start,
    "after-sales": _after_sales,
    "by-id": _by_id,
    "reconcile": _reconcile,
    "sync": _sync,
    "far-ends": _far_ends,
    "deliveries": _deliveries,
}

if __name__ == "__main__":
    main()
