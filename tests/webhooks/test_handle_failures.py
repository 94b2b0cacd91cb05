"""Failures of our own side: answered with 503, and made good by the next delivery."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.ran import last_entry
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.signed import deliver, event_of
from tests.webhooks.worlds import Serving, put_signing_secret, serving

USER = "user-7"
FORGED = "whsec_" + "forged" * 5
MANY = 30
THROTTLED = {"status": 400, "code": "ProvisionedThroughputExceededException"}
FAILURES: dict[str, tuple[str, dict[str, Any], str]] = {
    "DynamoDB throttles reads": ("error", {"service": "dynamodb", **THROTTLED}, "failed.throttled"),
    "DynamoDB throttles writes": (
        "error",
        {"service": "dynamodb", "writes_only": True, **THROTTLED},
        "failed.throttled",
    ),
    "DynamoDB is down": ("drop", {"service": "dynamodb"}, "failed.network"),
    "DynamoDB's answers are lost": ("drop", {"service": "dynamodb", "when": "after"}, "failed.network"),
    "DynamoDB refuses": (
        "error",
        {"service": "dynamodb", "status": 400, "code": "AccessDeniedException"},
        "credentials.permission",
    ),
    "Stripe is down": ("drop", {"service": "stripe", "operation": "GET /v1/checkout*"}, "failed.network"),
    "Stripe is broken": (
        "error",
        {"service": "stripe", "operation": "GET /v1/checkout*", "status": 500},
        "failed.stripe",
    ),
    "Stripe throttles": (
        "error",
        {"service": "stripe", "operation": "GET /v1/checkout*", "status": 429},
        "failed.throttled",
    ),
    "the topic is down": ("drop", {"service": "sns"}, "failed.network"),
    "the topic refuses": ("error", {"service": "sns", "status": 500}, "failed.aws"),
}


@pytest.mark.parametrize("name", sampled(FAILURES, 3))
def test_failure_of_ours_gets_503_and_the_next_delivery_makes_it_good(sandbox: Sandbox, name: str) -> None:
    """With a line that tells nothing private; one mail is sent, by the same receiver."""
    kind, fault, code = FAILURES[name]
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    event = event_of(sandbox, session_id)
    with serving(sandbox) as receiver:
        sandbox.control.add_fault(kind, times=None, **fault)
        assert (503, f"not done ({code}): please deliver again") == deliver(receiver.url, event, worlds.now(sandbox))
        sandbox.control.clear_faults()
        assert 200 == receiver.deliver(session_id)[0]
        assert (200, "done: completed") == receiver.deliver(session_id)
        counts = receiver.stop()
    assert {"received": 3, "changed": 1, "done": 1, "failed": 1} == counts
    assert {worlds.key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_stripe_that_is_broken_is_asked_three_times(sandbox: Sandbox, receiver: Serving) -> None:
    """Not as patiently as a command does it: somebody waits for the answer."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    event = event_of(sandbox, session_id)
    sandbox.control.add_fault("error", service="stripe", operation="GET /v1/checkout*", status=500, times=None)
    seq = last_entry(sandbox)
    assert 503 == deliver(receiver.url, event, worlds.now(sandbox))[0]
    assert 3 == len(worlds.stripe_requests(sandbox, seq))


@pytest.mark.slow
def test_services_that_do_not_answer_are_not_waited_for_long(sandbox: Sandbox) -> None:
    """503 for what needs them; others go on meanwhile, and the next delivery is good, or known to be forged."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    sessions = [worlds.put_bought(sandbox, user) for user in ("user-1", "user-2", "user-3")]
    events = [event_of(sandbox, session_id) for session_id in sessions]
    with serving(sandbox) as receiver, ThreadPoolExecutor(3) as pool:
        sandbox.control.advance_clock(61)
        now, sent = worlds.now(sandbox), []
        sandbox.control.add_fault("hold", service="stripe", operation="GET /v1/checkout*")
        sent.append(pool.submit(deliver, receiver.url, events[0], now))
        _wait_held(sandbox, 1)
        _hang(sandbox, "secretsmanager")
        sent.append(pool.submit(deliver, receiver.url, events[1], now, FORGED))
        _wait_held(sandbox, 2)
        assert (200, "changed: paid") == deliver(receiver.url, events[2], now)
        _hang(sandbox, "dynamodb")
        sent.append(pool.submit(deliver, receiver.url, events[1], now))
        assert [(503, "not done (failed.timeout): please deliver again")] * 3 == [one.result() for one in sent]
        sandbox.control.clear_faults()
        sandbox.control.release()
        sandbox.control.advance_clock(10)
        assert [(200, "changed: paid")] * 2 == [deliver(receiver.url, event, now) for event in events[:2]]
        assert 400 == deliver(receiver.url, events[1], now, FORGED)[0]
    assert 3 == len(worlds.read_events(sandbox))


def _hang(sandbox: Sandbox, service: str) -> None:
    """Let a service drop two requests and not answer the third: each of three that hang would take its time."""
    sandbox.control.add_fault("drop", service=service, times=2)
    sandbox.control.add_fault("hold", service=service, times=None)


def _wait_held(sandbox: Sandbox, count: int) -> None:
    sandbox.control.wait_held(timeout=60, at_least=count)


@pytest.mark.parametrize("owed", [False, True], ids=["at the completion", "after a failure"])
def test_published_event_is_not_published_again_when_that_could_not_be_noted(
    sandbox: Sandbox, receiver: Serving, owed: bool
) -> None:
    """The mail is sent, its intent stays: the next delivery removes the intent, and sends no other mail."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    if owed:
        sandbox.control.add_fault("error", service="sns", status=400, code="AuthorizationError")
        assert 503 == receiver.deliver(session_id)[0]
    refusal = {"service": "dynamodb", "status": 400, "code": "AccessDeniedException"}
    sandbox.control.add_fault("error", operation="UpdateItem", skip=1, **refusal)
    assert 503 == receiver.deliver(session_id)[0]
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", True) == (item["paymentStatus"], "enrollmentEvent" in item)
    assert (200, "changed: completed") == receiver.deliver(session_id)
    assert (200, "done: completed") == receiver.deliver(session_id)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)
    assert "enrollmentEvent" not in (worlds.read_item(sandbox, USER) or {})


def test_duplicate_needs_no_stripe(sandbox: Sandbox, receiver: Serving) -> None:
    """What is done already is acknowledged while Stripe is down."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    event = event_of(sandbox, session_id)
    assert 200 == deliver(receiver.url, event, worlds.now(sandbox))[0]
    sandbox.control.add_fault("drop", service="stripe", times=None)
    assert (200, "done: completed") == deliver(receiver.url, event, worlds.now(sandbox))


def test_without_topic_the_event_is_owed(sandbox: Sandbox) -> None:
    """The enrollment is completed, and the report says that mails are sent later."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, metadata={"userId": USER, "courseId": worlds.COURSE})
    with serving(sandbox, env=dict(worlds.with_topic(None))) as receiver:
        assert (200, "changed: paid") == receiver.deliver(session_id)
        assert 1 == len(receiver.end()["warnings"])
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert "" == item["enrollmentEvent"]["run"]


@pytest.mark.slow
def test_what_exceeds_stripes_rate_is_delivered_again_and_none_is_lost(sandbox: Sandbox) -> None:
    """503 instead of waiting for ever; each is taken in the end, each once."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    sessions = [worlds.put_bought(sandbox, f"user-{number}") for number in range(MANY)]
    events, now = [event_of(sandbox, session_id) for session_id in sessions], worlds.now(sandbox)
    statuses: list[int] = []

    def until_taken(url: str, event: dict[str, Any]) -> None:
        while (status := deliver(url, event, now)[0]) != 200:
            statuses.append(status)
            time.sleep(0.3)
        statuses.append(status)

    with serving(sandbox) as receiver, ThreadPoolExecutor(MANY) as pool:
        sandbox.control.set_rate_limit(3)
        list(pool.map(until_taken, [receiver.url] * MANY, events))
    assert {200, 503} == set(statuses)
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert MANY == len(worlds.read_events(sandbox))
