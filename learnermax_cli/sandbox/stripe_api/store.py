"""What is stored: per account and mode, per kind of object a collection in order of creation.

A stored object is never changed in place, it is replaced, so that an answer can be written without a copy or a lock.
"""

import heapq
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

Object = dict[str, Any]
Maker = Callable[[], Object]
_Position = tuple[int, int, str]
_Fact = tuple[str, str | None]
# What lists are filtered by, and must find fast among 100,000 objects; `email` is that of a session's buyer.
_INDEXED = ("charge", "customer", "payment_intent")


class Collection:
    """Objects of one kind, by id and sorted by creation; those made in one second keep the order they came in."""

    def __init__(self) -> None:
        self._objects: dict[str, Object | Maker] = {}
        self._positions: dict[str, _Position] = {}
        self._order: list[_Position] = []
        self._sequence = count()
        self._with: dict[_Fact, list[str]] = {}
        """The ids of the objects with a fact, and of those that had it."""

    def get(self, object_id: str) -> Object | None:
        """Return the object, or None."""
        stored = self._objects.get(object_id)
        return stored() if callable(stored) else stored

    def put(self, stored: Object, created: int | None = None) -> None:
        """Store a new object, or replace the one with its id; `created` is for those without that field."""
        object_id = stored["id"]
        if object_id not in self._objects:
            position = (stored["created"] if created is None else created, next(self._sequence), object_id)
            self._positions[object_id] = position
            insort(self._order, position)
        self._objects[object_id] = stored
        self._note(object_id, [(name, stored.get(name)) for name in _INDEXED])
        self._note(object_id, [("email", (stored.get("customer_details") or {}).get("email"))])

    def put_made(self, made: Iterable[tuple[int, str, Maker, Sequence[_Fact]]]) -> None:
        """Store many new objects (time of creation, id, what makes the object whenever it is read, facts) at once."""
        for created, object_id, make, facts in made:
            self._note(object_id, facts)
            position = (created, next(self._sequence), object_id)
            self._positions[object_id] = position
            self._order.append(position)
            self._objects[object_id] = make
        self._order.sort()

    def remove(self, object_id: str) -> None:
        """Forget an object."""
        del self._objects[object_id]
        del self._order[bisect_left(self._order, self._positions.pop(object_id))]

    def narrowed(self, wanted: Mapping[str, object]) -> "Collection":
        """Return the objects that may have these values, a view on this collection: all of them if that is unknown."""
        found = [self._with.get((name, str(wanted[name])), []) for name in (*_INDEXED, "email") if name in wanted]
        if not found:
            return self
        view = Collection()
        view._objects, view._positions = self._objects, self._positions
        view._order = sorted({self._positions[object_id] for object_id in min(found, key=len)})
        return view

    def values(self) -> Iterator[Object]:
        """Return the objects in no particular order."""
        return (stored() if callable(stored) else stored for stored in self._objects.values())

    def index(self, object_id: str) -> int:
        """Return the object's place, the oldest being 0."""
        return bisect_left(self._order, self._positions[object_id])

    def index_after(self, object_id: str) -> int:
        """Return the place of the first object that is younger."""
        return bisect_right(self._order, self._positions[object_id])

    def first_created_from(self, created: int) -> int:
        """Return the place of the oldest object created at or after that second."""
        return bisect_left(self._order, (created, -1, ""))

    def between(self, low: int, high: int, newest_first: bool) -> Iterator[Object]:
        """Return the objects of the places low to high, without high."""
        places = range(high - 1, low - 1, -1) if newest_first else range(low, high)
        for place in places:
            stored = self._objects[self._order[place][2]]
            yield stored() if callable(stored) else stored

    def _note(self, object_id: str, facts: Sequence[_Fact]) -> None:
        for fact in facts:
            if fact[1] is not None:
                self._with.setdefault(fact, []).append(object_id)

    def __contains__(self, object_id: str) -> bool:
        return object_id in self._objects

    def __len__(self) -> int:
        return len(self._order)


@dataclass(frozen=True, slots=True)
class Notice:
    """That there is a new event: its id and type, the object it is about, and how to read it."""

    event_id: str
    type: str
    object_id: str
    read: Maker


class Data:
    """The collections of one account in one mode.

    `payment_intent_data` has, by checkout session, what its payment intent will get; `signing_secrets` has the secrets
    of the webhook endpoints; `undelivered` has, by event, the endpoints that have not received it.
    """

    def __init__(self, listener: "Listener | None" = None) -> None:
        self._listener = listener
        self._collections: dict[str, Collection] = {}
        self.payment_intent_data: dict[str, Object] = {}
        self._due: list[tuple[int, int, Callable[[int], None]]] = []
        self._sequence = count()
        self.signing_secrets: dict[str, str] = {}
        self.undelivered: dict[str, set[str]] = {}

    def __getitem__(self, kind: str) -> Collection:
        return self._collections.setdefault(kind, Collection())

    def schedule(self, at: int, action: Callable[[int], None]) -> None:
        """Have an action called, with that second, once it is reached."""
        heapq.heappush(self._due, (at, next(self._sequence), action))

    def process_due(self, now: int) -> None:
        """Call what is scheduled for a second that is reached, in order of time."""
        while self._due and self._due[0][0] <= now:
            at, _, action = heapq.heappop(self._due)
            action(at)

    def announce(self, notice: Notice) -> None:
        """Announce a new event."""
        if self._listener is not None:
            self._listener(self, notice)


Listener = Callable[[Data, Notice], None]


def replaced(stored: Object, changes: Mapping[str, Any]) -> Object:
    """Return the object with some fields changed."""
    return {**stored, **changes}
