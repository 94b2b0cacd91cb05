"""Access follows the money by webhook: refunds and disputes, through real deliveries, as `reconcile` decides."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import stripe

from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.money import CLOSED, DISPUTED, FAILED, REFUNDED, USER, enroll, item_of, newest
from tests.webhooks.replays import register, replay, told
from tests.webhooks.signed import body_of, deliver, event_about, post, signature
from tests.webhooks.worlds import Serving, put_signing_secret, serving

HOUR = 3600
ON: Mapping[str, str | None] = {"LMX_REVOKE": "1"}


@pytest.fixture
def revoking(sandbox: Sandbox) -> Iterator[Serving]:
    """A receiver that takes access away where the payment went back."""
    put_signing_secret(sandbox)
    with serving(sandbox, "--revoke") as running:
        yield running


def tell(sandbox: Sandbox, receiver: Serving, event_type: str) -> str:
    """Deliver the newest event of a type; return the line of the answer, which is a 200."""
    status, line = deliver(receiver.url, newest(sandbox, event_type), worlds.now(sandbox))
    assert 200 == status
    return line


def test_refund_takes_access_away_and_its_failure_gives_it_back(sandbox: Sandbox, revoking: Serving) -> None:
    """Everything but the status stays; the same event again finds it done; no second mail is sent."""
    session_id = enroll(sandbox)
    before = item_of(sandbox)
    sandbox.control.refund(session_id)
    assert "changed: revoked" == tell(sandbox, revoking, REFUNDED)
    revoked = item_of(sandbox)
    taken = {"paymentStatus": "pending", "accessRevokedReason": "refunded"}
    assert {**before, **taken, "accessRevokedAt": revoked["accessRevokedAt"]} == revoked
    assert "done: revoked" == tell(sandbox, revoking, REFUNDED)
    sandbox.control.change_refund(session_id, "failed")
    assert "changed: restored" == tell(sandbox, revoking, FAILED)
    assert "done: completed" == tell(sandbox, revoking, REFUNDED)
    assert (before, []) == (item_of(sandbox), worlds.read_events(sandbox))
    counts = revoking.stop()
    assert {"received": 4, "changed": 2, "done": 2, "revoke": 1, "restore": 1} == counts


def test_dispute_counts_once_it_is_decided(sandbox: Sandbox, revoking: Serving) -> None:
    """An open one is for a person to look at; a lost one takes access away, one that is won after all gives it back."""
    session_id = enroll(sandbox)
    sandbox.control.dispute(session_id)
    assert "attention: disputed" == tell(sandbox, revoking, DISPUTED)
    sandbox.control.change_dispute(session_id, "lost")
    assert "changed: revoked" == tell(sandbox, revoking, CLOSED)
    assert "charged back" == item_of(sandbox)["accessRevokedReason"]
    sandbox.control.change_dispute(session_id, "won")
    assert "changed: restored" == tell(sandbox, revoking, CLOSED)
    assert "completed" == item_of(sandbox)["paymentStatus"]


def test_receiver_without_revoke_only_reports(sandbox: Sandbox, receiver: Serving) -> None:
    """Nothing is taken away unless it was asked for; what was taken away is given back all the same."""
    session_id = enroll(sandbox)
    before = item_of(sandbox)
    sandbox.control.refund(session_id)
    seq = last_entry(sandbox)
    assert "attention: refunded" == tell(sandbox, receiver, REFUNDED)
    assert (before, []) == (item_of(sandbox), writes_since(sandbox, seq))
    worlds.reconcile(sandbox, "--since", "3d", "--revoke")
    sandbox.control.change_refund(session_id, "failed")
    assert "changed: restored" == tell(sandbox, receiver, FAILED)
    assert before == item_of(sandbox)


def test_refund_of_a_part_changes_nothing(sandbox: Sandbox, revoking: Serving) -> None:
    """A part refunded counts as paid."""
    sandbox.control.refund(enroll(sandbox), amount=100)
    before = item_of(sandbox)
    assert "done: completed" == tell(sandbox, revoking, REFUNDED)
    assert before == item_of(sandbox)


@pytest.mark.parametrize("found_by", ["customer", "email"])
def test_who_paid_again_stays_in(sandbox: Sandbox, revoking: Serving, found_by: str) -> None:
    """The item is pointed at the payment that holds; a paid session that names nobody needs a person first."""
    first = enroll(sandbox)
    student = worlds.read_item(sandbox, USER, "METADATA") or {}
    if found_by == "customer":
        sandbox.dynamodb().put_item(Item={**student, "stripeCustomerId": "cus_7"})
    found = {"customer": "cus_7"} if found_by == "customer" else {"email": student["email"]}
    second = worlds.seed(sandbox, USER, id="cs_test_second", offset=-90 * 24 * HOUR, **found)
    sandbox.control.refund(first)
    assert "changed: updated" == tell(sandbox, revoking, REFUNDED)
    item = item_of(sandbox)
    assert ("completed", second, 40) == (item["paymentStatus"], item["stripeSessionId"], item["progress"])
    assert "done: completed" == tell(sandbox, revoking, REFUNDED)


def test_whom_an_operator_keeps_stays_in(sandbox: Sandbox, revoking: Serving) -> None:
    """Goodwill holds, whatever the money does."""
    session_id = enroll(sandbox)
    sandbox.dynamodb().put_item(Item={**item_of(sandbox), "accessKeptAt": "2026-11-01T00:00:00.000Z"})
    sandbox.control.refund(session_id)
    assert "done: kept" == tell(sandbox, revoking, REFUNDED)


def test_payment_for_nobody_of_ours_is_ignored(sandbox: Sandbox, revoking: Serving) -> None:
    """A session of another environment, one without a course, and a charge that no session made."""
    other = {"managedBy": "lmx", "environment": "prod", "userId": USER, "courseId": worlds.COURSE}
    for session_id, metadata in (("cs_test_prod", other), ("cs_test_shop", {})):
        worlds.seed(sandbox, None, id=session_id, metadata=metadata)
        sandbox.control.dispute(session_id)
        line = "ignored: other environment" if metadata else "ignored: not ours"
        assert line == tell(sandbox, revoking, DISPUTED)
    event = newest(sandbox, DISPUTED)
    for intent in ("pi_unknown", None):
        event["data"]["object"]["payment_intent"] = intent
        assert (200, "ignored: not a session") == deliver(revoking.url, event, worlds.now(sandbox))
    assert {"received": 4, "ignored": 4} == revoking.stop()


def test_open_session_is_expired_before_a_won_payment_completes(sandbox: Sandbox, receiver: Serving) -> None:
    """Nobody pays twice: the session that the item names ends first."""
    worlds.put_basics(sandbox, USER)
    opened = worlds.seed(sandbox, USER, "open", id="cs_test_open", offset=-HOUR)
    worlds.put_pending(sandbox, USER, opened, hours=1)
    won = worlds.seed(sandbox, USER, id="cs_test_won", offset=-2 * HOUR)
    sandbox.control.dispute(won)
    assert "waiting: open" == tell(sandbox, receiver, DISPUTED)
    sandbox.control.change_dispute(won, "won")
    assert "changed: paid" == tell(sandbox, receiver, CLOSED)
    assert ("expired", won) == (sandbox.control.read_session(opened).status, item_of(sandbox)["stripeSessionId"])


def test_link_sale_is_found_by_its_session(sandbox: Sandbox, revoking: Serving) -> None:
    """Charge and payment intent name nobody: the session does."""
    worlds.put_basics(sandbox, USER)
    link = {"managedBy": "lmx", "environment": "sandbox", "courseId": worlds.COURSE}
    session_id = worlds.seed(sandbox, None, metadata=link, payment_link="plink_1", client_reference_id=USER)
    worlds.put_pending(sandbox, USER, session_id, paymentStatus="completed")
    sandbox.control.refund(session_id)
    assert "changed: revoked" == tell(sandbox, revoking, REFUNDED)
    assert f"{session_id} {key(USER)} changed: revoked" in revoking.wait_for(REFUNDED)


def test_stripe_delivers_them_by_itself(sandbox: Sandbox) -> None:
    """An endpoint of ours gets them from the sandbox as from Stripe."""
    session_id = enroll(sandbox)
    endpoint = register(sandbox)
    with serving(sandbox, env=ON) as receiver:
        sandbox.stripe().v1.webhook_endpoints.update(endpoint, {"url": receiver.url})
        sandbox.control.refund(session_id)
        receiver.wait_for("changed: revoked")
        sandbox.control.change_refund(session_id, "failed")
        receiver.wait_for("changed: restored")


def test_replay_makes_good_what_was_not_delivered(sandbox: Sandbox) -> None:
    """The same events, listed; each enrollment's in order, those that were handled skipped."""
    session_id = enroll(sandbox)
    register(sandbox)
    sandbox.control.refund(session_id)
    reported = replay(sandbox, "--exit-code")
    assert [(key(USER), "done", "completed"), (key(USER), "attention", "refunded")] == told(reported)
    assert (8, [("in, but refunded", key(USER))]) == (reported.exit_code, reported.findings)
    dry = replay(sandbox, "--revoke", "--dry-run")
    ran = replay(sandbox, env=ON)
    assert [("enrollment", key(USER), "revoke", "applied")] == ran.outcomes
    assert (dry.changes, 1) == (ran.changes, ran.summary["revoke"])
    assert [] == replay(sandbox, "--revoke").changes
    sandbox.control.change_refund(session_id, "failed")
    assert {"events": 3, "restore": 1} == replay(sandbox, "--no-revoke", env=ON).summary
    assert "completed" == item_of(sandbox)["paymentStatus"]


@pytest.mark.parametrize("reverse", [False, True])
def test_shuffled_and_repeated_events_end_the_same(sandbox: Sandbox, revoking: Serving, *, reverse: bool) -> None:
    """State is that of the objects now, never of the order of events: refunded, failed, disputed, won, lost."""
    session_id = enroll(sandbox)
    sandbox.control.refund(session_id)
    sandbox.control.change_refund(session_id, "failed")
    sandbox.control.dispute(session_id)
    sandbox.control.change_dispute(session_id, "won")
    sandbox.control.change_dispute(session_id, "lost")
    listed = sandbox.stripe().v1.events.list({"types": [REFUNDED, FAILED, DISPUTED, CLOSED]}).data
    events = [dict(json.loads(str(event))) for event in listed]
    for event in (*(reversed(events) if reverse else events), *events):
        assert 200 == deliver(revoking.url, event, worlds.now(sandbox))[0]
    item = item_of(sandbox)
    assert ("pending", "charged back", 40) == (item["paymentStatus"], item["accessRevokedReason"], item["progress"])


def test_event_costs_few_reads_of_stripe(sandbox: Sandbox, revoking: Serving) -> None:
    """A function may make one request a second, and Checkout waits: the session, its refunds, other payments."""
    sandbox.control.refund(enroll(sandbox))
    seq = last_entry(sandbox)
    assert "changed: revoked" == tell(sandbox, revoking, REFUNDED)
    listed = ["GET /v1/checkout/sessions", "GET /v1/checkout/sessions/{id}", "GET /v1/refunds"]
    assert [*listed, "GET /v1/checkout/sessions"] == worlds.stripe_requests(sandbox, seq)[1:]


def test_receiver_remembers_no_payment(sandbox: Sandbox, revoking: Serving) -> None:
    """Of a student with many payments each is read anew: one that went back later counts."""
    first = enroll(sandbox)
    student = worlds.read_item(sandbox, USER, "METADATA") or {}
    sandbox.dynamodb().put_item(Item={**student, "stripeCustomerId": "cus_7"})
    more = [worlds.seed(sandbox, USER, id=f"cs_test_more{n}", customer="cus_7", offset=-HOUR * n) for n in range(1, 6)]
    for session_id in (first, *more[1:]):
        sandbox.control.refund(session_id)
    assert "changed: updated" == tell(sandbox, revoking, REFUNDED)
    assert more[0] == item_of(sandbox)["stripeSessionId"]
    sandbox.control.refund(more[0])
    assert "changed: revoked" == tell(sandbox, revoking, REFUNDED)


THIN = {
    "id": "evt_test_65R9",
    "object": "v2.core.event",
    "type": "v1.billing.meter.error_report_triggered",
    "livemode": False,
    "created": "2026-11-20T06:20:52.246Z",
    "context": None,
    "related_object": {"id": "mtr_1", "type": "billing.meter", "url": "/v1/billing/meters/mtr_1"},
}
UNKNOWN: dict[str, Mapping[str, Any]] = {
    "thin event": THIN,
    "thin event without a time": {"id": "evt_1", "object": "v2.core.event", "type": "v2.core.account.closed"},
    "other object": event_about({"id": "po_1", "object": "payout"}, 1, "payout.paid"),
    "object without an id": event_about({"object": "balance", "available": []}, 1, "balance.available"),
    "charge that was paid": event_about(
        {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}, 1, "charge.updated"
    ),
    "event of tomorrow": event_about({"id": "x_1", "object": "x"}, 1, "x.made", api_version="2029-01-01.fir"),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_event_of_an_unknown_kind_is_ignored(sandbox: Sandbox, receiver: Serving, name: str) -> None:
    """Stripe would send it again for days: it gets 200, is counted, and named by its type."""
    event, seq = UNKNOWN[name], last_entry(sandbox)
    body = body_of(event)
    headers = {"Stripe-Signature": signature(body, worlds.now(sandbox))}
    assert (200, "ignored: not a session") == post(receiver.url, body, headers)
    assert f"{event['id']} {event['type']} - - ignored" in receiver.wait_for(str(event["type"]))
    assert [] == [entry for entry in sandbox.control.journal(seq) if entry["service"] == "stripe"]


def test_thin_event_is_as_the_sdk_has_it() -> None:
    """The fields of the event above are those of Stripe's own class."""
    notification = stripe.StripeClient("sk_" + "test_1").parse_event_notification(
        body_of(THIN), signature(body_of(THIN), 2_000_000_000), "whsec_" + "serve" * 5, tolerance=10**9
    )
    assert (THIN["id"], THIN["type"], THIN["created"]) == (notification.id, notification.type, notification.created)
