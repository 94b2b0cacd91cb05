"""Worlds for checkouts: a synced course, a student, enrollments, and what is there afterwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import stripe

from tests import items, ran
from tests.enrollments import worlds as enrollments
from tests.products.worlds import COURSE, marker, put_course, read_course, synced_course
from tests.running import Sandbox

__all__ = ["COURSE", "marker", "put_course", "read_course", "synced_course"]

USER = "user-7"
EMAIL = "seven@example.com"
SITE = "https://learnermax.example"
RETURN_PAGE = f"{SITE}/enrollment/return?session_id={{CHECKOUT_SESSION_ID}}"
ENV: Mapping[str, str | None] = {"FRONTEND_URL": SITE}
PUT, UPDATE, DELETE = "PutItem", "UpdateItem", "DeleteItem"
CREATE_SESSION, EXPIRE_SESSION = "POST /v1/checkout/sessions", "POST /v1/checkout/sessions/{id}/expire"
CREATE_LINK, UPDATE_LINK = "POST /v1/payment_links", "POST /v1/payment_links/{id}"


@dataclass(frozen=True, slots=True)
class Ran(ran.Ran):
    """How a command ended."""

    @property
    def data(self) -> dict[str, Any]:
        """The single result."""
        return dict(self.report["data"])

    @property
    def error(self) -> tuple[str, str]:
        """The code and the hint of the failure."""
        return self.report["error"]["code"], self.report["error"]["hint"]


def run(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run a command to its end with JSON output: exactly one document, and no traceback."""
    done = sandbox.run(*args, "-o", "json", env={**ENV, **(env or {})})
    return Ran.read(done.returncode, done.stdout, done.stderr)


def create(sandbox: Sandbox, *args: str, user: str = USER, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run `checkout create` for the course and the student."""
    return run(sandbox, "checkout", "create", COURSE, "--user", user, *args, env=env)


def created(sandbox: Sandbox, *args: str, user: str = USER) -> dict[str, Any]:
    """Run `checkout create` and return its data; it ends well."""
    ran = create(sandbox, *args, user=user)
    assert 0 == ran.exit_code, ran.stderr
    return ran.data


def put_student(sandbox: Sandbox, user: str = USER, email: str | None = EMAIL, **attributes: object) -> None:
    """Put a student item as the site writes it."""
    item = items.student_item(user, name="Seven", **attributes)
    if email is None:
        del item["email"]
    else:
        item["email"] = email
    sandbox.dynamodb().put_item(Item=item)


def on_sale(sandbox: Sandbox, price: str = "99.99") -> str:
    """Put the synced course and the student in place; return the price id."""
    price_id = synced_course(sandbox, price=price)
    put_student(sandbox)
    return price_id


def enrollment_item(user: str = USER, course: str = COURSE, **attributes: object) -> dict[str, Any]:
    """Return a pending enrollment as the site writes it."""
    return items.enrollment_item(user, course, "2025-10-15T12:34:56.789Z", **attributes)


def put_enrollment(sandbox: Sandbox, user: str = USER, course: str = COURSE, **attributes: object) -> dict[str, Any]:
    """Put an enrollment item; return it."""
    item = enrollment_item(user, course, **attributes)
    sandbox.dynamodb().put_item(Item=item)
    return item


def read_enrollment(sandbox: Sandbox, user: str = USER, course: str = COURSE) -> dict[str, Any] | None:
    """Return an enrollment item."""
    return enrollments.read_item(sandbox, user, f"COURSE#{course}")


def now(sandbox: Sandbox) -> datetime:
    """Return the sandbox's present."""
    return datetime.fromtimestamp(sandbox.control.health()["now"], UTC)


def ago(sandbox: Sandbox, hours: float) -> str:
    """Return a past time as the site writes it."""
    return enrollments.text_of(enrollments.now(sandbox) - 3600 * hours)


def sessions(sandbox: Sandbox) -> list[stripe.checkout.Session]:
    """Return all sessions, newest first."""
    return list(sandbox.stripe().v1.checkout.sessions.list({"limit": 100}).auto_paging_iter())


def open_sessions(sandbox: Sandbox) -> list[str]:
    """Return the ids of the sessions that can be paid now."""
    return [session.id for session in sessions(sandbox) if session.status == "open"]


def active_links(sandbox: Sandbox) -> list[stripe.PaymentLink]:
    """Return all active payment links."""
    return list(sandbox.stripe().v1.payment_links.list({"limit": 100, "active": True}).auto_paging_iter())


def make_session(sandbox: Sandbox, price_id: str, **params: object) -> stripe.checkout.Session:
    """Make a session as the site does: user and course in the metadata, no marker."""
    given: dict[str, object] = {
        "mode": "payment",
        "line_items": [{"price": price_id, "quantity": 1}],
        "success_url": RETURN_PAGE,
        "cancel_url": f"{SITE}/courses/{COURSE}",
        "client_reference_id": USER,
        "metadata": {"userId": USER, "courseId": COURSE},
        **params,
    }
    return sandbox.stripe().v1.checkout.sessions.create(cast("Any", given))


def only_session(sandbox: Sandbox) -> str:
    """Return the one session that can be paid, which the enrollment names."""
    found = open_sessions(sandbox)
    assert 1 == len(found), found
    item = read_enrollment(sandbox)
    assert item is not None
    assert found[0] == item["stripeSessionId"]
    assert "pending" == item["paymentStatus"]
    return found[0]
