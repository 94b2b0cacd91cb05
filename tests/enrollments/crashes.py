"""Worlds with one payment, for runs that are killed at any of their writes, and the one end that all must come to."""

from dataclasses import dataclass
from typing import Any

from tests import kills
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import enrollment_item, student_item
from tests.running import Sandbox

USER = "user-7"
UPDATE, PUT, DELETE, PUBLISH = "UpdateItem", "PutItem", "DeleteItem", "Publish"
OWN, LINKED = "cs_test_own", "cs_test_link"
_OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
_LINK: dict[str, Any] = {"metadata": _OURS, "payment_link": "plink_1", "client_reference_id": USER}


@dataclass(frozen=True, slots=True)
class Scenario(kills.Scenario):
    """A world with one payment, and the session of that payment."""

    session_id: str = OWN

    def sent(self, index: int, when: str) -> int:
        """Return how often the event is sent when a run is killed at a write and the next makes it good."""
        # Killed after the event was sent and before its intent was removed: nobody knows that it was.
        uncertain = (PUBLISH, "after") == (self.writes[index], when)
        uncertain |= (PUBLISH, "before") == (self.writes[index - 1], when)
        return int(PUBLISH in self.writes) + int(uncertain)


Point = tuple[Scenario, int]


def _complete(sandbox: Sandbox) -> None:
    worlds.put_bought(sandbox, USER, id=OWN, customer="cus_7")


def _create(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.seed(sandbox, USER, id=LINKED, customer="cus_8", **_LINK)


def _release(sandbox: Sandbox) -> None:
    worlds.put_bought(sandbox, USER, "expired", id=OWN)


def _owed(sandbox: Sandbox) -> None:
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.seed(sandbox, USER, id=OWN)
    worlds.put_pending(sandbox, USER, OWN, paymentStatus="completed", enrollmentEvent=worlds.owed_since(sandbox))


COMPLETE = Scenario("complete", _complete, (UPDATE, UPDATE, PUBLISH, UPDATE))
CREATE = Scenario("create", _create, (PUT, PUBLISH, UPDATE), ("--since", "3d"), LINKED)
RELEASE = Scenario("release", _release, (DELETE,), ("--release-expired",))
OWED = Scenario("owed-event", _owed, (UPDATE, PUBLISH, UPDATE))


def build(sandbox: Sandbox, scenario: Scenario) -> None:
    """Build the world."""
    worlds.put_basics(sandbox)
    scenario.build(sandbox)


def require_clean_end(sandbox: Sandbox, scenario: Scenario) -> None:
    """Assert that student and enrollment are as one clean run leaves them."""
    item, student = worlds.read_item(sandbox, USER), worlds.read_item(sandbox, USER, "METADATA")
    customer = {"stripeCustomerId": "cus_7"} if scenario is COMPLETE else {}
    assert student_item(USER, **customer) == student
    if scenario is RELEASE:
        assert item is None
        return
    assert item is not None
    done = {"paymentStatus": "completed", "stripeSessionId": scenario.session_id}
    if scenario is not OWED:
        done["stripePaymentIntentId"] = str(item["stripePaymentIntentId"])
    assert enrollment_item(USER, COURSE, str(item["enrolledAt"]), **done) == item
