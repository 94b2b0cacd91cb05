"""`enrollments reconcile --window-only`: what was paid in a span, and nothing else of the table."""

from collections import Counter

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.ran import last_entry
from tests.running import Sandbox

DAY = 86_400
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
WINDOW = ("--since", "7d", "--until", "3d", "--window-only")


def put_world(sandbox: Sandbox) -> None:
    """Put a course; students who paid before, in and after the window, one who did not, one through a link."""
    worlds.put_basics(sandbox, "link")
    for user, days in (("early", 9), ("within", 5), ("late", 1)):
        worlds.put_bought(sandbox, user, offset=-days * DAY)
    worlds.put_bought(sandbox, "waiting", "open", offset=-5 * DAY)
    worlds.seed(sandbox, "link", metadata=OURS, payment_link="plink_1", client_reference_id="link", offset=-4 * DAY)


def table_operations(sandbox: Sandbox, seq: int) -> Counter[str]:
    """Return how often each operation of DynamoDB was called after a journal entry."""
    return Counter(entry["operation"] for entry in sandbox.control.journal(seq) if entry["service"] == "dynamodb")


def test_only_the_window_is_completed(sandbox: Sandbox) -> None:
    """Payments of the span complete their enrollments or create them; others wait for another run."""
    put_world(sandbox)
    assert {"complete": 1, "create": 1, "examined": 2} == worlds.reconcile(sandbox, *WINDOW).summary
    assert {
        key("early"): "pending",
        key("late"): "pending",
        key("link"): "completed",
        key("waiting"): "pending",
        key("within"): "completed",
    } == worlds.read_statuses(sandbox)
    assert ["link", "within"] == [event["studentId"] for event in worlds.read_events(sandbox)]


def test_table_is_not_scanned(sandbox: Sandbox) -> None:
    """However many items the table has: the enrollments and students named are read by key, the course once."""
    put_world(sandbox)
    seq = last_entry(sandbox)
    worlds.reconcile(sandbox, *WINDOW, "--dry-run")
    assert Counter(BatchGetItem=2, GetItem=1) == table_operations(sandbox, seq)


def test_second_run_writes_nothing(sandbox: Sandbox) -> None:
    """What the first run has done is not done again."""
    put_world(sandbox)
    worlds.reconcile(sandbox, *WINDOW)
    seq = last_entry(sandbox)
    assert {"examined": 2, "unchanged": 2} == worlds.reconcile(sandbox, *WINDOW).summary
    assert Counter(BatchGetItem=1, GetItem=1) == table_operations(sandbox, seq)


def test_session_that_the_item_names_is_read_too(sandbox: Sandbox) -> None:
    """A pending item whose own session is outside of the window is decided with that one, as a whole run would."""
    worlds.put_basics(sandbox, "a")
    own = worlds.seed(sandbox, "a", offset=-1 * DAY)
    worlds.seed(sandbox, "a", "refunded", offset=-5 * DAY)
    worlds.put_pending(sandbox, "a", own)
    assert [("enrollment", key("a"), "complete", "applied")] == worlds.reconcile(sandbox, *WINDOW).outcomes[:1]
    item = worlds.read_item(sandbox, "a")
    assert item is not None
    assert own == item["stripeSessionId"]


def test_owed_event_of_the_window_is_published(sandbox: Sandbox) -> None:
    """An event that a killed run owes is published with its window, once the grace is over."""
    put_world(sandbox)
    intent = {"run": "killed", "at": worlds.text_of(worlds.now(sandbox))}
    sandbox.dynamodb().update_item(
        Key={"PK": "USER#within", "SK": f"COURSE#{COURSE}"},
        UpdateExpression="SET paymentStatus = :done, enrollmentEvent = :intent",
        ExpressionAttributeValues={":done": "completed", ":intent": intent},
    )
    assert ["link"] == [c["key"].partition("/")[0] for c in worlds.reconcile(sandbox, *WINDOW).changes[:1]]
    worlds.age_intents(sandbox)
    assert [("event", key("within"), "publish", "applied")] == worlds.reconcile(sandbox, *WINDOW).outcomes
    assert ["link", "within"] == [event["studentId"] for event in worlds.read_events(sandbox)]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--window-only",), "--window-only needs --since"),
        ((*WINDOW, "--audit"), "--audit needs more than the paid sessions of a span"),
        ((*WINDOW, "--release-expired"), "--release-expired needs more than the paid sessions of a span"),
    ],
)
def test_senseless_flags(sandbox: Sandbox, args: tuple[str, ...], message: str) -> None:
    """Without a span, or with a flag that needs the whole table, it is wrong usage."""
    ran = worlds.reconcile(sandbox, *args)
    assert (2, message) == (ran.exit_code, ran.report["error"]["message"])
