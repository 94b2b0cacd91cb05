"""One pass of events through the receiver's handler: in order for each enrollment, several enrollments side by side."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from itertools import islice

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.outage import is_fatal
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.webhooks.model import Effect, EventHint, HalfDoneError, Handled

WORKERS = 8
_BATCH = 100
# Clocks differ: only an event that is older than this when its session is read is surely told by the reading.
_SKEW_SECONDS = 60.0

_Lane = list[tuple[int, EventHint]]
_Reading = tuple[float, Effect, str]


class ReplayPass:
    """Handles events batch by batch; after `stop`, or an error that the next event would meet too, no more is begun."""

    def __init__(
        self, handle: Callable[[EventHint], Handled], now: Callable[[], datetime], stop: threading.Event
    ) -> None:
        self._handle = handle
        self._now = now
        self._stop = stop
        self._readings: dict[EventHint, _Reading] = {}
        self._planned: set[tuple[str, str]] = set()
        self.error: LmxError | None = None
        """What ended the pass early."""

    def batches(self, events: Iterable[EventHint]) -> Iterator[list[Handled]]:
        """Yield what became of the events, in their order, without those that were not begun."""
        waiting = iter(events)
        with ThreadPoolExecutor(WORKERS) as pool:
            while not self._ended and (batch := list(islice(waiting, _BATCH))):
                handled: dict[int, Handled] = {}
                for part in pool.map(self._handle_lane, _lanes(batch)):
                    handled.update(part)
                if handled:
                    yield [self._without_repeated_plan(handled[place]) for place in sorted(handled)]

    @property
    def _ended(self) -> bool:
        return self._stop.is_set() or self.error is not None

    def _handle_lane(self, lane: _Lane) -> dict[int, Handled]:
        handled: dict[int, Handled] = {}
        for place, hint in lane:
            if self._ended:
                break
            try:
                handled[place] = self._handle_once(hint)
            except LmxError as error:
                if is_fatal(error):
                    self.error = self.error or error
                results = error.results if isinstance(error, HalfDoneError) else ()
                handled[place] = Handled(hint, "failed", error.message, results)
        return handled

    def _handle_once(self, hint: EventHint) -> Handled:
        """Handle an event, unless this very pass has read its session after it, and found nothing to do."""
        about = replace(hint, event_id="", type="", created=0, api_version=None)
        reading = self._readings.get(about)
        if reading is not None and hint.created + _SKEW_SECONDS < reading[0]:
            return Handled(hint, reading[1], reading[2])
        read_at = self._now().timestamp()
        handled = self._handle(hint)
        # Of what was written the table tells, and Stripe is not asked again.
        if hint.session_id is not None and handled.effect in ("waiting", "attention", "ignored"):
            self._readings[about] = (read_at, handled.effect, handled.state)
        return handled

    def _without_repeated_plan(self, handled: Handled) -> Handled:
        """A dry run leaves everything as it is, but what was planned once is not planned again."""
        if not any(result.outcome == "planned" for result in handled.results):
            return handled
        new = {(result.change.kind, result.change.key) for result in handled.results} - self._planned
        self._planned |= new
        results = tuple(result for result in handled.results if (result.change.kind, result.change.key) in new)
        return replace(handled, results=results, effect=handled.effect if results else "done")


def _lanes(batch: Sequence[EventHint]) -> list[_Lane]:
    """Put the events of each enrollment, or of each session that names none, in a row."""
    lanes: dict[EnrollmentKey | str, _Lane] = {}
    for place, hint in enumerate(batch):
        lanes.setdefault(hint.key or hint.session_id or hint.event_id, []).append((place, hint))
    return list(lanes.values())
