"""Faults that a test asks for: what goes wrong, with which requests, and how often."""

import random
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import count
from typing import Literal, get_args

Kind = Literal["slow", "error", "drop", "hold", "pause", "unprocessed"]
When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    `when="before"` does no work at all, `"after"` does and stores all of it and loses the answer. A `stored` error is
    kept under the idempotency key, as Stripe keeps a 500 of a request that had begun. `times=None` means forever.
    `hold` loses the answer once it is released, `pause` gives it then, as it was. `unprocessed` is for DynamoDB's
    BatchGetItem: it reads nothing and returns all keys as unprocessed.
    """

    kind: Kind
    service: str = "*"
    operation: str = "*"
    writes_only: bool = False
    skip: int = 0
    times: int | None = 1
    percent: float = 100.0
    when: When = "before"
    seconds: float = 0.0
    status: int = 500
    code: str | None = None
    param: str | None = None
    error_type: str | None = None
    message: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    stored: bool = False
    id: str = ""

    def __post_init__(self) -> None:
        """Refuse a kind or a moment that does not exist."""
        if self.kind not in get_args(Kind) or self.when not in get_args(When):
            raise ValueError(f"unknown fault: kind={self.kind!r} when={self.when!r}")

    def concerns(self, service: str, operation: str, write: bool) -> bool:
        """Return whether the fault applies to such a request."""
        if self.writes_only and not write:
            return False
        return fnmatchcase(service, self.service) and fnmatchcase(operation, self.operation)


@dataclass(slots=True)
class _Armed:
    fault: Fault
    to_skip: int
    left: int | None


class Faults:
    """The armed faults, the requests that are held, and the settings for latency (seconds) and rate limit (req/s)."""

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed
        self._condition = threading.Condition()
        self._ids = count(1)
        self.latency_seconds = 0.0
        self.rate_limit: float | None = None
        self._armed: list[_Armed] = []
        self._random = random.Random(seed)
        self._held: dict[object, str] = {}
        """The requests that are held, and the faults that hold them."""

    def add(self, fault: Fault) -> str:
        """Arm a fault and return its id."""
        with self._condition:
            identified = replace(fault, id=fault.id or f"fault_{next(self._ids)}")
            self._armed.append(_Armed(identified, identified.skip, identified.times))
            return identified.id

    def clear(self) -> None:
        """Disarm all faults and reseed the random generator; held requests stay held."""
        with self._condition:
            self._armed.clear()
            self._random = random.Random(self._seed)

    def reset(self) -> None:
        """Disarm all faults, release what is held, and reset latency and rate limit."""
        self.clear()
        self.release()
        self.latency_seconds = 0.0
        self.rate_limit = None

    def take(self, service: str, operation: str, write: bool) -> Fault | None:
        """Return the fault that hits this request, if any, and count it."""
        with self._condition:
            for armed in self._armed:
                if armed.left == 0 or not armed.fault.concerns(service, operation, write):
                    continue
                if armed.to_skip > 0:
                    armed.to_skip -= 1
                    continue
                if armed.fault.percent < 100 and self._random.random() * 100 >= armed.fault.percent:
                    continue
                if armed.left is not None:
                    armed.left -= 1
                return armed.fault
            return None

    def hold(self, fault: Fault) -> None:
        """Block until what this fault holds is released."""
        with self._condition:
            held = object()
            self._held[held] = fault.id
            self._condition.notify_all()
            self._condition.wait_for(lambda: held not in self._held)

    def held(self) -> int:
        """Return how many requests are held now."""
        with self._condition:
            return len(self._held)

    def release(self, fault_id: str | None = None) -> None:
        """Release the requests that a fault holds, or all that are held."""
        with self._condition:
            self._held = {held: by for held, by in self._held.items() if fault_id not in (None, by)}
            self._condition.notify_all()
