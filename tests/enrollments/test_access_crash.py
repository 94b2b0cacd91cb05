"""Taking access away, giving it back, keeping and claiming, killed or with an answer lost at each write: one end."""

from dataclasses import dataclass
from itertools import product as combinations
from typing import Any

import pytest

from tests import kills
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, RECONCILE
from tests.items import student_item
from tests.kills import MOMENTS, kill_at, losing, only_writes, point_id, points
from tests.products.worlds import Ran
from tests.running import Sandbox
from tests.sampling import sampled

USER, OWN, OTHER = "user-7", "cs_test_own", "cs_test_other"
UPDATE, PUT, PUBLISH, EXPIRE = "UpdateItem", "PutItem", "Publish", "POST /v1/checkout/sessions/{id}/expire"
CLAIM = ("POST /v1/checkout/sessions/{id}", "POST /v1/payment_intents/{id}")
REVOKE = (*RECONCILE, "--since", "3d", "--revoke")
REVOKED: dict[str, Any] = {"accessRevokedReason": "refunded"}
BY_HAND = (COURSE, "--user", USER, "--reason", "by hand", "--yes", "-o", "json")


@dataclass(frozen=True, slots=True)
class Scenario(kills.Scenario):
    """Also what is killed, and how the item ends: its status, its session, and what says why."""

    command: tuple[str, ...] = REVOKE
    status: str = "completed"
    session_id: str = OWN
    notes: tuple[str, ...] = ()


def put(sandbox: Sandbox, state: str, hours: float = worlds.HOURS_AGO, **attributes: Any) -> None:
    """Put a student, a session of a state, and the enrollment that names it; access was taken away an hour ago."""
    worlds.put_items(sandbox, [student_item(USER)])
    worlds.seed(sandbox, USER, state, id=OWN, offset=-3600 * hours)
    if "accessRevokedReason" in attributes:
        attributes["accessRevokedAt"] = worlds.text_of(worlds.now(sandbox) - 3600)
    worlds.put_pending(sandbox, USER, OWN, hours, progress=40, **attributes)


def _refunded(sandbox: Sandbox) -> None:
    put(sandbox, "refunded", paymentStatus="completed")


def _valid_again(sandbox: Sandbox) -> None:
    put(sandbox, "paid", **REVOKED)


def _paid_again(sandbox: Sandbox) -> None:
    _refunded(sandbox)
    worlds.seed(sandbox, USER, id=OTHER)


def _revoked(sandbox: Sandbox) -> None:
    put(sandbox, "refunded", **REVOKED)


def _refunded_before(sandbox: Sandbox) -> None:
    put(sandbox, "refunded")


def _enrolled(sandbox: Sandbox) -> None:
    put(sandbox, "paid", paymentStatus="completed")


def _open_and_paid(sandbox: Sandbox) -> None:
    put(sandbox, "open", 2)
    worlds.seed(sandbox, USER, id=OTHER, offset=-3600)


def _claimed(sandbox: Sandbox) -> None:
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    _revoked(sandbox)
    ours = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
    worlds.seed(sandbox, None, id=OTHER, payment_link="plink_1", metadata=ours)


KEPT, TAKEN = ("accessKeptAt", "accessKeptReason"), ("accessRevokedAt", "accessRevokedReason")
TAKEN_BY_HAND = ("accessRevokedAt", "accessRevokedBy", "accessRevokedReason")
KEEP, TAKE = ("enrollments", "keep", *BY_HAND), ("enrollments", "revoke", *BY_HAND)
TO_CLAIM = ("enrollments", "create", COURSE, "--user", USER, "--session", OTHER, "--yes", "-o", "json")
SCENARIOS = (
    Scenario("revoke", _refunded, (UPDATE,), status="pending", notes=TAKEN),
    Scenario("restore", _valid_again, (UPDATE,)),
    Scenario("update", _paid_again, (UPDATE,), session_id=OTHER),
    Scenario("keep-revoked", _revoked, (UPDATE,), command=KEEP, notes=KEPT),
    Scenario("keep-pending", _refunded_before, (UPDATE, PUBLISH, UPDATE), command=KEEP, notes=KEPT),
    Scenario("revoke-by-hand", _enrolled, (UPDATE,), command=TAKE, status="pending", notes=TAKEN_BY_HAND),
    Scenario("claim-revoked", _claimed, (*CLAIM, UPDATE, PUBLISH, UPDATE), command=TO_CLAIM, session_id=OTHER),
    Scenario("expire-second", _open_and_paid, (EXPIRE, UPDATE, PUBLISH, UPDATE), session_id=OTHER),
)  # fmt: skip
POINTS = points(SCENARIOS)
KILLS = list(combinations(POINTS, MOMENTS))
LOST = list(combinations(POINTS, kills.LOSSES))
Point = tuple[Scenario, int]


def _run(sandbox: Sandbox, scenario: Scenario) -> Ran:
    done = sandbox.run(*scenario.command)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def _build(sandbox: Sandbox, scenario: Scenario) -> None:
    worlds.put_basics(sandbox)
    scenario.build(sandbox)


def _require_clean_end(sandbox: Sandbox, scenario: Scenario) -> None:
    """Assert that the item is as one clean run leaves it, that another changes nothing, and that no mail is owed."""
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    notes = tuple(sorted(name for name in item if name.startswith("access")))
    ended = (item["paymentStatus"], item["stripeSessionId"], item["progress"], notes)
    assert (scenario.status, scenario.session_id, 40, scenario.notes) == ended
    assert "enrollmentEvent" not in item
    with only_writes(sandbox):
        assert (0, []) == ((again := _run(sandbox, scenario)).exit_code, again.changes)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at; one mail at most."""
    _build(sandbox, scenario)
    with only_writes(sandbox, *scenario.writes):
        assert 0 == _run(sandbox, scenario).exit_code
    _require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) == len(worlds.read_events(sandbox))


@pytest.mark.parametrize("case", sampled(KILLS, one_in=13), ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """After a SIGKILL the same command, and a run that sends the mail that is owed, end as one clean run does."""
    (scenario, _), when = case
    _build(sandbox, scenario)
    kill_at(sandbox, case[0], when, scenario.command)
    worlds.age_intents(sandbox)
    assert 0 == _run(sandbox, scenario).exit_code
    worlds.reconcile(sandbox)
    _require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) <= len(worlds.read_events(sandbox)) <= 2


@pytest.mark.parametrize("case", sampled(LOST, one_in=23, in_ci=5), ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself."""
    (scenario, _), loss = case
    _build(sandbox, scenario)
    with losing(sandbox, case[0], loss):
        ran = _run(sandbox, scenario)
    assert (0, {"applied"}) == (ran.exit_code, {change["outcome"] for change in ran.report["changes"]})
    _require_clean_end(sandbox, scenario)
    assert int(PUBLISH in scenario.writes) <= len(worlds.read_events(sandbox)) <= 2
