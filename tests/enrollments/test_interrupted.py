"""Ctrl-C while the last write of a command is in flight: it is applied, the report is whole, the run ends in 130."""

import json
import signal
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import student_item
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.started import STOPPING

USER = "user-7"
FREE = "TEST-COURSE-001"
APPLIED = "interrupted; nothing was left to apply"


class Scenario(NamedTuple):
    """A command, what it finds, and the operation that is its last write."""

    args: tuple[str, ...]
    build: Callable[[Sandbox], object]
    last: str
    skip: int = 0


def _bought(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)


def _stuck(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox, USER)
    worlds.put_pending(sandbox, USER, None)


def _free(sandbox: Sandbox) -> None:
    put_course(sandbox, FREE, None, pricingModel="free")
    worlds.put_items(sandbox, [student_item(USER)])


def _in(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox, USER)
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed")


BY_HAND = (COURSE, "--user", USER, "--reason", "goodwill", "--yes")
SCENARIOS = {
    "reconcile": Scenario(worlds.RECONCILE, _bought, "UpdateItem", skip=1),
    "release": Scenario(("enrollments", "release", COURSE, "--user", USER, "--yes"), _stuck, "DeleteItem"),
    "keep": Scenario(("enrollments", "keep", *BY_HAND), _in, "UpdateItem"),
    "revoke": Scenario(("enrollments", "revoke", *BY_HAND), _in, "UpdateItem"),
    "create": Scenario(("enrollments", "create", FREE, "--user", USER), _free, "UpdateItem"),
}


def _interrupted(sandbox: Sandbox, scenario: Scenario) -> dict[str, Any]:
    """Run into Ctrl-C while the last write is in flight; return the report."""
    scenario.build(sandbox)
    sandbox.control.add_fault("hold", operation=scenario.last, skip=scenario.skip)
    process = sandbox.start(*scenario.args, "-o", "json")
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    stdout, _ = process.communicate(timeout=60)
    report: dict[str, Any] = json.loads(stdout)
    error = {"code": "interrupted", "message": APPLIED, "hint": "The report is complete.", "exit_code": 130}
    assert (130, error) == (process.returncode, report["error"])
    return report


@pytest.mark.parametrize("name", ["reconcile", "release"])
def test_last_change_is_applied(sandbox: Sandbox, name: str) -> None:
    """A change whose write was in flight is reported as applied, and the table has it."""
    report = _interrupted(sandbox, SCENARIOS[name])
    assert {"applied"} == {change["outcome"] for change in report["changes"]}
    assert {"reconcile": {worlds.key(USER): "completed"}, "release": {}}[name] == worlds.read_statuses(sandbox)


def test_free_enrollment_is_whole(sandbox: Sandbox) -> None:
    """The student is in, the event was published, and nothing is owed."""
    report = _interrupted(sandbox, SCENARIOS["create"])
    assert (True, "published") == (report["data"]["created"], report["data"]["event"])
    item = worlds.read_item(sandbox, USER, f"COURSE#{FREE}")
    assert item is not None
    assert ("free", False) == (item["paymentStatus"], "enrollmentEvent" in item)
