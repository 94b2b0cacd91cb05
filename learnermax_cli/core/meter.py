"""What a run costs: Stripe requests, DynamoDB capacity units, seconds."""

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

# Stripe allows 500 reads per transaction over 30 days, but never less than this many a month [doc "Rate limits"].
READ_ALLOCATION_FLOOR = 10_000
RUNS_A_MONTH = 30
_WORTH_TELLING = READ_ALLOCATION_FLOOR // 10


@dataclass(frozen=True, slots=True)
class MeterReading:
    """The cost of a run so far; capacity units as DynamoDB reports them, seconds of wall clock."""

    stripe_reads: int = 0
    stripe_writes: int = 0
    stripe_throttled: int = 0
    dynamodb_read_units: float = 0.0
    dynamodb_write_units: float = 0.0
    seconds: float = 0.0

    @property
    def counted(self) -> bool:
        """Whether anything but time was spent."""
        spent = (self.stripe_reads, self.stripe_writes, self.dynamodb_read_units, self.dynamodb_write_units)
        return any(spent)

    @property
    def wrote(self) -> bool:
        """Whether anything was written at Stripe or in the table."""
        return bool(self.stripe_writes or self.dynamodb_write_units)

    @property
    def reads_per_month_if_daily(self) -> int:
        """How many Stripe reads a run like this one takes in 30 days, once a day."""
        return self.stripe_reads * RUNS_A_MONTH

    def as_json(self) -> dict[str, object]:
        """Return the `meter` object of a report."""
        return {
            **{name: round(value, 1) for name, value in asdict(self).items()},
            "seconds": round(self.seconds, 2),
            "stripe_reads_per_month_if_daily": self.reads_per_month_if_daily,
            "stripe_read_allocation_floor": READ_ALLOCATION_FLOOR,
        }

    def as_line(self) -> str:
        """Return the cost as one line for people; its share of Stripe's read allocation from a tenth of that on."""
        line = f"Cost: Stripe {_count(self.stripe_reads, 'read')}, {_count(self.stripe_writes, 'write')}"
        if self.stripe_throttled:
            line += f", {self.stripe_throttled} throttled"
        line += f"; DynamoDB {self.dynamodb_read_units:.1f} read units, {self.dynamodb_write_units:.1f} write units"
        line += f"; {self.seconds:.1f} s"
        monthly = self.reads_per_month_if_daily
        if monthly < _WORTH_TELLING:
            return line
        if monthly <= READ_ALLOCATION_FLOOR:
            return f"{line}; once a day: {monthly:,} of Stripe's {READ_ALLOCATION_FLOOR:,} free reads a month"
        allowed = f"the {READ_ALLOCATION_FLOOR:,} that Stripe always allows"
        return f"{line}; once a day: {monthly:,} reads a month, over {allowed}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


class Meter:
    """Thread-safe counters that the adapters turn and the report reads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._lock = threading.Lock()
        self._counts: dict[str, Any] = {}

    def add(self, name: str, amount: float = 1) -> None:
        """Turn one counter, named as in `MeterReading`."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + amount

    def reading(self) -> MeterReading:
        """Return what was counted until now."""
        with self._lock:
            return MeterReading(**self._counts, seconds=self._monotonic() - self._started)
