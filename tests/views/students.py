"""Views of `lmx students`: every kind of case, found and not found."""

from typing import Any

from tests.enrollments.worlds import COURSE, now, put_basics, put_pending, seed, text_of
from tests.items import student_item
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.students.tickets import TICKETS, Ticket
from tests.students.worlds import USER as BUYER
from tests.views.data import LONG_NAME, OTHER_USER, USER, put_enrolled, put_sales, sale, session_id
from tests.views.model import View, Words

_ADDRESS = student_item(USER)["email"]


def _cases(sandbox: Sandbox) -> Words:
    """Put in a student whose money went back, who is locked out elsewhere, and has a free course."""
    put_basics(sandbox, USER, OTHER_USER)
    put_course(sandbox, "spec-driven-dev-premium", "49.99", name=LONG_NAME)
    put_sales(sandbox, [sale(1, user_id=USER, state="refunded"), sale(2, user_id=OTHER_USER, state="disputed")])
    intent = {"run": "r" * 32, "at": text_of(now(sandbox) - 60 * 11)}
    put_pending(sandbox, USER, session_id(1), paymentStatus="completed", enrollmentEvent=intent)
    put_pending(sandbox, OTHER_USER, session_id(2))
    seed(sandbox, USER, "expired", id=session_id(3), course_id="spec-driven-dev-premium")
    put_enrolled(sandbox, USER, "spec-driven-dev-premium", stripeSessionId=session_id(3))
    put_enrolled(sandbox, USER, "free-intro", "free", enrollmentType="free")
    return {"SESSION": session_id(2)}


def _payer_unknown(sandbox: Sandbox) -> Words:
    put_basics(sandbox)
    metadata = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
    row: dict[str, Any] = {"metadata": metadata, "payment_link": "plink_1"}
    return {"SESSION": seed(sandbox, None, id=session_id(4), email="[bold]nobody[/]@example.com", **row)}


def _shared(sandbox: Sandbox) -> None:
    put_basics(sandbox, USER)
    sandbox.dynamodb().put_item(Item=student_item(OTHER_USER, email=_ADDRESS))


def _of(ticket: Ticket) -> View:
    """Return the view of a ticket of support."""

    def world(sandbox: Sandbox) -> None:
        put_basics(sandbox, BUYER)
        ticket.put(sandbox)

    return View(f"students show {ticket.name}", world, f"students show {BUYER}", reads=True, slow=True)


VIEWS = (
    View("students show", _cases, f"students show {USER}", reads=True),
    View("students show by a session", _cases, "students show {SESSION}", reads=True),
    View("students show nobody", _cases, "students show nobody@example.com", ends=1, reads=True),
    View("students show payer unknown", _payer_unknown, "students show {SESSION}", reads=True),
    View("students show two", _shared, f"students show {_ADDRESS}", ends=1, reads=True),
    *map(_of, TICKETS),
)
