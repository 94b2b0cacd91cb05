"""A thousand payments, half of their webhooks lost, a tenth doubled, all shuffled, one crash of the receiver."""

from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import enrollment_item, student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.mailbox import mailbox
from tests.webhooks.replays import effects, register, replay
from tests.webhooks.worlds import serving

PAID, LINKED, UNTOLD = 940, 50, 10
HOUR, RETRY_SECONDS = 3600, 301
UNPAID = ("expired", "failed", "processing", "open", "refunded", "disputed")
EACH = 5
IN_FLIGHT = 6
DRAIN_SECONDS = 120.0
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}


@pytest.mark.slow
def test_thousand_payments_and_a_crash(sandbox: Sandbox) -> None:
    """After replay and reconcile exactly the thousand who paid are in, each with one event, and nobody else."""
    told = {f"paid-{n}" for n in range(PAID)} | {f"link-{n}" for n in range(LINKED)}
    who_paid = told | {f"untold-{n}" for n in range(UNTOLD)}
    with mailbox(sandbox) as mails:
        received = _receive_and_crash(sandbox)
        _sell_untold(sandbox)
        replayed = replay(sandbox)
        assert (0, len(told - received)) == (replayed.exit_code, effects(replayed)["changed"])
        assert told == _completed(sandbox)
        ran = worlds.reconcile(sandbox, "--since", "3d")
        assert (0, UNTOLD) == (ran.exit_code, ran.summary["complete"])
    assert (1000, who_paid) == (len(who_paid), _completed(sandbox))
    assert sorted(who_paid) == mails.students()
    _require_nothing_to_do(sandbox)


def _receive_and_crash(sandbox: Sandbox) -> set[str]:
    """Let webhooks come, kill the receiver among them, start another, and return who is in then."""
    endpoint = register(sandbox)
    sandbox.control.set_webhooks(loss_percent=50, duplicate_percent=10, concurrency=IN_FLIGHT, seed=7)
    worlds.put_basics(sandbox)
    with serving(sandbox) as receiver:
        _listen(sandbox, endpoint, receiver.url)
        _sell(sandbox, 0)
        sandbox.control.drain_webhooks(timeout=DRAIN_SECONDS)
        # From here on no receiver gets a write done: the crash falls between no write and its event.
        for operation in ("UpdateItem", "PutItem"):
            sandbox.control.add_fault("hold", operation=operation, times=None)
        _sell(sandbox, 1)
        sandbox.control.wait_held(timeout=60, at_least=IN_FLIGHT // 2)
        receiver.kill()
    sandbox.control.clear_faults()
    sandbox.control.release()
    sandbox.control.drain_webhooks(timeout=DRAIN_SECONDS)
    before = _completed(sandbox)
    with serving(sandbox) as receiver:
        _listen(sandbox, endpoint, receiver.url)
        sandbox.control.advance_clock(RETRY_SECONDS)
        sandbox.control.drain_webhooks(timeout=DRAIN_SECONDS)
        counts = receiver.stop()
    received = _completed(sandbox)
    assert len(before) > PAID // 6
    assert counts["changed"] == len(received) - len(before) > PAID // 6
    return received


def _sell(sandbox: Sandbox, half: int) -> None:
    """Put half of the sales in place, and of those that are none, and deliver their events in any order."""
    paid = [_row(f"paid-{n}", n) for n in range(half * PAID // 2, (half + 1) * PAID // 2)]
    unpaid = [{**_row(f"{state}-{half}-{n}", n), "state": state} for state in UNPAID for n in range(EACH)]
    elsewhere = [
        {**_row(user, 0), "metadata": {**OURS, "environment": "preview", "userId": user}}
        for user in (f"elsewhere-{half}-{n}" for n in range(EACH))
    ]
    linked = [
        {**_row(user, 0), "metadata": OURS, "payment_link": "plink_1", "client_reference_id": user}
        for user in (f"link-{n}" for n in range(half * LINKED // 2, (half + 1) * LINKED // 2))
    ]
    foreign = [{**_row(f"foreign-{half}-{n}", n), "metadata": {}} for n in range(EACH)]
    sandbox.control.pause_webhooks()
    enrolled = [*paid, *unpaid, *elsewhere]
    sessions = sandbox.control.seed_sessions([*enrolled, *linked, *foreign], deliver=True)
    _put_pending(sandbox, enrolled, sessions)
    worlds.put_items(sandbox, [student_item(row["user_id"]) for row in linked])
    sandbox.control.resume_webhooks("shuffled")


def _sell_untold(sandbox: Sandbox) -> None:
    """Put sales in place of which Stripe has made no event at all."""
    rows = [_row(f"untold-{n}", n) for n in range(UNTOLD)]
    _put_pending(sandbox, rows, sandbox.control.seed_sessions(rows, events=False))


def _row(user: str, number: int) -> dict[str, Any]:
    return {"course_id": COURSE, "user_id": user, "offset": -30 * HOUR - number, "amount": worlds.AMOUNT}


def _put_pending(sandbox: Sandbox, rows: list[dict[str, Any]], sessions: list[str]) -> None:
    now = worlds.now(sandbox)
    pairs = zip(rows, sessions, strict=False)  # the sessions of the others come behind
    times = {row["user_id"]: worlds.text_of(now + row["offset"]) for row in rows}
    worlds.put_items(
        sandbox,
        [
            enrollment_item(row["user_id"], COURSE, times[row["user_id"]], stripeSessionId=session_id)
            for row, session_id in pairs
        ],
    )


def _listen(sandbox: Sandbox, endpoint: str, url: str) -> None:
    sandbox.stripe().v1.webhook_endpoints.update(endpoint, {"url": url})


def _completed(sandbox: Sandbox) -> set[str]:
    """Return the students of all enrollments that are not pending; none of them owes an event."""
    found: set[str] = set()
    start: dict[str, Any] = {}
    while True:
        page = sandbox.dynamodb().scan(ConsistentRead=True, **start)
        in_now = [
            item for item in page["Items"] if item["entityType"] == "ENROLLMENT" and item["paymentStatus"] != "pending"
        ]
        assert [] == [item for item in in_now if "enrollmentEvent" in item]
        found |= {str(item["userId"]) for item in in_now}
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _require_nothing_to_do(sandbox: Sandbox) -> None:
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox, "--since", "3d")
    assert (0, [], []) == (ran.exit_code, ran.changes, writes_since(sandbox, seq))
