"""One pass of events through the receiver's handler, several enrollments side by side, and the tally of its results."""

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.retries import is_fatal
from learnermax_cli.core.times import show_unix
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.change import Finding, PackedResults, PackedRows
from learnermax_cli.webhooks.model import Effect, EventHint, HalfDoneError, Handled

WORKERS = 8
_BATCH = 100
# Clocks differ: a reading of a session surely includes an event only when the event is older than this.
_SKEW_SECONDS = 60.0
_MAX_LINES = 500

_Lane = list[tuple[int, EventHint]]
_Reading = tuple[float, Effect, str, str | None, EnrollmentKey | None]
_Row = dict[str, str | None]


class ReplayPass:
    """Handles events batch by batch; after `stop`, or an error that every event would meet, no more is begun."""

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
        self.spared: LmxError | None = None
        """The first failure that ended nothing, and yet decides how the pass ends."""

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
                elif not error.ends_run:
                    self.spared = self.spared or error
                results = error.results if isinstance(error, HalfDoneError) else ()
                handled[place] = Handled(hint, "failed", error.message, results)
        return handled

    def _handle_once(self, hint: EventHint) -> Handled:
        """Handle an event, unless this pass has read its session or payment after it, and found nothing to do."""
        about = replace(hint, event_id="", type="", created=0, api_version=None)
        reading = self._readings.get(about)
        if reading is not None and hint.created + _SKEW_SECONDS < reading[0]:
            _, effect, state, session_id, key = reading
            return Handled(replace(hint, session_id=session_id, key=key), effect, state)
        read_at = self._now().timestamp()
        handled = self._handle(hint)
        # What was written is in the table, and Stripe is not asked again.
        if (hint.session_id or hint.intent_id) and handled.effect in ("waiting", "attention", "ignored"):
            found = handled.hint
            self._readings[about] = (read_at, handled.effect, handled.state, found.session_id, found.key)
        return handled

    def _without_repeated_plan(self, handled: Handled) -> Handled:
        """Return the event without changes that a dry run has planned before."""
        if not any(result.outcome == "planned" for result in handled.results):
            return handled
        new = {(result.change.kind, result.change.key) for result in handled.results} - self._planned
        self._planned |= new
        results = tuple(result for result in handled.results if (result.change.kind, result.change.key) in new)
        return replace(handled, results=results, effect=handled.effect if results else "done")


def _lanes(batch: Sequence[EventHint]) -> list[_Lane]:
    """Return the events of each enrollment, or of each session or payment that names none, in order."""
    lanes: dict[EnrollmentKey | str, _Lane] = {}
    of_intents = {hint.intent_id: hint.key for hint in batch if hint.intent_id and hint.key}
    for place, hint in enumerate(batch):
        key = hint.key or of_intents.get(hint.intent_id or "")
        lanes.setdefault(key or hint.session_id or hint.intent_id or hint.event_id, []).append((place, hint))
    return list(lanes.values())


@dataclass
class Tally:
    """What became of the events so far."""

    effects: Counter[str] = field(default_factory=Counter)
    results: PackedResults = field(default_factory=PackedResults)
    rows: PackedRows = field(default_factory=PackedRows)
    owed: set[EnrollmentKey] = field(default_factory=set)
    """The enrollments whose event is left owed: by another run, or because no topic is configured."""
    unpublished: set[str] = field(default_factory=set)
    """The enrollments whose event could not be published: it is owed, too, and the event's row says why."""
    _findings: dict[Finding, None] = field(default_factory=dict)
    _enrollments: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events were handled, failed ones included."""
        return self.effects.total()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a person should look at, once each."""
        return tuple(self._findings)

    def add(self, batch: Sequence[Handled]) -> None:
        """Count a batch of handled events."""
        self.effects.update(handled.effect for handled in batch)
        results = [result for handled in batch for result in handled.results]
        self.results.add(results)
        for change, outcome in ((result.change, result.outcome) for result in results):
            if change.action == "publish" and outcome == "failed":
                self.unpublished.add(change.key)
            elif change.action == "publish" and outcome == "applied":
                self.unpublished.discard(change.key)
        self._enrollments.update((r.change.action, r.outcome) for r in results if r.change.kind == "enrollment")
        self.rows.add([_row(handled) for handled in batch])
        for handled in batch:
            self._findings.update(dict.fromkeys(handled.findings))
            if handled.owed is not None:
                self.owed.add(handled.owed)

    def count(self, action: str, outcome: str) -> int:
        """Return how many enrollments had an action with an outcome."""
        return self._enrollments[action, outcome]

    def lines(self) -> tuple[str, ...]:
        """Return a line for each event, or for the first five hundred, that says which enrollment it is about."""
        lines = []
        for number, row in enumerate(self.rows):
            if number == _MAX_LINES:
                lines.append(f"… and {self.events - number} more events: -o json lists them all")
                break
            about = row["enrollment"] or row["session"] or "no session"
            lines.append(f"{row['created']} {row['id']} {row['type']} {about}: {row['effect']}, {row['state']}")
        return tuple(lines)


def _row(handled: Handled) -> _Row:
    hint = handled.hint
    return {
        "id": hint.event_id,
        "type": hint.type,
        "created": show_unix(hint.created),
        "session": hint.session_id,
        "enrollment": None if hint.key is None else str(hint.key),
        "effect": handled.effect,
        "state": handled.state,
    }
