"""What a reconcile asks for, counted: requests to Stripe and capacity units of the table."""

import math
from collections import Counter
from random import Random
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import course_item, enrollment_item
from tests.ran import last_entry
from tests.running import Sandbox

WEEK = 7 * 86_400
YEAR = 365 * 86_400
PENDING = 10_000


def _seed_week(sandbox: Sandbox, count: int) -> list[str]:
    """Seed sessions evenly over seven days: of a hundred, one refunded, one disputed, and the others paid."""
    states = [*["paid"] * 98, "refunded", "disputed"]
    pattern = {"count": count, "courses": [COURSE], "states": states, "first_offset": -WEEK, "spacing": WEEK / count}
    return sandbox.control.seed_sessions(generate=pattern, events=False)


@pytest.mark.slow
def test_ten_thousand_pending_take_150_requests(sandbox: Sandbox) -> None:
    """10,000 pending enrollments with 10,000 sessions over seven days: at most 150 requests, disputes included."""
    sessions = _seed_week(sandbox, PENDING)
    start, jitter = worlds.now(sandbox) - WEEK, Random(3)
    items = (
        enrollment_item(
            f"user-{number}",
            COURSE,
            worlds.text_of(start + number * WEEK / PENDING + jitter.randrange(5)),
            stripeSessionId=session_id,
        )
        for number, session_id in enumerate(sessions)
    )
    worlds.put_items(sandbox, [course_item(COURSE, "49.99"), *items])
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox, "--dry-run")
    asked = worlds.stripe_requests(sandbox, seq)
    assert {"examined": 10_000, "complete": 9_800, "unchanged": 200, "needs_attention": 200} == ran.summary
    assert len(asked) == ran.report["meter"]["stripe_reads"]
    assert len(asked) <= 150
    assert 0 == asked.count("GET /v1/checkout/sessions/{id}")


@pytest.mark.slow
def test_three_pending_among_many_sessions(sandbox: Sandbox) -> None:
    """Three pending enrollments among 100,000 sessions, without --since: at most ten requests, all three completed."""
    sessions = _seed_week(sandbox, 100_000)
    start = worlds.now(sandbox) - WEEK
    for number in (5, 49_950, 99_990):
        enrolled_at = worlds.text_of(start + number * WEEK / 100_000)
        item = enrollment_item(f"user-{number}", COURSE, enrolled_at, stripeSessionId=sessions[number])
        worlds.put_items(sandbox, [item])
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox)
    assert {"examined": 3, "complete": 3} == ran.summary
    assert len(worlds.stripe_requests(sandbox, seq)) <= 10


@pytest.mark.slow
def test_courses_read_a_tenth_of_the_table(sandbox: Sandbox) -> None:
    """With --course five times over, the units are at most a tenth of those of the one scan without it."""
    courses = [f"course-{number}" for number in range(5)]
    enrolled_at = "2026-10-01T00:00:00.000Z"
    pending = [enrollment_item(f"u{n}", courses[n % 5], enrolled_at) for n in range(50)]
    done = [enrollment_item(f"d{n}", courses[n % 5], enrolled_at, paymentStatus="completed") for n in range(200)]
    # Of all kinds, mostly progress of lessons: 5,000 items stand for the 100,000 that moto would take minutes for.
    others = [_lesson(number) for number in range(5_000)]
    worlds.put_items(sandbox, [*(course_item(name, "49.99") for name in courses), *pending, *done, *others])
    named = [part for name in courses for part in ("--course", name)]
    seq = last_entry(sandbox)
    by_course = worlds.reconcile(sandbox, "--dry-run", *named)
    assert 5 == [entry["operation"] for entry in sandbox.control.journal(seq)].count("Query")
    seq = last_entry(sandbox)
    by_scan = worlds.reconcile(sandbox, "--dry-run")
    assert by_course.pending == by_scan.pending
    assert 50 == len(by_scan.pending)
    scanned = [entry["units"] for entry in sandbox.control.journal(seq) if entry["operation"] == "Scan"]
    assert by_scan.report["meter"]["dynamodb_read_units"] == sum(scanned)
    assert by_course.report["meter"]["dynamodb_read_units"] <= sum(scanned) / 10
    # Once, in four segments: no more than the table's own size, rounded up for each segment.
    assert sum(scanned) <= math.ceil(_kilobytes(sandbox) / 4) + 4


def _lesson(number: int) -> dict[str, object]:
    return {
        "PK": f"USER#s{number % 500}",
        "SK": f"LESSON#{number:05}",
        "entityType": "LESSON_PROGRESS",
        "notes": "x" * 400,
    }


def _kilobytes(sandbox: Sandbox) -> float:
    """Return about how large the table is: names and values of all items."""
    size = 0
    start: dict[str, Any] = {}
    while True:
        page = sandbox.dynamodb().scan(ConsistentRead=True, **start)
        size += sum(len(str(name)) + len(str(value)) for item in page["Items"] for name, value in item.items())
        if "LastEvaluatedKey" not in page:
            return size / 1024
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _refunds_among(sandbox: Sandbox, completed: int) -> tuple[Counter[str], float]:
    """Put completed enrollments of a year, and refund 200; return what a run asks for beyond one without refunds."""
    sandbox.control.reset()
    pattern = {"count": completed, "courses": [COURSE], "first_offset": -YEAR, "spacing": YEAR / completed}
    sessions = sandbox.control.seed_sessions(generate=pattern, events=False)
    start = worlds.now(sandbox) - YEAR
    items = (
        enrollment_item(
            f"user-{number}",
            COURSE,
            worlds.text_of(start + number * YEAR / completed),
            paymentStatus="completed",
            stripeSessionId=session_id,
            stripePaymentIntentId=f"pi_{session_id[len('cs_test_a1') :][:24]}",
        )
        for number, session_id in enumerate(sessions)
    )
    worlds.put_items(sandbox, [course_item(COURSE, "49.99"), *items])
    before = _asked(sandbox, 0)
    for session_id in sessions[: -completed // 10 : completed // 250][:200]:
        sandbox.control.refund(session_id)
    after = _asked(sandbox, 200)
    return after[0] - before[0], after[1] - before[1]


def _asked(sandbox: Sandbox, findings: int) -> tuple[Counter[str], float]:
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox, "--since", "3d")
    assert findings == len(ran.findings)
    units = float(ran.report["meter"]["dynamodb_read_units"])
    return Counter(worlds.stripe_requests(sandbox, seq)), units


@pytest.mark.slow
def test_refunds_among_completed_enrollments(sandbox: Sandbox) -> None:
    """What 200 refunds cost, when they are only reported, does not grow with the number of completed enrollments."""
    # A table of 100,000 items would take moto minutes; what grows with it shows with five times as many, too.
    asked, units = _refunds_among(sandbox, 500)
    assert (asked, units) == _refunds_among(sandbox, 2_500)
    assert Counter({"GET /v1/refunds": 1}) == asked  # a second page
    assert 200 == units
