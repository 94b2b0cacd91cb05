"""What an event leads to, by the state that its session is in when it is read again."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.signed import COMPLETED, EXPIRED, deliver, event_of
from tests.webhooks.worlds import Serving

USER = "user-7"
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
LINK: dict[str, Any] = {"metadata": OURS, "payment_link": "plink_1", "client_reference_id": USER}
ANYBODY: dict[str, Any] = {"payment_link": "plink_1"}
SITE = {"userId": USER, "courseId": COURSE}
READ_TABLE = ("dynamodb", "GetItem")
STATES: dict[str, str] = {
    "paid": "changed: paid",
    "free": "changed: paid",
    "partly_refunded": "changed: paid",
    "dispute_won": "changed: paid",
    "inquiry": "changed: paid",
    "processing": "waiting: processing",
    "failed": "waiting: failed",
    "open": "waiting: open",
    "expired": "waiting: expired",
    "refunded": "attention: refunded",
    "disputed": "attention: disputed",
    "dispute_lost": "attention: disputed",
}


def _pending(**fields: Any) -> Callable[[Sandbox], str]:
    return lambda sandbox: worlds.put_bought(sandbox, USER, **fields)


def _without_item(**fields: Any) -> Callable[[Sandbox], str]:
    def build(sandbox: Sandbox) -> str:
        worlds.put_items(sandbox, [student_item(USER)])
        return worlds.seed(sandbox, USER, **fields)

    return build


def _unknown_course(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [student_item(USER)])
    return worlds.seed(sandbox, USER, metadata={**OURS, "courseId": "gone", "userId": USER})


def _unknown_student(sandbox: Sandbox) -> str:
    return worlds.seed(sandbox, USER)


def _older_session_paid(sandbox: Sandbox) -> str:
    paid = worlds.seed(sandbox, USER)
    worlds.put_bought(sandbox, USER, "open", offset=-60)
    return paid


def _second_payment(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.put_pending(sandbox, USER, "cs_test_first", paymentStatus="completed")
    return worlds.seed(sandbox, USER, id="cs_test_second")


def _paid_again(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.put_pending(sandbox, USER, worlds.seed(sandbox, USER, "refunded"), paymentStatus="completed")
    return worlds.seed(sandbox, USER, id="cs_test_second")


def _free_enrollment(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.put_pending(sandbox, USER, None, paymentStatus="free", enrollmentType="free")
    return worlds.seed(sandbox, USER)


def _item_names_garbage(sandbox: Sandbox) -> str:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.put_pending(sandbox, USER, "garbage")
    return worlds.seed(sandbox, USER)


CASES: dict[str, tuple[Callable[[Sandbox], str], str, str | None]] = {
    "contradicts itself": (_pending(client_reference_id="user-8"), "attention: mismatch", "pending"),
    "made by the site": (_pending(metadata=SITE), "changed: paid", "completed"),
    "known by its reference": (_pending(metadata=OURS, client_reference_id=USER), "changed: paid", "completed"),
    "through a link": (_without_item(**LINK), "changed: paid", "completed"),
    "through a link, not paid": (_without_item(state="expired", **LINK), "waiting: no enrollment", None),
    "the site's, no item": (_without_item(metadata=SITE), "attention: no enrollment", None),
    "the site's, no item, not paid": (_without_item(state="expired", metadata=SITE), "ignored: no enrollment", None),
    "nobody's": (lambda s: worlds.seed(s, None, **ANYBODY), "attention: payer unknown", None),
    "nobody's, not paid": (lambda s: worlds.seed(s, None, "open", offset=-60, **ANYBODY), "waiting: open", None),
    "unknown course": (_unknown_course, "attention: no course", None),
    "unknown student": (_unknown_student, "attention: no student", None),
    "another session is open": (_older_session_paid, "changed: paid", "completed"),
    "second payment": (_second_payment, "attention: completed", "completed"),
    "paid again after a refund": (_paid_again, "changed: updated", "completed"),
    "free enrollment": (_free_enrollment, "done: free", "free"),
    "item names garbage": (_item_names_garbage, "changed: paid", "completed"),
}


def _status(sandbox: Sandbox) -> str | None:
    return worlds.read_statuses(sandbox).get(worlds.key(USER))


@pytest.mark.parametrize(("state", "line"), STATES.items(), ids=STATES)
def test_pending_enrollment_becomes_what_its_session_says(
    sandbox: Sandbox, receiver: Serving, state: str, line: str
) -> None:
    """Only what is paid, and stays paid, completes it, whatever type the event has; only then a mail is sent."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, state, offset=-60)
    assert (200, line) == receiver.deliver(session_id, COMPLETED if state != "paid" else EXPIRED)
    paid = line == "changed: paid"
    assert "completed" if paid else "pending" == _status(sandbox)
    assert ([worlds.event_of(sandbox, USER)] if paid else []) == worlds.read_events(sandbox)


@pytest.mark.parametrize("name", CASES)
def test_other_sessions_are_decided_as_reconcile_decides(sandbox: Sandbox, receiver: Serving, name: str) -> None:
    """Links, the site's own sessions, payers and courses that nobody knows, payments that are one too many."""
    worlds.put_basics(sandbox)
    build, line, status = CASES[name]
    assert (200, line) == receiver.deliver(build(sandbox))
    assert status == _status(sandbox)


def test_completion_writes_what_reconcile_writes(sandbox: Sandbox, receiver: Serving) -> None:
    """The customer, session, payment intent, and no trace of the event once it is sent."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, customer="cus_7")
    before = worlds.read_item(sandbox, USER)
    assert before is not None
    assert (200, "changed: paid") == receiver.deliver(session_id)
    intent = sandbox.stripe().v1.checkout.sessions.retrieve(session_id).payment_intent
    assert {**before, "paymentStatus": "completed", "stripePaymentIntentId": intent} == worlds.read_item(sandbox, USER)
    assert student_item(USER, stripeCustomerId="cus_7") == worlds.read_item(sandbox, USER, "METADATA")


def test_second_delivery_finds_it_done_without_asking_stripe(sandbox: Sandbox, receiver: Serving) -> None:
    """One read of the table is all that a duplicate costs; no second mail is sent."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    event = event_of(sandbox, session_id)
    assert (200, "changed: paid") == deliver(receiver.url, event, worlds.now(sandbox))
    seq = last_entry(sandbox)
    assert (200, "done: completed") == deliver(receiver.url, event, worlds.now(sandbox))
    assert [READ_TABLE] == [(entry["service"], entry["operation"]) for entry in sandbox.control.journal(seq)]
    assert 1 == len(worlds.read_events(sandbox))


def test_event_whose_effect_is_there_already_writes_nothing(sandbox: Sandbox, receiver: Serving) -> None:
    """Reconcile was faster."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    assert 0 == worlds.reconcile(sandbox).exit_code
    seq = last_entry(sandbox)
    assert (200, "done: completed") == receiver.deliver(session_id)
    assert [] == writes_since(sandbox, seq)
    assert 1 == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("types", [(EXPIRED, COMPLETED), (COMPLETED, EXPIRED)], ids=" ".join)
def test_events_in_any_order_lead_to_the_same_end(sandbox: Sandbox, receiver: Serving, types: tuple[str, str]) -> None:
    """An open session is left and an older one paid: what an event says of the past does not undo what is true now."""
    worlds.put_basics(sandbox)
    expired = worlds.put_bought(sandbox, USER, "expired")
    paid = worlds.seed(sandbox, USER)
    for event_type in types:
        receiver.deliver(expired if event_type == EXPIRED else paid, event_type)
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", paid) == (item["paymentStatus"], item["stripeSessionId"])
    assert 1 == len(worlds.read_events(sandbox))


def test_success_that_overtakes_its_completion_is_not_undone(sandbox: Sandbox, receiver: Serving) -> None:
    """A delayed payment: the late `completed`, made when it was still unpaid, finds it done."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, "processing")
    early = event_of(sandbox, session_id, COMPLETED, id="evt_early")
    sandbox.control.settle(session_id, succeed=True)
    replies = [
        receiver.deliver(session_id, "checkout.session.async_payment_succeeded"),
        deliver(receiver.url, early, worlds.now(sandbox)),
    ]
    assert [(200, "changed: paid"), (200, "done: completed")] == replies


def test_session_that_our_key_does_not_find_is_no_news_to_acknowledge(sandbox: Sandbox, receiver: Serving) -> None:
    """An event of this account, but a key of another: our own mistake, so that it is to be delivered again."""
    worlds.put_basics(sandbox)
    event = event_of(sandbox, worlds.put_bought(sandbox, USER))
    event["data"]["object"]["id"] = "cs_test_elsewhere"
    failed = (503, "not done (failed.missing_session): please deliver again")
    assert failed == deliver(receiver.url, event, worlds.now(sandbox))
    event["data"]["object"]["metadata"].pop("userId")
    event["data"]["object"]["client_reference_id"] = None
    assert failed == deliver(receiver.url, event, worlds.now(sandbox))
    assert "pending" == _status(sandbox)


def test_enrollment_is_the_one_that_the_session_names_now(sandbox: Sandbox, receiver: Serving) -> None:
    """Metadata that was corrected after the event: the session, read again, counts."""
    worlds.put_basics(sandbox)
    event = event_of(sandbox, worlds.put_bought(sandbox, USER))
    event["data"]["object"]["metadata"]["userId"] = "user-8"
    event["data"]["object"]["client_reference_id"] = "user-8"
    assert (200, "changed: paid") == deliver(receiver.url, event, worlds.now(sandbox))
    assert {worlds.key(USER): "completed"} == worlds.read_statuses(sandbox)


def test_unnamed_event_of_ours_is_looked_up(sandbox: Sandbox, receiver: Serving) -> None:
    """The event of a link that told no user; meanwhile somebody noted on the session who it was."""
    worlds.put_basics(sandbox)
    event = event_of(sandbox, worlds.put_bought(sandbox, USER))
    event["data"]["object"]["metadata"].pop("userId")
    event["data"]["object"]["client_reference_id"] = None
    assert (200, "changed: paid") == deliver(receiver.url, event, worlds.now(sandbox))
    assert "completed" == _status(sandbox)
