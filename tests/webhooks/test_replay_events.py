"""Events as the adapter reads them: oldest first, page by page, only those of ours of the window."""

import json
from itertools import islice

import pytest

from learnermax_cli.adapters.stripe.events import StripeEvents
from learnermax_cli.core.errors import FailedError
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.webhooks.model import EVENTS, EventHint, EventWindow
from tests.adapters.stripe.clients import build
from tests.enrollments import worlds
from tests.ran import last_entry
from tests.running import Sandbox

COUNT = 230
HOUR = 3600
LIST = "GET /v1/events"


@pytest.fixture
def events(sandbox: Sandbox) -> StripeEvents:
    """The adapter at the sandbox, as commands build it."""
    return StripeEvents(build(sandbox))


def _seeded(sandbox: Sandbox) -> list[str]:
    """Seed paid sessions a second apart, the oldest of ten hours ago; return their ids, oldest first."""
    pattern = {"count": COUNT, "courses": [worlds.COURSE], "first_offset": -10 * HOUR, "spacing": 1}
    return sandbox.control.seed_sessions(generate=pattern)


def test_events_come_oldest_first(sandbox: Sandbox, events: StripeEvents) -> None:
    """With an older event to begin at: one request for it, and one for each page of a hundred."""
    worlds.seed(sandbox, "older", offset=-20 * HOUR)
    sessions = _seeded(sandbox)
    seq = last_entry(sandbox)
    listed = [hint.session_id for hint in events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR))]
    assert sessions == listed
    assert [LIST] * 4 == worlds.stripe_requests(sandbox, seq)


def test_only_a_page_is_read_ahead(sandbox: Sandbox, events: StripeEvents) -> None:
    """Whoever takes the first event has caused two requests: memory stays flat."""
    worlds.seed(sandbox, "older", offset=-20 * HOUR)
    sessions = _seeded(sandbox)
    seq = last_entry(sandbox)
    first = next(events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR)))
    assert (sessions[0], [LIST] * 2) == (first.session_id, worlds.stripe_requests(sandbox, seq))


def test_without_an_older_event_the_order_is_the_same(sandbox: Sandbox, events: StripeEvents) -> None:
    """An account whose history begins in the window."""
    sessions = _seeded(sandbox)
    listed = [hint.session_id for hint in events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR))]
    assert sessions == listed


@pytest.mark.parametrize("read", [0, 100], ids=["before the first page", "between two pages"])
def test_event_that_stripe_forgets_meanwhile_ends_no_walk(sandbox: Sandbox, events: StripeEvents, read: int) -> None:
    """At the edge of the 30 days: with the event to go on from, all those before it are forgotten too."""
    worlds.seed(sandbox, "older", offset=-20 * HOUR)
    sessions = _seeded(sandbox)
    walk = events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR))
    assert sessions[:read] == [hint.session_id for hint in islice(walk, read)]
    gone = {"status": 400, "code": "resource_missing", "error_type": "invalid_request_error"}
    sandbox.control.add_fault("error", operation=LIST, skip=0 if read else 1, **gone)
    assert set(sessions[read:]) <= {hint.session_id for hint in walk}


def test_other_refusals_end_a_walk(sandbox: Sandbox, events: StripeEvents) -> None:
    """They are told."""
    worlds.seed(sandbox, "older", offset=-20 * HOUR)
    wrong = {"status": 400, "code": "parameter_invalid_empty", "error_type": "invalid_request_error"}
    sandbox.control.add_fault("error", operation=LIST, skip=1, **wrong)
    with pytest.raises(FailedError):
        list(events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR)))


@pytest.mark.parametrize("older", [True, False])
def test_window_ends_before_until(sandbox: Sandbox, events: StripeEvents, older: bool) -> None:
    """`since` belongs to the window, `until` does not."""
    if older:
        worlds.seed(sandbox, "older", offset=-20 * HOUR)
    sessions = _seeded(sandbox)
    everything = list(events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR)))
    since, until = everything[10].created, everything[20].created
    assert sessions[10:20] == [hint.session_id for hint in events.list_events(EventWindow(since, until))]


def test_nothing_happened(sandbox: Sandbox, events: StripeEvents) -> None:
    """An empty window, with an older event and without one."""
    since = int(worlds.now(sandbox)) - 2 * HOUR
    assert [] == list(events.list_events(EventWindow(since)))
    worlds.seed(sandbox, "older")
    assert [] == list(events.list_events(EventWindow(since)))


def test_events_of_ours_alone_are_listed(sandbox: Sandbox, events: StripeEvents) -> None:
    """Those of sessions, and of money that went back: payments have events of their own, which are not asked for."""
    for number, state in enumerate(("paid", "refunded", "dispute_lost", "failed", "expired")):
        worlds.seed(sandbox, f"user-{number}", state, offset=-5 * HOUR + number)
    listed = [hint.type for hint in events.list_events(EventWindow(int(worlds.now(sandbox)) - 12 * HOUR))]
    completed, _, failed, expired, *money = EVENTS
    assert sorted([completed] * 4 + [failed, expired, *money[:3]]) == sorted(listed)


def test_hint_tells_where_to_look(sandbox: Sandbox, events: StripeEvents) -> None:
    """All that a listed event says at first sight."""
    session_id = worlds.seed(sandbox, "user-7")
    (hint,) = events.list_events(EventWindow(int(worlds.now(sandbox)) - 48 * HOUR))
    raw = sandbox.stripe().v1.events.retrieve(hint.event_id)
    expected = EventHint(
        event_id=raw.id,
        type="checkout.session.completed",
        created=raw.created,
        livemode=False,
        session_id=session_id,
        key=EnrollmentKey("user-7", worlds.COURSE),
        managed=True,
        environment="sandbox",
        api_version=raw.api_version,
        intent_id=json.loads(str(raw))["data"]["object"]["payment_intent"],
    )
    assert expected == hint
