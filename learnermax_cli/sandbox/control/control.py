"""The parts that both local services share, in one value, and the callbacks that empty them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.control.faults import Faults
from learnermax_cli.sandbox.control.journal import Journal


@dataclass(slots=True)
class Control:
    """Clock, journal and faults of one sandbox; a service adds its own reset to `reset_callbacks`."""

    clock: Clock = field(default_factory=Clock)
    journal: Journal = field(default_factory=Journal)
    faults: Faults = field(default_factory=Faults)
    reset_callbacks: list[Callable[[], None]] = field(default_factory=list)
    put_items: Callable[[str, Sequence[dict[str, Any]]], None] | None = None
    """Stores many items of a table at once; the local AWS puts it here."""

    def reset(self) -> None:
        """Reset faults, settings and clock, empty the services, and the journal last."""
        self.faults.reset()
        self.clock.reset()
        for callback in self.reset_callbacks:
            callback()
        self.journal.clear()
