"""What a sale asks of Stripe, from the checkout to the confirmed enrollment, is what its OpenAPI description knows."""

import pytest

from tests.checkout.worlds import CREATE_LINK, CREATE_SESSION, EXPIRE_SESSION, UPDATE_LINK, put_student
from tests.conformance.commands import run
from tests.conformance.mirror import Mirror
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import course_item
from tests.running import Sandbox


def sold(sandbox: Sandbox, mirror: Mirror, price: str) -> list[str]:
    """Put the course on sale for a price, make a session and a link, and return what was written for the two."""
    worlds.put_items(sandbox, [course_item(COURSE, price)])
    asked = [
        *run(sandbox, mirror, "products", "sync", "--yes"),
        *run(sandbox, mirror, "checkout", "create", COURSE, "--user", "user-7"),
        *run(sandbox, mirror, "checkout", "link", COURSE),
    ]
    return [request for request in asked if request in (EXPIRE_SESSION, CREATE_SESSION, CREATE_LINK, UPDATE_LINK)]


def test_a_checkout_sends_nothing_that_stripe_does_not_know(heard: Mirror, sandbox: Sandbox) -> None:
    """A session and a payment link, and both made anew for another price."""
    put_student(sandbox)
    assert [CREATE_SESSION, CREATE_LINK] == sold(sandbox, heard, "99.99")
    assert [EXPIRE_SESSION, CREATE_SESSION, CREATE_LINK, UPDATE_LINK] == sold(sandbox, heard, "89.99")


@pytest.mark.parametrize(
    ("args", "first"),
    [
        (("--strategy", "retrieve"), "GET /v1/checkout/sessions/{id}"),
        (("--strategy", "list"), "GET /v1/checkout/sessions"),
        (("--since", "3d", "--window-only"), "GET /v1/checkout/sessions"),
    ],
)
def test_a_reconcile_sends_nothing_that_stripe_does_not_know(
    heard: Mirror, sandbox: Sandbox, args: tuple[str, ...], first: str
) -> None:
    """Sessions that are paid, refunded and disputed: one by one, in lists, and those of a span alone."""
    worlds.put_basics(sandbox)
    for state in ("paid", "refunded", "disputed"):
        metadata = {"managedBy": "lmx", "environment": "preview", "courseId": COURSE, "userId": state}
        worlds.put_bought(sandbox, state, state, metadata=metadata)
    asked = run(sandbox, heard, "enrollments", "reconcile", *args)
    assert {"GET /v1/account", first, "GET /v1/refunds", "GET /v1/disputes"} == set(asked)
    statuses = {"paid": "completed", "refunded": "pending", "disputed": "pending"}
    assert {worlds.key(user): status for user, status in statuses.items()} == worlds.read_statuses(sandbox)
