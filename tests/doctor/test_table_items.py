"""What doctor says of what is in the table: catalog, pending enrollments, events owed."""

from datetime import timedelta
from typing import Any

import pytest

from tests.checkout.worlds import enrollment_item, now
from tests.doctor.worlds import examine, restricted_key
from tests.items import course_item
from tests.products.worlds import make_product, marker
from tests.running import Sandbox


def put(sandbox: Sandbox, item: dict[str, Any]) -> None:
    """Put an item into preview's table."""
    sandbox.dynamodb("preview").put_item(Item=item)


def ago(sandbox: Sandbox, **span: float) -> str:
    """Return a past time as the site writes it."""
    return (now(sandbox) - timedelta(**span)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_catalog_that_drifted(sandbox: Sandbox) -> None:
    """Changes, refused courses and findings are counted in one line; it stops no command."""
    put(sandbox, course_item("a", "19.99"))
    put(sandbox, course_item("b", "4999"))
    put(sandbox, course_item("soon", "19.99", comingSoon=True))
    examined = examine(sandbox)
    found = "products sync would make 2 changes and refuse 1 course"
    assert ("warning", found, "lmx products sync", 0) == examined.row("Catalog")


def test_catalog_that_only_needs_a_look(sandbox: Sandbox) -> None:
    """One of a kind is told as one."""
    make_product(sandbox, "lmx_preview_gone", "gone", 999, marker("gone", "preview"))
    found, remedy = "products sync would report 1 finding", "lmx products sync --dry-run"
    assert ("warning", found, remedy, 0) == examine(sandbox).row("Catalog")


def test_catalog_in_step(sandbox: Sandbox) -> None:
    """A real sync leaves nothing to do; a course that is announced does not count."""
    put(sandbox, course_item("a", "19.99"))
    put(sandbox, course_item("soon", "19.99", comingSoon=True))
    sandbox.run("products", "sync", "--yes", "-e", "preview", "--table", "learnermax-education-preview")
    assert ("ok", "Stripe matches the courses (1 sold)", None, 0) == examine(sandbox).row("Catalog")


def test_pending_enrollments_that_nobody_decided_on(sandbox: Sandbox) -> None:
    """Older than a day, and those whose time can't be read; fresh, completed and revoked ones do not count."""
    for user, at, status in (
        ("old", ago(sandbox, hours=25), "pending"),
        ("fresh", ago(sandbox, hours=23), "pending"),
        ("odd", "last week", "pending"),
        ("done", ago(sandbox, days=9), "completed"),
    ):
        put(sandbox, enrollment_item(user, enrolledAt=at, paymentStatus=status))
    revoked = {"accessRevokedAt": ago(sandbox, days=2), "accessRevokedReason": "refunded"}
    put(sandbox, enrollment_item("revoked", enrolledAt=ago(sandbox, days=9), paymentStatus="pending", **revoked))
    status, found, remedy, code = examine(sandbox).row("Pending enrollments")
    assert ("warning", "2 of 3 are older than a day", 0) == (status, found, code)
    assert str(remedy).startswith("lmx enrollments reconcile (--release-expired")


def test_fresh_pending_enrollments_are_fine(sandbox: Sandbox) -> None:
    """Their number is told, and what looking cost."""
    put(sandbox, enrollment_item("fresh", enrolledAt=ago(sandbox, hours=1)))
    status, found, _, _ = examine(sandbox).row("Pending enrollments")
    assert ("ok", "1, none older than a day (one scan: 4.0 read units)") == (status, found)


@pytest.mark.parametrize(("minutes", "status"), [(9, "ok"), (11, "warning")])
def test_event_that_is_owed(sandbox: Sandbox, minutes: int, status: str) -> None:
    """For ten minutes it is another run's business, then nobody's."""
    event = {"run": "r", "at": ago(sandbox, minutes=minutes)}
    put(sandbox, enrollment_item("u", paymentStatus="completed", enrollmentEvent=event))
    row = examine(sandbox).row("Events owed")
    assert (status, "lmx enrollments reconcile" if status == "warning" else None) == row[::2]


def test_items_are_judged_without_stripe(sandbox: Sandbox) -> None:
    """A key that may read no product keeps only the catalog from being checked."""
    put(sandbox, enrollment_item("old", enrolledAt=ago(sandbox, days=2)))
    examined = examine(sandbox, {"STRIPE_SECRET_KEY": restricted_key(sandbox, "product")})
    assert ("not checked", "warning") == (examined.row("Catalog")[0], examined.row("Pending enrollments")[0])
