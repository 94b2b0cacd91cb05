"""A mail that is owed is sent in the end: events of completions without a topic, by hand and by webhook."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.items import course_item
from tests.kills import MOMENTS, Scenario, kill_at
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.replays import replay
from tests.webhooks.worlds import put_signing_secret, serving

USER, OTHER = "user-7", "user-8"
NO_TOPIC = worlds.with_topic(None)
OFF = {"LMX_EVENTS": "off"}
TO_DO = "set TRANSACTIONAL_EMAIL_TOPIC_ARN, and the next run sends the mails (LMX_EVENTS=off: the site sends none)"
PUBLISHED = ("event", key(USER), "publish", "applied")


def _bought(sandbox: Sandbox, *users: str) -> list[str]:
    worlds.put_basics(sandbox)
    return [worlds.put_bought(sandbox, user, metadata={"userId": user, "courseId": COURSE}) for user in users]


def _mark(sandbox: Sandbox, user: str = USER) -> Any:
    return (worlds.read_item(sandbox, user) or {}).get("enrollmentEvent")


def _put_owed(sandbox: Sandbox, days: float, run: str = "") -> None:
    worlds.put_basics(sandbox, USER)
    mark = worlds.owed_since(sandbox, 60 * 24 * days, run)
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed", enrollmentEvent=mark)


def _owed_now(sandbox: Sandbox) -> list[str]:
    done = sandbox.run("enrollments", "list", "--owed", "-o", "json")
    return [row["user_id"] for row in worlds.Ran.read(done.returncode, done.stdout, done.stderr).report["items"]]


def test_run_without_a_topic_owes_and_the_next_with_one_sends(sandbox: Sandbox) -> None:
    """From a folder without the env file two students are completed, with a warning; the next run mails both, once."""
    _bought(sandbox, USER, OTHER)
    planned = worlds.reconcile(sandbox, "--dry-run", env=NO_TOPIC)
    assert [f"2 events would be owed: no topic configured; {TO_DO}"] == planned.report["warnings"]
    ran = worlds.reconcile(sandbox, env=NO_TOPIC)
    assert (0, {"examined": 2, "complete": 2, "owed": 2}) == (ran.exit_code, ran.summary)
    assert [f"2 events owed: no topic configured; {TO_DO}"] == ran.report["warnings"]
    assert [USER, OTHER] == _owed_now(sandbox)
    project = sandbox.home / "project.env"
    project.write_text(f"TRANSACTIONAL_EMAIL_TOPIC_ARN={sandbox.env['TRANSACTIONAL_EMAIL_TOPIC_ARN']}\n")
    again = worlds.reconcile(sandbox, "--env-file", str(project), env=NO_TOPIC)
    sent = [PUBLISHED, ("event", key(OTHER), "publish", "applied")]
    assert (0, sent, []) == (again.exit_code, sorted(again.outcomes), again.report.get("warnings", []))
    assert [worlds.event_of(sandbox, user) for user in (USER, OTHER)] == worlds.read_events(sandbox)
    seq = last_entry(sandbox)
    assert (0, []) == (worlds.reconcile(sandbox).exit_code, writes_since(sandbox, seq))
    assert ([], []) == (worlds.read_events(sandbox), _owed_now(sandbox))


def test_completion_without_a_topic_is_one_write(sandbox: Sandbox) -> None:
    """It marks the event as owed by nobody, in the form that any version reads; a later run leaves that as it is."""
    _bought(sandbox, USER)
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox, env=NO_TOPIC)
    assert (["UpdateItem"], [("enrollment", key(USER), "complete", "applied")]) == (
        writes_since(sandbox, seq),
        ran.outcomes,
    )
    mark = _mark(sandbox)
    assert {"run": "", "at": mark["at"]} == mark
    again = worlds.reconcile(sandbox, env=NO_TOPIC)
    assert (0, {"owed": 1}, mark) == (again.exit_code, again.summary, _mark(sandbox))
    assert [f"1 event owed: no topic configured; {TO_DO}"] == again.report["warnings"]


def test_warning_is_an_annotation(sandbox: Sandbox) -> None:
    """GitHub shows what is owed at the run."""
    _bought(sandbox, USER)
    done = sandbox.run("enrollments", "reconcile", env={**NO_TOPIC, "GITHUB_ACTIONS": "true"})
    assert f"::warning title=lmx enrollments reconcile::1 event owed: no topic configured; {TO_DO}" in done.stderr


@pytest.mark.parametrize(("days", "args", "sent"), [(6.9, (), 1), (7.1, (), 0), (7.1, ("--owed-within", "8d"), 1)])
def test_old_event_is_reported_not_sent(sandbox: Sandbox, days: float, args: tuple[str, ...], sent: int) -> None:
    """After a week a mail confuses: a finding names since when it is owed, and the command that sends it anyway."""
    _put_owed(sandbox, days)
    ran = worlds.reconcile(sandbox, *args)
    assert (0, [PUBLISHED] * sent, sent) == (ran.exit_code, ran.outcomes, len(worlds.read_events(sandbox)))
    if sent:
        return
    assert {"needs_attention": 1, "owed": 1} == ran.summary
    one = f"lmx enrollments reconcile --course {COURSE} --user {USER} --owed-within 9d"
    finding = {
        "kind": "event owed",
        "key": key(USER),
        "detail": f"owed since {_mark(sandbox)['at']}, longer than 7d: no mail is sent",
        "remedy": one,
        "url": None,
    }
    assert [finding] == ran.report["findings"]
    assert [PUBLISHED] == worlds.reconcile(sandbox, *one.split()[3:]).outcomes


@pytest.mark.parametrize("span", ["week", "0s", "59m", "99999d"])
def test_span_that_makes_no_sense_is_wrong_usage(sandbox: Sandbox, span: str) -> None:
    """It is a duration of an hour to ten years."""
    done = sandbox.run("enrollments", "reconcile", "--owed-within", span)
    assert (2, True) == (done.returncode, done.stderr.startswith(f"Error: --owed-within is '{span}', not "))


def test_site_without_mails_owes_nothing(sandbox: Sandbox) -> None:
    """With LMX_EVENTS=off a completion leaves no mark, in a run with a topic too, and warns of nothing."""
    _bought(sandbox, USER)
    ran = worlds.reconcile(sandbox, env={**OFF, "LMX_ENVIRONMENT": "preview"})
    assert (0, {"examined": 1, "complete": 1}, []) == (ran.exit_code, ran.summary, ran.report.get("warnings", []))
    assert (None, []) == (_mark(sandbox), worlds.read_events(sandbox))


@pytest.mark.parametrize("days", [0, 30])
def test_marks_that_are_left_are_removed(sandbox: Sandbox, days: float) -> None:
    """What is owed when a site gives its mails up is removed, however old, and counted."""
    _put_owed(sandbox, days, run="alive")
    planned = worlds.reconcile(sandbox, "--dry-run", env=OFF)
    assert ({"events_removed": 1}, [("event", key(USER), "delete", "planned")]) == (planned.summary, planned.outcomes)
    ran = worlds.reconcile(sandbox, env=OFF)
    assert (0, {"events_removed": 1}) == (ran.exit_code, ran.summary)
    assert [("event", key(USER), "delete", "applied")] == ran.outcomes
    assert (None, []) == (_mark(sandbox), worlds.read_events(sandbox))


def test_switch_that_is_neither_on_nor_off(sandbox: Sandbox) -> None:
    """A typo is no choice."""
    done = sandbox.run("enrollments", "reconcile", env={"LMX_EVENTS": "no"})
    said = ["Error: LMX_EVENTS is 'no', not on or off", "  Set LMX_EVENTS to on or off."]
    assert (3, said) == (done.returncode, done.stderr.splitlines())


def test_two_runs_side_by_side_send_once(sandbox: Sandbox) -> None:
    """What nobody owes is taken over by one of them."""
    _put_owed(sandbox, 1)
    sandbox.control.add_fault("hold", operation="UpdateItem", times=2)
    runs = [worlds.start(sandbox), worlds.start(sandbox)]
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    ended = [worlds.end(run) for run in runs]
    assert ([0, 0], ["applied", "superseded"]) == (
        [ran.exit_code for ran in ended],
        sorted(outcome for ran in ended for *_, outcome in ran.outcomes),
    )
    assert ([worlds.event_of(sandbox, USER)], None) == (worlds.read_events(sandbox), _mark(sandbox))


def test_webhook_and_run_side_by_side_send_once(sandbox: Sandbox) -> None:
    """A delivery that finds the event taken over by a run is delivered again, and finds nothing to do."""
    put_signing_secret(sandbox)
    (session_id,) = _bought(sandbox, USER)
    with serving(sandbox, env=dict(NO_TOPIC)) as receiver:
        assert (200, "changed: paid") == receiver.deliver(session_id)
        assert (200, "done: completed") == receiver.deliver(session_id)
        assert receiver.wait_for("changed: paid (event owed)")
    sandbox.control.add_fault("hold", operation="Publish")
    run = worlds.start(sandbox)
    sandbox.control.wait_held(timeout=60)
    with serving(sandbox, env={"LMX_ENVIRONMENT": "preview"}) as receiver:
        assert 503 == receiver.deliver(session_id)[0]
        sandbox.control.release()
        assert 0 == worlds.end(run).exit_code
        assert (200, "done: completed") == receiver.deliver(session_id)
    assert ([worlds.event_of(sandbox, USER)], None) == (worlds.read_events(sandbox), _mark(sandbox))


def test_delivery_sends_what_nobody_owes(sandbox: Sandbox) -> None:
    """A receiver that has the topic again publishes at once; with mails off it removes the mark."""
    put_signing_secret(sandbox)
    sessions = _bought(sandbox, USER, OTHER)
    assert 2 == worlds.reconcile(sandbox, env=NO_TOPIC).summary["owed"]
    for session_id, env, mailed in zip(sessions, ({}, OFF), (1, 0), strict=True):
        with serving(sandbox, env={"LMX_ENVIRONMENT": "preview", **env}) as receiver:
            assert (200, "changed: completed") == receiver.deliver(session_id)
        assert mailed == len(worlds.read_events(sandbox))
    assert (None, None) == (_mark(sandbox), _mark(sandbox, OTHER))


def test_replay_counts_and_sends(sandbox: Sandbox) -> None:
    """A replay without topic counts what it leaves owed, one with a topic sends it; old ones are a finding."""
    _bought(sandbox, USER)
    for summary in ({"events": 1, "complete": 1, "owed": 1}, {"events": 1, "owed": 1}):
        ran = replay(sandbox, env=NO_TOPIC)
        assert (0, summary) == (ran.exit_code, ran.summary)
        assert [f"1 event owed: no topic configured; {TO_DO}"] == ran.report["warnings"]
    worlds.age_intents(sandbox, 60 * 24 * 8)
    old = replay(sandbox)
    assert (["event owed"], []) == ([f["kind"] for f in old.report["findings"]], old.outcomes)
    worlds.age_intents(sandbox, 1)
    assert [PUBLISHED] == replay(sandbox).outcomes
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def _enroll(sandbox: Sandbox, env: Mapping[str, str | None]) -> dict[str, Any]:
    done = sandbox.run("enrollments", "create", COURSE, "--user", USER, "-o", "json", env=env)
    report = worlds.Ran.read(done.returncode, done.stdout, done.stderr).report
    return {"created": report["data"]["created"], "event": report["data"]["event"], "said": report.get("warnings")}


def test_free_enrollment_owes_too(sandbox: Sandbox) -> None:
    """A free course without topic: owed, and the same command sends it once there is a topic."""
    worlds.put_basics(sandbox, USER)
    worlds.put_items(sandbox, [course_item(COURSE, None, pricingModel="free")])
    said = [f"1 event owed: no topic configured; {TO_DO}"]
    assert {"created": True, "event": "owed", "said": said} == _enroll(sandbox, NO_TOPIC)
    assert {"created": False, "event": "owed", "said": said} == _enroll(sandbox, NO_TOPIC)
    worlds.age_intents(sandbox, 60 * 24 * 8)
    late = _enroll(sandbox, {})
    assert (f"the event of {key(USER)} is owed since ", "owed") == (late["said"][0][:50], late["event"])
    worlds.age_intents(sandbox, 1)
    assert {"created": False, "event": "published", "said": None} == _enroll(sandbox, {})
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


UNTOLD = Scenario("owe", lambda _: None, ("UpdateItem",))
NOBODYS = Scenario("send", lambda _: None, ("UpdateItem", "Publish", "UpdateItem"))
_KILLS = [(UNTOLD, 0), *((NOBODYS, index) for index in range(3))]


@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("point", _KILLS, ids=["completing", "taking over", "publishing", "removing the mark"])
def test_killed_run_loses_no_mail(sandbox: Sandbox, point: tuple[Scenario, int], when: str) -> None:
    """Killed before or after any write, without a topic and then with one: the student is in, and gets the mail."""
    _bought(sandbox, USER)
    if point[0] is NOBODYS:
        assert 0 == worlds.reconcile(sandbox, env=NO_TOPIC).exit_code
    kill_at(sandbox, point, when, worlds.RECONCILE, NO_TOPIC if point[0] is UNTOLD else {"LMX_ENVIRONMENT": "preview"})
    assert 0 == worlds.reconcile(sandbox, env=NO_TOPIC).exit_code
    worlds.age_intents(sandbox)
    assert 0 == worlds.reconcile(sandbox).exit_code
    sent_before = point[0] is NOBODYS and point[1] + (when == "after") >= 2
    left_owed = (point[1], when) != (2, "after")
    assert int(sent_before) + int(left_owed) == len(worlds.read_events(sandbox))
    assert ({key(USER): "completed"}, None) == (worlds.read_statuses(sandbox), _mark(sandbox))


def test_lists_show_whose_mail_is_owed(sandbox: Sandbox) -> None:
    """By course and student too; who is not in is owed nothing."""
    _put_owed(sandbox, 1)
    worlds.put_pending(sandbox, OTHER, None, enrollmentEvent=worlds.owed_since(sandbox))
    for args in ((), ("--course", COURSE), ("--user", USER), ("--user", USER, "--course", COURSE)):
        done = sandbox.run("enrollments", "list", "--owed", *args)
        assert [True, False] == [user in done.stdout for user in (USER, OTHER)]
    nothing = sandbox.run("enrollments", "list", "--owed", "--user", OTHER, "--status", "free")
    assert f"No free enrollments of student {OTHER} whose mail is owed.\n" == nothing.stdout


@pytest.mark.parametrize(
    ("env", "days", "found", "remedy"),
    [
        (NO_TOPIC, 0, "1, and no topic is configured", "Set TRANSACTIONAL_EMAIL_TOPIC_ARN, then run lmx"),
        (OFF, 0, "1, LMX_EVENTS is off", "lmx enrollments reconcile (it removes their marks)"),
        ({}, 0, "1 of 1 wait for a run that publishes them", "lmx enrollments reconcile"),
        (
            {},
            9.5,
            "1 of 1 wait for a run that publishes them, 1 for more than 7 days",
            "lmx enrollments reconcile --owed-within 11d",
        ),
    ],
    ids=["no topic", "off", "topic", "old"],
)
def test_doctor_counts_them(
    sandbox: Sandbox, env: Mapping[str, str | None], days: float, found: str, remedy: str
) -> None:
    """Each state has its remedy, from the scan that doctor makes anyway."""
    _put_owed(sandbox, timedelta(days=days) / timedelta(days=1))
    done = sandbox.run("doctor", "-o", "json", env={**env, "LMX_ENVIRONMENT": "sandbox"} if env is OFF else env)
    rows = worlds.Ran.read(done.returncode, done.stdout, done.stderr).report["items"]
    (row,) = [row for row in rows if row["check"] == "Events owed"]
    assert ("warning", found) == (row["status"], row["found"])
    assert str(row["remedy"]).startswith(remedy)
