"""What refunds cost a reconcile, and what `students show` costs, among very many completed enrollments: in counts."""
# ruff: noqa: TID251 - not part of the package: reads the ids of what was seeded

from collections.abc import Mapping
from typing import Any

import stripe

from benchmarks.measuring import Measured, measure_lmx
from benchmarks.promises import Promise
from benchmarks.world import RECONCILE, World, say
from tests.items import course_item, enrollment_item, student_item

REFUNDS = 200
_USER = "student-7"
_ADDRESS = "Student-7@Example.com"
_STATES = {
    "refunded": "in, but refunded",
    "disputed": "in, but disputed",
    "dispute_lost": "in, but charged back",
}
"""What happened to the payment of each course, and what is to be said of it."""


def measure_refunds(world: World, completed: int) -> list[Promise]:
    """Reconcile the last hour, before and after some of very many completed enrollments were refunded."""
    say(f"reconcile among {completed:,} completed: filling the sandbox")
    world.empty()
    ids = world.seed_sessions(completed, ("paid",))
    world.put_pending(dict(enumerate(ids)), completed, status="completed")
    say("  lmx enrollments reconcile --dry-run --since 1h")
    before = measure_lmx(world, *RECONCILE, "--since", "1h")
    for session_id in ids[:REFUNDS]:
        world.control.refund(session_id)
    say(f"  the same after {REFUNDS} refunds")
    after = measure_lmx(world, *RECONCILE, "--since", "1h")
    _require(after.summary["needs_attention"] - before.summary["needs_attention"], REFUNDS)
    what = f"reconcile, {REFUNDS} refunds among {completed:,} completed"
    return [
        Promise(f"{what}: more Stripe reads", after.requests - before.requests, 20),
        Promise(f"{what}: more read units", after.read_units - before.read_units, 1_000),
    ]


def measure_students(world: World, items: int) -> list[Promise]:
    """Show one student of three courses, among what is there, from every id that leads to them."""
    say(f"students show among {items:,} items")
    ran: dict[str, Measured] = {}
    for name, what in _put_student(world).items():
        say(f"  from {name}")
        ran[name] = measure_lmx(world, "students", "show", what)
        _require(ran[name].states, tuple(_STATES.values()))
    from_user = ran.pop("user id").requests
    most = max(ran, key=lambda name: ran[name].requests)
    return [
        Promise("students show, from a user id: Stripe reads", from_user, 8),
        Promise(
            f"students show, from {len(ran)} other kinds of ids, most from {most}: Stripe reads",
            ran[most].requests,
            12,
        ),
        Promise(f"students show among {items:,} items: read units", max(one.read_units for one in ran.values()), 6),
    ]


def _put_student(world: World) -> Mapping[str, str]:
    """Put a student whose payments no list has: not by the address, and not by the customer; return all their ids."""
    client = stripe.StripeClient(world.info.secret_key, base_addresses={"api": world.info.stripe_url}).v1
    customer = client.customers.create({"email": _ADDRESS}).id
    courses = [f"bought-{number}" for number in range(len(_STATES))]
    row: dict[str, Any] = {"user_id": _USER, "email": "else@example.com", "offset": -100_000, "amount": 4999}
    rows = [{**row, "course_id": course, "state": state} for course, state in zip(courses, _STATES, strict=True)]
    sessions = world.control.seed_sessions(rows)
    bought = zip(courses, sessions, strict=True)
    paid = [
        enrollment_item(_USER, course, "2026-01-01T00:00:00.000Z", stripeSessionId=one, paymentStatus="completed")
        for course, one in bought
    ]
    student = student_item(_USER, email=_ADDRESS, stripeCustomerId=customer)
    world.put_items([student, *(course_item(course, "49.99") for course in courses), *paid])
    refunded, disputed = (client.checkout.sessions.retrieve(one) for one in sessions[:2])
    intent = client.payment_intents.retrieve(str(refunded.payment_intent))
    events = client.events.list({"type": "checkout.session.completed"}).data
    event = next(event for event in events if event.data.object["id"] == refunded.id)
    return {
        "user id": _USER,
        "an address": _ADDRESS,
        "a session": refunded.id,
        "a session's URL": f"https://checkout.stripe.com/c/pay/{refunded.id}#fid",
        "a payment intent": intent.id,
        "a charge": str(intent.latest_charge),
        "a refund": client.refunds.list({"payment_intent": intent.id}).data[0].id,
        "a dispute": client.disputes.list({"payment_intent": str(disputed.payment_intent)}).data[0].id,
        "a customer": customer,
        "an event": event.id,
    }


def _require(found: object, expected: object) -> None:
    if found != expected:
        raise RuntimeError(f"{found} was found, not {expected}")
