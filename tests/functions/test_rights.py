"""What the functions ask of AWS is what the template lets them: nothing is refused, and no right lies idle."""

from tests.deploy.template import permitted
from tests.enrollments import worlds
from tests.functions.events import Context, schedule, sqs_batch_of
from tests.functions.test_history import WALK, put_history
from tests.functions.worlds import USER, Container, put_bought
from tests.items import student_item
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import event_of

# Asked by AWS on the function's behalf, or only with a customer managed key.
POLLER = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
UNSEEN = {"kms:Decrypt", "kms:GenerateDataKey"}


def asked(sandbox: Sandbox, seq: int) -> set[str]:
    """Return the actions that AWS was asked for after a journal entry."""
    entries = [entry for entry in sandbox.control.journal(seq) if entry["service"] != "stripe"]
    return {f"{entry['service']}:{entry['operation']}" for entry in entries}


def put_all_kinds(sandbox: Sandbox) -> list[str]:
    """Put a payment of a pending student and one through a link; return the sessions."""
    worlds.put_items(sandbox, [student_item("link-1")])
    through_link = put_bought(sandbox, "link-1", payment_link="plink_1")
    sandbox.dynamodb().delete_item(Key={"PK": "USER#link-1", "SK": f"COURSE#{worlds.COURSE}"})
    return [put_bought(sandbox), through_link]


def test_webhook(sandbox: Sandbox, container: Container) -> None:
    """A completion, a creation, and a failure that is queued."""
    events = [event_of(sandbox, session_id) for session_id in put_all_kinds(sandbox)]
    seq = last_entry(sandbox)
    assert [200, 200] == [container.deliver_event(event)[0] for event in events]
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert 202 == container.deliver_event(events[0])[0]
    assert permitted("webhook").keys() - UNSEEN == asked(sandbox, seq)


def test_retry(sandbox: Sandbox, container: Container) -> None:
    """The same from the queue."""
    events = [event_of(sandbox, session_id) for session_id in put_all_kinds(sandbox)]
    container.deliver_event({**events[0], "type": "ping", "data": {"object": {"object": "ping"}}})
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert [202, 202] == [container.deliver_event(event)[0] for event in events]
    sandbox.control.clear_faults()
    batch = sqs_batch_of(container.queued())
    fresh = Container(sandbox, type(container.functions)(container.environ), container.environ)
    seq = last_entry(sandbox)
    assert {"batchItemFailures": []} == fresh.functions.retry(batch, Context())
    assert permitted("retry").keys() - UNSEEN - POLLER == asked(sandbox, seq)


def test_reconcile(sandbox: Sandbox, container: Container) -> None:
    """The scheduled run."""
    put_all_kinds(sandbox)
    seq = last_entry(sandbox)
    assert 1 == container.functions.reconcile(schedule(), Context())["summary"]["create"]
    # The scan brings the courses along, so none is read alone.
    assert permitted("reconcile").keys() - UNSEEN - {"dynamodb:GetItem"} == asked(sandbox, seq)
    assert "completed" == worlds.read_statuses(sandbox)[worlds.key(USER)]


def test_window(sandbox: Sandbox, container: Container) -> None:
    """One window of a walk."""
    put_history(sandbox)
    seq = last_entry(sandbox)
    container.functions.reconcile_window(WALK, Context())
    assert permitted("reconcile_window").keys() - UNSEEN == asked(sandbox, seq)
