"""`webhooks replay`: the missed events of a window go through the receiver's handler, in order, and are reported."""

import json
from typing import Any

import pytest

from learnermax_cli.core.errors import Exit
from learnermax_cli.core.text_safety import markdown
from tests.doctor.worlds import restricted_key
from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.replays import effects, event_of_session, put_many, register, replay, told

USER = "user-7"
HOUR = 3600
READ_SESSION = "GET /v1/checkout/sessions/{id}"
COMPLETE, PUBLISH = ("complete", "applied"), ("publish", "applied")


def test_missed_payment_is_made_good(sandbox: Sandbox) -> None:
    """The enrollment is completed, its event published once, and the report says which event did it."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    event = event_of_session(sandbox, session_id)
    ran = replay(sandbox)
    changes = [("enrollment", key(USER), *COMPLETE), ("event", key(USER), *PUBLISH)]
    assert (0, changes, []) == (ran.exit_code, ran.outcomes, ran.findings)
    row = {
        "id": event.id,
        "type": "checkout.session.completed",
        "created": worlds.text_of(event.created).replace(".000Z", "Z"),
        "session": session_id,
        "enrollment": key(USER),
        "effect": "changed",
        "state": "paid",
    }
    assert [row] == ran.report["events"]
    assert {"events": 1, "complete": 1} == ran.summary
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_what_is_done_already_is_skipped(sandbox: Sandbox) -> None:
    """A second replay finds everything done: it asks Stripe for the events alone, and writes nothing."""
    worlds.put_basics(sandbox)
    put_many(sandbox, 3)
    assert {"changed": 3} == effects(replay(sandbox))
    assert 3 == len(worlds.read_events(sandbox))
    seq = last_entry(sandbox)
    again = replay(sandbox)
    assert (0, {"done": 3}, []) == (again.exit_code, effects(again), again.changes)
    assert ([], []) == (writes_since(sandbox, seq), worlds.read_events(sandbox))
    assert 0 == worlds.stripe_requests(sandbox, seq).count(READ_SESSION)


def test_dry_run_writes_nothing_and_the_run_does_exactly_that(sandbox: Sandbox) -> None:
    """The changes of a dry run are those of the run after it; with --exit-code it ends in 8."""
    worlds.put_basics(sandbox)
    for user, state in (("a", "paid"), ("b", "paid"), ("c", "expired")):
        worlds.put_bought(sandbox, user, state, customer=f"cus_{user}")
    worlds.put_items(sandbox, [student_item("d")])
    worlds.seed(sandbox, "d")
    before, seq = worlds.read_statuses(sandbox), last_entry(sandbox)
    planned = replay(sandbox, "--dry-run", "--exit-code")
    assert (8, True) == (planned.exit_code, planned.report["dry_run"])
    assert (before, []) == (worlds.read_statuses(sandbox), writes_since(sandbox, seq))
    ran = replay(sandbox)
    assert (0, planned.report["digest"]) == (ran.exit_code, ran.report["digest"])
    assert (planned.changes, planned.report["events"]) == (ran.changes, ran.report["events"])
    assert 8 == len(ran.changes)
    assert {"events": 4, "complete": 2, "create": 1} == ran.summary


def test_dry_run_plans_an_enrollment_once(sandbox: Sandbox) -> None:
    """Two paid sessions of one enrollment complete it once, in the plan as in the run."""
    worlds.put_basics(sandbox, USER)
    worlds.put_pending(sandbox, USER, worlds.seed(sandbox, USER, offset=-20 * HOUR))
    worlds.seed(sandbox, USER, offset=-10 * HOUR)
    planned, ran = replay(sandbox, "--dry-run"), replay(sandbox)
    both = [(key(USER), "changed", "paid"), (key(USER), "done", "paid")]
    assert both == told(planned)
    assert (planned.changes, planned.findings) == (ran.changes, ran.findings)
    assert [("paid twice", key(USER))] == ran.findings


def test_events_of_an_enrollment_keep_their_order(sandbox: Sandbox) -> None:
    """First its session expires, then another one is paid: the report tells it as it happened."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, "expired")
    worlds.seed(sandbox, USER, offset=-2 * HOUR)
    assert [(key(USER), "waiting", "expired"), (key(USER), "changed", "paid")] == told(replay(sandbox))


def test_events_of_one_session_need_one_reading(sandbox: Sandbox) -> None:
    """A delayed payment that failed has two events, and its session is read once."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, "failed")
    seq = last_entry(sandbox)
    ran = replay(sandbox)
    assert [(key(USER), "waiting", "failed")] * 2 == told(ran)
    assert 1 == worlds.stripe_requests(sandbox, seq).count(READ_SESSION)


def test_young_event_is_read_again(sandbox: Sandbox) -> None:
    """Of an event younger than a minute nobody knows whether the reading before it told of it."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, "failed", offset=0)
    seq = last_entry(sandbox)
    assert 2 == len(told(replay(sandbox)))
    assert 2 == worlds.stripe_requests(sandbox, seq).count(READ_SESSION)


def test_nobody_gets_in_unpaid(sandbox: Sandbox) -> None:
    """Unpaid, refunded, disputed, foreign and mismatched sessions complete nothing; what needs a person is found."""
    worlds.put_basics(sandbox)
    for state in ("expired", "failed", "processing", "refunded", "disputed"):
        worlds.put_bought(sandbox, state, state)
    elsewhere = {"managedBy": "lmx", "environment": "prod", "courseId": worlds.COURSE, "userId": "elsewhere"}
    worlds.put_bought(sandbox, "elsewhere", metadata=elsewhere)
    worlds.seed(sandbox, None, metadata={})
    seq = last_entry(sandbox)
    ran = replay(sandbox, "--exit-code")
    assert 8 == ran.exit_code
    assert [("disputed", key("disputed")), ("refunded", key("refunded"))] == sorted(ran.findings)
    assert {"waiting": 4, "attention": 4, "ignored": 2} == effects(ran)
    assert {"pending"} == set(worlds.read_statuses(sandbox).values())
    assert [] == writes_since(sandbox, seq)


def test_event_that_fails_leaves_the_others_alone(sandbox: Sandbox) -> None:
    """One session that Stripe can't read now fails its event, exit 1; the next replay makes it good."""
    worlds.put_basics(sandbox)
    put_many(sandbox, 3)
    sandbox.control.add_fault("error", operation=READ_SESSION, headers={"Stripe-Should-Retry": "false"})
    ran = replay(sandbox)
    assert (1, "failed.events") == (ran.exit_code, ran.report["error"]["code"])
    assert {"changed": 2, "failed": 1} == effects(ran)
    assert "1 of 3 events could not be handled" == ran.report["error"]["message"]
    again = replay(sandbox)
    assert (0, {"changed": 1, "done": 2}) == (again.exit_code, effects(again))
    assert 3 == len(worlds.read_events(sandbox))


def test_refused_key_ends_the_run(sandbox: Sandbox) -> None:
    """What the next event would meet too stops the rest: exit 4, and the report says what was done until then."""
    worlds.put_basics(sandbox)
    put_many(sandbox, 30)
    refused: dict[str, Any] = {"status": 401, "error_type": "invalid_request_error", "message": "Invalid API Key"}
    sandbox.control.add_fault("error", operation=READ_SESSION, skip=10, times=None, **refused)
    ran = replay(sandbox)
    assert (Exit.CREDENTIALS, 10) == (ran.exit_code, effects(ran)["changed"])
    assert effects(ran)["failed"] <= 8
    assert 10 == list(worlds.read_statuses(sandbox).values()).count("completed")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--since", "31d"), "--since 31d is too long ago: Stripe keeps events for 30 days"),
        (("--since", "soon"), "--since is 'soon', neither a span nor a time"),
        (("--since", "2h", "--until", "3h"), "--until needs an earlier --since"),
    ],
)
def test_window_that_makes_no_sense(sandbox: Sandbox, args: tuple[str, ...], message: str) -> None:
    """Wrong usage, before anything is asked."""
    seq = last_entry(sandbox)
    done = sandbox.run("webhooks", "replay", "-o", "json", *args)
    error = json.loads(done.stdout)["error"]
    assert (2, message) == (done.returncode, error["message"])
    assert [] == sandbox.control.journal(seq)


def test_events_that_stripe_has_forgotten_have_another_remedy(sandbox: Sandbox) -> None:
    """The refusal names the command that reads sessions instead."""
    done = sandbox.run("webhooks", "replay", "--since", "40d")
    assert "For older payments: lmx enrollments reconcile --since 40d" in done.stderr
    assert 0 == sandbox.run("webhooks", "replay", "--since", "30d").returncode


def test_window_is_kept_to(sandbox: Sandbox) -> None:
    """Events before --since and from --until on are left alone."""
    worlds.put_basics(sandbox)
    for hours in (50, 30, 10):
        worlds.put_bought(sandbox, f"h{hours}", offset=-hours * HOUR)
    ran = replay(sandbox, "--since", "40h", "--until", "20h")
    assert [(key("h30"), "changed", "paid")] == told(ran)


def test_table_says_which_enrollment_each_event_touches(sandbox: Sandbox) -> None:
    """The plan, a line for each event, and the sum."""
    worlds.put_basics(sandbox)
    paid, failed = worlds.put_bought(sandbox, "a"), worlds.put_bought(sandbox, "b", "refunded", offset=-20 * HOUR)
    events = [event_of_session(sandbox, session_id) for session_id in (paid, failed)]
    events += sandbox.stripe().v1.events.list({"type": "charge.refunded"}).data
    done = sandbox.run("webhooks", "replay", "--since", "3d")
    assert 0 == done.returncode, done.stderr
    times = [worlds.text_of(event.created).replace(".000Z", "Z") for event in events]
    first = [
        "1 needs attention. Applied: 1 completed, 0 created; of 3 events: 1 changed something, 0 done already,"
        " 2 with findings, 0 ignored.",
        f"  ! refunded {key('b')}: {failed} was refunded in full",
        f"      lmx enrollments release {worlds.COURSE} --user b",
    ]
    last = [
        f"{times[0]} {events[0].id} checkout.session.completed {key('a')}: changed, paid",
        f"{times[1]} {events[1].id} checkout.session.completed {key('b')}: attention, refunded",
        f"{times[2]} {events[2].id} charge.refunded {key('b')}: attention, refunded",
    ]
    lines = done.stdout.splitlines()
    assert (first, last) == (lines[1:4], lines[-3:])
    assert f"  + complete enrollment {key('a')}" in done.stdout


def test_markdown_holds_the_same(sandbox: Sandbox) -> None:
    """For a summary: changes as a table, events as lines, and no JSON."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    done = sandbox.run("webhooks", "replay", "--since", "3d", "--dry-run", "-o", "markdown")
    assert "### lmx webhooks replay: sandbox (dry run)" in done.stdout
    assert f"| complete | enrollment | {markdown(key(USER))} |" in done.stdout
    assert "**Plan: 1 to complete, 0 to create; of 1 event: 1 would change something" in done.stdout


def test_nothing_happened(sandbox: Sandbox) -> None:
    """An empty window is fine."""
    ran = replay(sandbox)
    assert (0, [], []) == (ran.exit_code, ran.changes, ran.report["events"])
    assert {"events": 0} == ran.summary | {"events": ran.report["summary"]["events"]}


def test_undelivered_events_alone(sandbox: Sandbox) -> None:
    """With --undelivered only what some endpoint has not received is handled."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, "before-there-was-an-endpoint")
    register(sandbox)
    sandbox.control.set_webhooks(loss_percent=100)
    worlds.put_pending(sandbox, USER, None)
    row = {"course_id": worlds.COURSE, "user_id": USER, "offset": -20 * HOUR}
    sandbox.control.seed_sessions([row], deliver=True)
    ran = replay(sandbox, "--undelivered")
    assert [(key(USER), "changed", "paid")] == told(ran)
    assert {"changed": 1, "done": 1} == effects(replay(sandbox))


def test_failure_between_writes_is_told_as_it_is(sandbox: Sandbox) -> None:
    """A topic that refuses: the enrollment is completed, its event is not published, and the report says both."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, metadata={"userId": USER, "courseId": worlds.COURSE})
    missing = "arn:aws:sns:us-east-1:123456789012:no-such-topic"
    ran = replay(sandbox, env=worlds.with_topic(missing))
    assert [("enrollment", key(USER), *COMPLETE), ("event", key(USER), "publish", "failed")] == ran.outcomes
    assert (1, [(key(USER), "failed", f"topic {missing} does not exist")]) == (ran.exit_code, told(ran))
    assert {"events": 1, "complete": 1, "failed": 1, "owed": 1} == ran.summary
    assert [("event", key(USER), *PUBLISH)] == replay(sandbox).outcomes
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_malformed_topic_keeps_nobody_out(sandbox: Sandbox) -> None:
    """Every payment is carried out, every mail stays owed and counted, and the exit code is that of configuration."""
    worlds.put_basics(sandbox)
    users = [f"user-{number}" for number in range(10, 22)]
    for user in users:
        worlds.put_bought(sandbox, user, metadata={"userId": user, "courseId": worlds.COURSE})
    ran = replay(sandbox, env=worlds.with_topic("mails"))
    error = ran.report["error"]
    assert (3, "config.topic", {key(user): "completed" for user in users}) == (
        ran.exit_code,
        error["code"],
        worlds.read_statuses(sandbox),
    )
    assert {"events": 12, "complete": 12, "failed": 12, "owed": 12} == ran.summary
    assert [("event", key(user), *PUBLISH) for user in users] == sorted(replay(sandbox).outcomes)


def test_disputes_that_cannot_be_read_keep_nobody_else_out(sandbox: Sandbox) -> None:
    """The events of a disputed payment fail, and name the permission; all others are handled; exit 4."""
    worlds.put_basics(sandbox)
    for user in ("disputed", USER):
        marker = {"managedBy": "lmx", "environment": "preview", "userId": user, "courseId": worlds.COURSE}
        session_id = worlds.put_bought(sandbox, user, metadata=marker, offset=-20 * HOUR)
        if user != USER:
            sandbox.control.dispute(session_id)
    env = {"LMX_ENVIRONMENT": "preview", "STRIPE_SECRET_KEY": restricted_key(sandbox, "dispute")}
    ran = replay(sandbox, env=env)
    assert (4, {"events": 3, "complete": 1, "failed": 2}) == (ran.exit_code, ran.summary)
    assert "lacks dispute_read" in ran.report["error"]["message"]
    assert {key("disputed"): "pending", key(USER): "completed"} == worlds.read_statuses(sandbox)
