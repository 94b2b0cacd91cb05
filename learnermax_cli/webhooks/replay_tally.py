"""What a replay has to tell: counts, findings, results, and a row for each event, packed to keep long runs small."""

import json
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from learnermax_cli.planning.change import Finding, PackedResults
from learnermax_cli.webhooks.model import EventHint, Handled

_FASTEST = 1
_MAX_LINES = 500

Row = dict[str, str | None]


class PackedRows:
    """Rows of JSON values in order, unpacked a batch at a time."""

    def __init__(self) -> None:
        self._batches: list[bytes] = []

    def add(self, rows: Sequence[Row]) -> None:
        """Append a batch."""
        if rows:
            self._batches.append(zlib.compress(json.dumps(rows).encode(), _FASTEST))

    def __iter__(self) -> Iterator[Row]:
        for batch in self._batches:
            yield from json.loads(zlib.decompress(batch))


@dataclass
class Tally:
    """What became of the events so far."""

    effects: Counter[str] = field(default_factory=Counter)
    results: PackedResults = field(default_factory=PackedResults)
    rows: PackedRows = field(default_factory=PackedRows)
    _findings: dict[Finding, None] = field(default_factory=dict)
    _enrollments: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def events(self) -> int:
        """How many events were handled, well or not."""
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
        self._enrollments.update((r.change.action, r.outcome) for r in results if r.change.kind == "enrollment")
        self.rows.add([_row(handled) for handled in batch])
        for handled in batch:
            self._findings.update(dict.fromkeys(handled.findings))

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


def event_time(hint: EventHint) -> str:
    """Return when an event happened, in RFC 3339, UTC."""
    return datetime.fromtimestamp(hint.created, UTC).isoformat().replace("+00:00", "Z")


def _row(handled: Handled) -> Row:
    hint = handled.hint
    return {
        "id": hint.event_id,
        "type": hint.type,
        "created": event_time(hint),
        "session": hint.session_id,
        "enrollment": None if hint.key is None else str(hint.key),
        "effect": handled.effect,
        "state": handled.state,
    }
