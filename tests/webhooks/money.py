"""Students who are in, and the events of the money that goes back."""

import json
from typing import Any

from tests.enrollments import worlds
from tests.running import Sandbox

USER = "user-7"
REFUNDED, DISPUTED = "charge.refunded", "charge.dispute.created"
CLOSED, FAILED = "charge.dispute.closed", "refund.failed"


def enroll(sandbox: Sandbox) -> str:
    """Put a student who paid thirty hours ago, is in, and has got the mail; return the session."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    worlds.reconcile(sandbox)
    worlds.read_events(sandbox)
    sandbox.dynamodb().put_item(Item={**item_of(sandbox), "progress": 40})
    return session_id


def item_of(sandbox: Sandbox) -> dict[str, Any]:
    """Return the student's enrollment."""
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    return item


def newest(sandbox: Sandbox, event_type: str) -> dict[str, Any]:
    """Return the newest event of a type, as Stripe has it."""
    event = sandbox.stripe().v1.events.list({"type": event_type, "limit": 1}).data[0]
    return dict(json.loads(str(event)))
