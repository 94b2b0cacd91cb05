"""What lmx promises about speed and cost, beside what was measured."""

from typing import NamedTuple

from benchmarks.measuring import Measured
from benchmarks.world import REQUESTS_PER_SECOND

_TEN_THOUSAND = 10_000


class Promise(NamedTuple):
    """A promise: what was measured, and the most that it may be."""

    what: str
    measured: float
    most: float
    unit: str = ""

    @property
    def kept(self) -> bool:
        """Whether what was measured is within the limit."""
        return self.measured <= self.most


def ratio(what: str, measured: float, base: float, most: float) -> Promise:
    """Return a promise of at most so many times as much."""
    return Promise(what, measured / base, most, " x")


def stripe_side(job: str, lmx: Measured) -> Promise:
    """Return how long the Stripe side took, against what the rate limit allows for its requests."""
    return ratio(f"{job}: seconds against the rate limit", lmx.seconds, lmx.requests / REQUESTS_PER_SECOND, 1.25)


def reconcile_promises(pending: int, lmx: Measured) -> list[Promise]:
    """Return what is promised of a reconcile of ten thousand pending enrollments, of fewer nothing."""
    if pending < _TEN_THOUSAND:
        return []
    job = f"reconcile, {pending:,} pending"
    return [Promise(f"{job}: Stripe requests", lmx.requests, 150), stripe_side(job, lmx)]
