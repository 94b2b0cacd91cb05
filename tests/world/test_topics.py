"""The topic of the students' mails: in another region, of another account, malformed, gone, closed; no mail is lost."""

from typing import Any

import pytest

from learnermax_cli.config.sandbox_state import ACCOUNT_ID
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, Ran, key
from tests.running import Sandbox
from tests.sampling import sampled

USER = "user-7"
GONE = f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:gone"
FOREIGN = "arn:aws:sns:us-east-1:999999999999:mails"
_STAYS_OWED = "then run the command again: the event stays owed."
CASES: dict[str, tuple[str, dict[str, Any], int, str, str]] = {
    "malformed": (
        "mails",
        {},
        3,
        "TRANSACTIONAL_EMAIL_TOPIC_ARN is 'mails', not the ARN of a topic",
        "Set it to arn:aws:sns:REGION:ACCOUNT:NAME: the event stays owed, and the next run publishes it.",
    ),
    "gone, in another region": (
        GONE,
        {},
        1,
        f"topic {GONE} does not exist",
        f"Fix TRANSACTIONAL_EMAIL_TOPIC_ARN, {_STAYS_OWED}",
    ),
    "not permitted": (
        FOREIGN,
        {"status": 403, "code": "AuthorizationError"},
        4,
        f"AWS does not permit sns:Publish to topic {FOREIGN}",
        "Give this identity sns:Publish on it; the policy of another account's topic must permit it, too.",
    ),
}


def _reconcile(sandbox: Sandbox, topic: str | None) -> Ran:
    return worlds.reconcile(sandbox, env=worlds.with_topic(topic))


def _bought(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, metadata={"userId": USER, "courseId": COURSE})


def test_topic_in_another_region_is_published_to(sandbox: Sandbox) -> None:
    """SNS knows the topics of its own region alone: the one that the ARN names is asked."""
    there = sandbox.session.client("sns", region_name="eu-west-1", endpoint_url=sandbox.info.aws_url)
    arn = there.create_topic(Name="elsewhere")["TopicArn"]
    _bought(sandbox)
    ran = _reconcile(sandbox, arn)
    expected = [("enrollment", key(USER), "complete", "applied"), ("event", key(USER), "publish", "applied")]
    assert (0, expected) == (ran.exit_code, ran.outcomes)
    assert "enrollmentEvent" not in (worlds.read_item(sandbox, USER) or {})


@pytest.mark.parametrize("case", CASES)
def test_topic_that_can_not_be_published_to(sandbox: Sandbox, case: str) -> None:
    """The student is in, two lines say what is wrong, the mail stays owed, and the next run with a topic sends it."""
    topic, fault, code, message, hint = CASES[case]
    _bought(sandbox)
    if fault:
        sandbox.control.add_fault("error", operation="Publish", **fault)
    ran = _reconcile(sandbox, topic)
    expected = [("enrollment", key(USER), "complete", "applied"), ("event", key(USER), "publish", "failed")]
    assert (code, expected, {"examined": 1, "complete": 1, "failed": 1, "owed": 1}) == (
        ran.exit_code,
        ran.outcomes,
        ran.summary,
    )
    assert message == ran.report["changes"][1]["error"]
    if code > 1:  # what one change fails with is no end of the run
        assert (message, hint) == (ran.report["error"]["message"], ran.report["error"]["hint"])
    assert [("event", key(USER), "publish", "applied")] == worlds.reconcile(sandbox).outcomes
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_age_of_what_is_owed_is_kept_while_publishing_fails(sandbox: Sandbox) -> None:
    """Nightly runs with a wrong topic make no old mail new: it is reported once the topic is right."""
    worlds.put_basics(sandbox, USER)
    mark = worlds.owed_since(sandbox, 60 * 24 * 6.9, "")
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed", enrollmentEvent=mark)
    assert 1 == _reconcile(sandbox, GONE).exit_code
    assert mark == (worlds.read_item(sandbox, USER) or {})["enrollmentEvent"]
    sandbox.control.advance_clock(3600 * 24)
    ran = worlds.reconcile(sandbox)
    assert ([], ["event owed"]) == (ran.outcomes, [finding["kind"] for finding in ran.report["findings"]])


@pytest.mark.parametrize("case", sampled(["malformed", "not permitted"], 2))
def test_topic_keeps_nobody_out(sandbox: Sandbox, case: str) -> None:
    """A mail that was owed before, and a new one, stay owed; all who paid are in, and the exit code says what is wrong.

    A guard that stops the same run weighs less.
    """
    topic, fault, code, message, _ = CASES[case]
    worlds.put_basics(sandbox, USER)
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed", enrollmentEvent=worlds.owed_since(sandbox))
    users = [f"user-{number}" for number in range(10, 22)]
    for user in users:
        worlds.put_bought(sandbox, user, metadata={"userId": user, "courseId": COURSE})
    if fault:
        sandbox.control.add_fault("error", operation="Publish", times=100, **fault)
    limited = worlds.reconcile(sandbox, "--max-changes", "1", env=worlds.with_topic(topic))
    assert (code, message) == (limited.exit_code, limited.report["error"]["message"])
    ran = _reconcile(sandbox, topic)
    assert (code, message) == (ran.exit_code, ran.report["error"]["message"])
    assert {"examined": 12, "complete": 12, "failed": 13, "owed": 13} == ran.summary
    assert {key(user): "completed" for user in [USER, *users]} == worlds.read_statuses(sandbox)
    sandbox.control.clear_faults()
    again = worlds.reconcile(sandbox)
    assert (0, {"publish": 13}) == (again.exit_code, {"publish": len(again.changes)})
