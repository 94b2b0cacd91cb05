"""What the functions ask of AWS and Stripe is what the table of permissions says, and so what the template lets them.

A test of the template compares it with that table.
"""

import json

import pytest

from docs.permissions import FUNCTIONS
from tests.enrollments import worlds
from tests.functions.events import Context, schedule, sqs_batch_of
from tests.functions.worlds import USER, Container, put_bought
from tests.items import student_item
from tests.permissions.calls import least_key, require_equal
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import SECRET, event_of

ROWS = {row.command: row for row in FUNCTIONS}


@pytest.fixture
def sessions(sandbox: Sandbox) -> list[str]:
    """The payments of a pending student, through a link, beside an open session, and one that was disputed once."""
    worlds.put_items(sandbox, [student_item("link-1")])
    through_link = put_bought(sandbox, "link-1", payment_link="plink_1")
    sandbox.dynamodb().delete_item(Key={"PK": "USER#link-1", "SK": f"COURSE#{worlds.COURSE}"})
    beside = put_bought(sandbox, "twice")
    put_bought(sandbox, "twice", "open", offset=-60)
    return [put_bought(sandbox), through_link, beside, put_bought(sandbox, "won", "dispute_won")]


def give_least_key(sandbox: Sandbox, container: Container, function: str) -> int:
    """Store a key that may do what the table says of a function; return the number of the journal's newest entry."""
    stored = {"STRIPE_SECRET_KEY": least_key(sandbox, ROWS[function]), "STRIPE_WEBHOOK_SECRET": SECRET}
    name = container.environ["LMX_STRIPE_SECRET_NAME"]
    sandbox.secretsmanager().put_secret_value(SecretId=name, SecretString=json.dumps(stored))
    return last_entry(sandbox)


def test_webhook(sandbox: Sandbox, container: Container, sessions: list[str]) -> None:
    """Completions, a creation, and a failure that is queued."""
    events = [event_of(sandbox, session_id) for session_id in sessions]
    seq = give_least_key(sandbox, container, "webhook")
    assert [200] * 4 == [container.deliver_event(event)[0] for event in events]
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert 202 == container.deliver_event(events[0])[0]
    require_equal(ROWS["webhook"], sandbox.control.journal(seq))


def test_retry(sandbox: Sandbox, container: Container, sessions: list[str]) -> None:
    """The same from the queue."""
    events = [event_of(sandbox, session_id) for session_id in sessions]
    container.deliver_event({**events[0], "type": "ping", "data": {"object": {"object": "ping"}}})
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert [202] * 4 == [container.deliver_event(event)[0] for event in events]
    sandbox.control.clear_faults()
    batch = sqs_batch_of(container.queued())
    fresh = Container(sandbox, type(container.functions)(container.environ), container.environ)
    seq = give_least_key(sandbox, container, "retry")
    assert {"batchItemFailures": []} == fresh.functions.retry(batch, Context())
    require_equal(ROWS["retry"], sandbox.control.journal(seq))


@pytest.mark.usefixtures("sessions")
def test_reconcile(sandbox: Sandbox, container: Container) -> None:
    """The scheduled run."""
    seq = give_least_key(sandbox, container, "reconcile")
    assert 1 == container.functions.reconcile(schedule(), Context())["summary"]["create"]
    require_equal(ROWS["reconcile"], sandbox.control.journal(seq))
    assert "completed" == worlds.read_statuses(sandbox)[worlds.key(USER)]


@pytest.mark.usefixtures("sessions")
def test_window(sandbox: Sandbox, container: Container) -> None:
    """One window of a walk."""
    seq = give_least_key(sandbox, container, "reconcile_window")
    assert container.functions.reconcile_window({"since": "3d", "step": "3d"}, Context())["done"]
    require_equal(ROWS["reconcile_window"], sandbox.control.journal(seq))
