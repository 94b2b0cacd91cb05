"""Enrollments whose session enrolls nobody: it failed, its money went back, or it is somebody else's."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Literal

import stripe

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, USER
from tests.running import Sandbox

PRICE = Decimal("149.99")
PROGRESS: Mapping[str, Any] = {"progress": 40, "lastLesson": "lesson-3"}
Build = Callable[[Sandbox], str]


def _bought(sandbox: Sandbox, method: Literal["card", "delayed"] = "card") -> str:
    """Put a course on sale, and an enrollment with progress that names a session of lmx; pay it; return its id."""
    worlds.on_sale(sandbox)
    session_id = str(worlds.created(sandbox)["session_id"])
    sandbox.dynamodb().update_item(
        Key={"PK": f"USER#{USER}", "SK": f"COURSE#{COURSE}"},
        UpdateExpression="SET progress = :progress, lastLesson = :lesson",
        ExpressionAttributeValues={":progress": PROGRESS["progress"], ":lesson": PROGRESS["lastLesson"]},
    )
    sandbox.control.pay(session_id, method)
    return session_id


def failed(sandbox: Sandbox) -> str:
    """A delayed payment that failed."""
    session_id = _bought(sandbox, "delayed")
    sandbox.control.settle(session_id, succeed=False)
    return session_id


def refunded(sandbox: Sandbox) -> str:
    """A payment that was refunded in full."""
    session_id = _bought(sandbox)
    sandbox.control.refund(session_id)
    return session_id


def lost(sandbox: Sandbox) -> str:
    """A payment whose dispute is lost."""
    session_id = _bought(sandbox)
    sandbox.control.dispute(session_id)
    sandbox.control.change_dispute(session_id, "lost")
    return session_id


OVER: Mapping[str, Build] = {"failed": failed, "refunded": refunded, "dispute lost": lost}
_OTHER_USER = {"client_reference_id": "user-8", "metadata": {"userId": "user-8", "courseId": COURSE}}
_OTHER_COURSE = {"metadata": {"userId": USER, "courseId": "other"}}
_IN_PROD = {"metadata": {"managedBy": "lmx", "environment": "prod", "userId": USER, "courseId": COURSE}}
# What the session of somebody else names, and whether it is paid.
THEIRS: Mapping[str, tuple[Mapping[str, Any], bool]] = {
    "other user, open": (_OTHER_USER, False),
    "other user, paid": (_OTHER_USER, True),
    "other course, open": (_OTHER_COURSE, False),
    "other course, paid": (_OTHER_COURSE, True),
    "other environment, open": (_IN_PROD, False),
    "other environment, paid": (_IN_PROD, True),
}


def put_theirs(sandbox: Sandbox, former: str) -> stripe.checkout.Session:
    """Put an enrollment with progress that names the session of somebody else; return the session."""
    params, is_paid = THEIRS[former]
    session = worlds.make_session(sandbox, worlds.on_sale(sandbox), **params)
    worlds.put_enrollment(sandbox, stripeSessionId=session.id, **PROGRESS)
    if is_paid:
        sandbox.control.pay(session.id)
    return session
