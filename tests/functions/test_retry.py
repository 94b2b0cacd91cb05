"""The retry function: what was queued is made good, alone among its batch; poison fails until it is put aside."""

import json

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.functions.events import Context, sqs_batch, sqs_batch_of
from tests.functions.worlds import USER, Container, put_bought
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.signed import event_of


def put_queued(sandbox: Sandbox, container: Container, *users: str) -> None:
    """Have the webhook function fail at a paid session of each user, and queue it."""
    container.deliver(put_bought(sandbox, "warm"))
    events = [event_of(sandbox, put_bought(sandbox, user)) for user in users]
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert [202] * len(users) == [container.deliver_event(event)[0] for event in events]
    sandbox.control.clear_faults()


def failed(container: Container, event: dict[str, object], context: Context | None = None) -> list[str]:
    """Call the retry function; return the ids of the messages that are to come again."""
    answer = container.functions.retry(event, context or Context())
    return [row["itemIdentifier"] for row in answer["batchItemFailures"]]


def test_queued_event_is_made_good(sandbox: Sandbox, container: Container) -> None:
    """From the delivery that failed through the queue to the completed enrollment, with one mail."""
    put_queued(sandbox, container, USER)
    assert [] == failed(container, sqs_batch_of(container.queued()))
    assert {key("warm"): "completed", key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert ["user-7", "warm"] == [event["studentId"] for event in worlds.read_events(sandbox)]


def test_handled_twice_changes_nothing(sandbox: Sandbox, container: Container) -> None:
    """A queue may bring a message twice: the second time there is no write."""
    put_queued(sandbox, container, USER)
    batch = sqs_batch_of(container.queued())
    failed(container, batch)
    seq = last_entry(sandbox)
    assert [] == failed(container, batch)
    assert [] == writes_since(sandbox, seq)


@pytest.mark.parametrize(
    "poison", sampled(["", "not JSON", "[]", "{}", '{"key": 1}', '{"key": null, "color": "red"}'], 3)
)
def test_poison_fails_alone(sandbox: Sandbox, container: Container, poison: str) -> None:
    """What is no hint comes again until the dead-letter queue has it; the others of its batch are done."""
    put_queued(sandbox, container, USER)
    good = container.queued()[0]["Body"]
    assert ["message-0", "message-2"] == failed(container, sqs_batch(poison, good, poison))
    assert "completed" == worlds.read_statuses(sandbox)[key(USER)]


def test_failure_comes_again(sandbox: Sandbox, container: Container) -> None:
    """While Stripe or the table fails the message goes back; a batch that fails whole is no crash."""
    put_queued(sandbox, container, USER)
    bodies = [message["Body"] for message in container.queued()]
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert ["message-0"] == failed(container, sqs_batch(*bodies))
    sandbox.control.clear_faults()
    assert [] == failed(container, sqs_batch(*bodies))


def test_nothing_is_begun_without_time(sandbox: Sandbox, container: Container) -> None:
    """An event that might be cut by the end of the invocation goes back unharmed."""
    put_queued(sandbox, container, USER)
    seq = last_entry(sandbox)
    bodies = [json.dumps({}), *(message["Body"] for message in container.queued())]
    assert ["message-0", "message-1"] == failed(container, sqs_batch(*bodies), Context(seconds_left=5))
    assert [] == worlds.stripe_requests(sandbox, seq)
