"""What is compared: reconciling and syncing at several sizes, and reconciling at the far ends."""

from dataclasses import dataclass

from benchmarks.measuring import Measured, measure_lmx, measure_script
from benchmarks.promises import Promise, stripe_side
from benchmarks.world import DAYS, RECONCILE, REQUESTS_PER_SECOND, World, say
from learnermax_cli.config.keys import table_name
from tests.items import course_item

SYNC = ("products", "sync")
_OTHER_TABLE = table_name("preview")
_RUNS = 3


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same job done by lmx and by the script."""

    job: str
    size: int
    lmx: Measured
    script: Measured


@dataclass(frozen=True, slots=True)
class Alone:
    """A job that only lmx was asked to do."""

    job: str
    lmx: Measured


def compare_reconcile(world: World, pending: int) -> Comparison:
    """Compare dry runs over so many pending enrollments; of lmx the quickest of some, since other work only adds."""
    say(f"reconcile of {pending:,} pending: filling the sandbox")
    _fill(world, pending)
    say(f"  lmx enrollments reconcile --dry-run, {_RUNS} times")
    lmx = min((measure_lmx(world, *RECONCILE) for _ in range(_RUNS)), key=lambda run: run.seconds)
    say(f"  one by one (about {pending * 0.065 / 60:.0f} minutes)")
    return Comparison("reconcile", pending, lmx, measure_script(world, "reconcile"))


def compare_sync(world: World, courses: int) -> tuple[Comparison, Comparison]:
    """Compare first syncs of so many courses, and dry runs when nothing is to do."""
    items = [course_item(f"course-{number:04}", "49.99") for number in range(courses)]
    say(f"sync of {courses:,} courses: lmx products sync, the first time")
    _restart(world, items)
    first = measure_lmx(world, *SYNC)
    say("  lmx products sync --dry-run, nothing to do")
    again = measure_lmx(world, *SYNC, "--dry-run")
    say("  one by one, nothing to do")
    again_script = measure_script(world, "sync", "--dry-run")
    say("  one by one, the first time")
    _restart(world, items)
    first_script = measure_script(world, "sync")
    return (
        Comparison("first sync", courses, first, first_script),
        Comparison("sync, nothing to do", courses, again, again_script),
    )


def measure_far_ends(world: World, few: int, many: int) -> tuple[tuple[Alone, ...], Promise]:
    """Reconcile few and very many pending enrollments, and three whose sessions are among as many others."""
    say(f"reconcile of {few:,} pending, for its memory")
    _fill(world, few)
    small = measure_lmx(world, *RECONCILE)
    say(f"reconcile of {many:,} pending: filling the sandbox")
    ids = _fill(world, many)
    three = {number: ids[number] for number in (0, many // 2, many - 1)}
    world.put_pending(three, many, table=_OTHER_TABLE)
    say("  lmx enrollments reconcile --dry-run")
    everything = measure_lmx(world, *RECONCILE)
    say(f"reconcile of 3 pending among {many:,} sessions")
    three_of_many = measure_lmx(world, *RECONCILE, "--table", _OTHER_TABLE)
    runs = (
        Alone(f"reconcile, {few:,} pending", small),
        Alone(f"reconcile, {many:,} pending", everything),
        Alone(f"reconcile, 3 pending of {many:,} sessions", three_of_many),
    )
    more = everything.peak_mb - small.peak_mb
    return runs, Promise(f"reconcile, {many:,} pending: more memory than {few:,}", more, 100, " MB")


def measure_by_id(world: World, pending: int) -> Promise:
    """Reconcile enrollments with one `enrolledAt`, as an import leaves them: their sessions are read by their ids."""
    say(f"reconcile of {pending:,} pending with one enrolledAt: filling the sandbox")
    world.empty()
    ids = world.seed_sessions(pending)
    world.put_pending(dict(enumerate(ids)), pending, days_ago=4 * DAYS)
    world.slow_down()
    say(f"  lmx enrollments reconcile --dry-run (about {pending / REQUESTS_PER_SECOND / 60:.0f} minutes)")
    return stripe_side(f"reconcile, {pending:,} with one enrolledAt", measure_lmx(world, *RECONCILE))


def _fill(world: World, pending: int) -> list[str]:
    world.empty()
    ids = world.seed_sessions(pending)
    world.put_pending(dict(enumerate(ids)), pending)
    world.slow_down()
    return ids


def _restart(world: World, items: list[dict[str, object]]) -> None:
    world.empty()
    world.put_items(items)
    world.slow_down()
