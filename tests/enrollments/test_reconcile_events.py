"""The event of a completion: sent once, and owed until it is sent."""

from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.running import Sandbox

USER = "user-7"
OF_THE_SITE = {"userId": USER, "courseId": COURSE}


def test_one_message_for_each_completion(sandbox: Sandbox) -> None:
    """Every enrollment that a run completes has its own event, in the site's words, and no other has one."""
    worlds.put_basics(sandbox)
    for user in ("a", "b", "c"):
        worlds.put_bought(sandbox, user)
    worlds.put_bought(sandbox, "refunded", "refunded")
    assert 0 == worlds.reconcile(sandbox).exit_code
    assert [worlds.event_of(sandbox, user) for user in ("a", "b", "c")] == worlds.read_events(sandbox)
    assert 0 == worlds.reconcile(sandbox).exit_code
    assert [] == worlds.read_events(sandbox)


def test_topic_that_does_not_exist(sandbox: Sandbox) -> None:
    """The enrollment is completed and owes its event; exit 1; with the right topic the next run sends it at once."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, metadata=OF_THE_SITE)
    missing = "arn:aws:sns:us-east-1:123456789012:no-such-topic"
    ran = worlds.reconcile(sandbox, env=worlds.with_topic(missing))
    assert 1 == ran.exit_code
    outcomes = [("enrollment", key(USER), "complete", "applied"), ("event", key(USER), "publish", "failed")]
    assert outcomes == ran.outcomes
    assert f"topic {missing} does not exist" == ran.report["changes"][1]["error"]
    _require_owed_then_sent(sandbox)


def test_topic_that_refuses(sandbox: Sandbox) -> None:
    """A topic that may not be published to ends the run in 4, and loses no event."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    sandbox.control.add_fault("error", operation="Publish", status=403, code="AuthorizationError")
    ran = worlds.reconcile(sandbox)
    assert (4, "sns:Publish" in ran.report["error"]["message"]) == (ran.exit_code, True)
    _require_owed_then_sent(sandbox)


def _require_owed_then_sent(sandbox: Sandbox) -> None:
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert [] == worlds.read_events(sandbox)
    assert [("event", key(USER), "publish", "applied")] == worlds.reconcile(sandbox).outcomes
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert "enrollmentEvent" not in item


@pytest.mark.parametrize("args", [(), ("--course", COURSE), ("--user", USER)], ids=["scan", "course", "user"])
def test_event_of_a_free_enrollment_is_found(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """An event that a free enrollment owes is sent, whichever way enrollments are looked for."""
    worlds.put_basics(sandbox, USER)
    intent = worlds.owed_since(sandbox)
    free: dict[str, Any] = {"paymentStatus": "free", "enrollmentType": "free", "enrollmentEvent": intent}
    worlds.put_pending(sandbox, USER, None, **free)
    assert [("event", key(USER), "publish", "applied")] == worlds.reconcile(sandbox, *args).outcomes
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)
    assert {key(USER): "free"} == worlds.read_statuses(sandbox)


def test_dry_run_shows_the_event_that_is_owed(sandbox: Sandbox) -> None:
    """A dry run lists an owed event, and leaves it owed."""
    worlds.put_basics(sandbox, USER)
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed", enrollmentEvent=worlds.owed_since(sandbox))
    before = worlds.read_item(sandbox, USER)
    ran = worlds.reconcile(sandbox, "--dry-run", "--exit-code")
    assert (8, [("event", key(USER), "publish", "planned")]) == (ran.exit_code, ran.outcomes)
    assert (before, []) == (worlds.read_item(sandbox, USER), worlds.read_events(sandbox))
