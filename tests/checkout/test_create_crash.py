"""A checkout that is killed, or loses an answer, at each of its writes leaves one session to pay, once run again."""

from email.utils import formatdate
from itertools import product as combinations
from typing import Any

import pytest

from tests.checkout import formers, worlds
from tests.checkout.worlds import COURSE, CREATE_SESSION, ENV, EXPIRE_SESSION, PUT, SITE, UPDATE, USER
from tests.enrollments import worlds as enrollments
from tests.kills import (
    DAY_AND_MORE,
    LATER,
    MOMENTS,
    Scenario,
    kill_at,
    losing,
    only_writes,
    point_id,
    points,
)
from tests.running import Sandbox
from tests.sampling import sampled

COMMAND = ("checkout", "create", COURSE, "--user", USER)
Point = tuple[Scenario, int]


def _former_session(sandbox: Sandbox) -> None:
    worlds.on_sale(sandbox)
    worlds.created(sandbox)


def _expired_session(sandbox: Sandbox) -> None:
    _former_session(sandbox)
    sandbox.control.advance_clock(DAY_AND_MORE)


SCENARIOS = (
    Scenario("first", worlds.on_sale, (PUT, CREATE_SESSION, UPDATE)),
    Scenario("other-form", _former_session, (EXPIRE_SESSION, UPDATE, CREATE_SESSION, UPDATE), ("--ui", "embedded")),
    Scenario("after-expiry", _expired_session, (UPDATE, CREATE_SESSION, UPDATE)),
    Scenario("replace", formers.refunded, (UPDATE, CREATE_SESSION, UPDATE), ("--replace",)),
)
FIRST = SCENARIOS[0]
POINTS = points(SCENARIOS)
LOSSES = ("dropped-before", "dropped-after", "500-before", "500-stored-after", "500-stored-before")
KILLS = list(combinations(POINTS, MOMENTS, LATER))
OPTIONS = {
    "hosted": ("--ui", "hosted"),
    "success": ("--success-url", f"{SITE}/thanks"),
    "cancel": ("--cancel-url", f"{SITE}/back"),
    "embedded": ("--ui", "embedded"),
    "return": ("--ui", "embedded", "--return-url", f"{SITE}/thanks"),
    "codes": ("--allow-promotion-codes",),
    "30m": ("--expires-in", "30m"),
    "2h": ("--expires-in", "2h"),
    "24h": ("--expires-in", "24h"),
}
WAITS = {"at-once": 0, "five-minutes": 300, "100-minutes": 6_000, "next-day": DAY_AND_MORE}
OPTION_POINTS = points([Scenario(name, worlds.on_sale, FIRST.writes, args) for name, args in OPTIONS.items()])
OPTION_KILLS = list(combinations(OPTION_POINTS, MOMENTS, WAITS))
LOST = [
    (point, loss)
    for point, loss in combinations(POINTS, LOSSES)
    if "stored" not in loss or point[0].writes[point[1]].startswith("POST")  # DynamoDB keeps no answers
]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_undisturbed_run_makes_exactly_these_writes(sandbox: Sandbox, scenario: Scenario) -> None:
    """The journal of an undisturbed run holds the writes that the matrix kills at."""
    scenario.build(sandbox)
    with only_writes(sandbox, *scenario.writes):
        worlds.created(sandbox, *scenario.args)


@pytest.mark.parametrize("case", sampled(KILLS, one_in=23, in_ci=5), ids=point_id)
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, case: tuple[Point, str, str]) -> None:
    """After a SIGKILL before or after any write, at once or a day later, the same command leaves one session to pay."""
    point, when, later = case
    _require_made_good(sandbox, point, when, LATER[later])


@pytest.mark.parametrize("index", range(3))
def test_killed_run_is_made_good_in_another_form(sandbox: Sandbox, index: int) -> None:
    """A re-run that asks for another form ends a session that the killed run created and the item does not name."""
    worlds.on_sale(sandbox)
    kill_at(sandbox, (FIRST, index), "after", COMMAND, ENV)
    data = worlds.created(sandbox, "--ui", "embedded")
    assert data["session_id"] == worlds.only_session(sandbox)


@pytest.mark.parametrize("hours", [22.5, 23.5])
def test_killed_run_is_made_good_late(sandbox: Sandbox, hours: float) -> None:
    """Shortly before Stripe forgets the key, and shortly after lmx no longer relies on it, one session is left."""
    worlds.on_sale(sandbox)
    kill_at(sandbox, (FIRST, 1), "after", COMMAND, ENV)
    sandbox.control.advance_clock(hours * 3600)
    assert worlds.created(sandbox)["session_id"] == worlds.only_session(sandbox)


@pytest.mark.parametrize("case", sampled(OPTION_KILLS, one_in=29, in_ci=13), ids=point_id)
def test_killed_run_is_made_good_by_the_next_with_every_option(sandbox: Sandbox, case: tuple[Point, str, str]) -> None:
    """Whatever the options and however long ago the SIGKILL: the same command leaves one session to pay."""
    point, when, later = case
    _require_made_good(sandbox, point, when, WAITS[later])


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("named", [True, False], ids=["param", "no-param"])
def test_attempt_whose_end_stripe_refuses_starts_afresh_once(sandbox: Sandbox, named: bool, times: int) -> None:
    """The clocks differ: a resumed attempt is refused and starts afresh; refused again, the clock is to blame."""
    worlds.on_sale(sandbox)
    before = worlds.put_enrollment(sandbox, enrolledAt=worlds.ago(sandbox, 1))
    fault = {"operation": CREATE_SESSION, "status": 400, "message": "Too soon.", "times": times}
    later = formatdate(enrollments.now(sandbox) + 2 * DAY_AND_MORE, usegmt=True)
    fault |= {"param": "expires_at"} if named else {"headers": {"Date": later}}
    sandbox.control.add_fault("error", **fault)
    ran = worlds.create(sandbox)
    item = worlds.read_enrollment(sandbox)
    assert item is not None
    assert before["enrolledAt"] != item["enrolledAt"]
    if times == 1:
        assert (0, ran.data["session_id"]) == (ran.exit_code, worlds.only_session(sandbox))
    else:
        assert (1, "failed.clock", []) == (ran.exit_code, ran.error[0], worlds.open_sessions(sandbox))


@pytest.mark.parametrize("case", sampled(LOST, one_in=23, in_ci=5), ids=point_id)
def test_lost_answer_is_made_good_by_the_same_run(sandbox: Sandbox, case: tuple[Point, str]) -> None:
    """A run that loses a request or an answer ends well by itself, with one session to pay."""
    point, loss = case
    scenario = point[0]
    scenario.build(sandbox)
    with losing(sandbox, point, loss):
        data = worlds.created(sandbox, *scenario.args)
    assert data["session_id"] == worlds.only_session(sandbox)
    _require_nothing_to_do(sandbox, scenario, data)


def test_stored_failures_are_overcome_by_the_next_run(sandbox: Sandbox) -> None:
    """After a run that gave up on stored failures, the next one looks what is there and makes one session."""
    worlds.on_sale(sandbox)
    fault = {"operation": CREATE_SESSION, "when": "before", "stored": True}
    sandbox.control.add_fault("error", times=None, **fault)
    failed = worlds.create(sandbox)
    assert (1, "failed.stripe") == (failed.exit_code, failed.error[0])
    assert worlds.read_enrollment(sandbox) is not None  # Stripe may have made a session: the item leads to it
    sandbox.control.clear_faults()
    assert worlds.created(sandbox)["session_id"] == worlds.only_session(sandbox)


def _require_made_good(sandbox: Sandbox, point: Point, when: str, seconds: float) -> None:
    """Kill a run at a write; some time later the same command leaves one session to pay, and then nothing to do."""
    scenario = point[0]
    scenario.build(sandbox)
    kill_at(sandbox, point, when, (*COMMAND, *scenario.args), ENV)
    sandbox.control.advance_clock(seconds)
    data = worlds.created(sandbox, *scenario.args)
    assert data["session_id"] == worlds.only_session(sandbox)
    _require_nothing_to_do(sandbox, scenario, data)


def _require_nothing_to_do(sandbox: Sandbox, scenario: Scenario, data: dict[str, Any]) -> None:
    with only_writes(sandbox):
        assert {**data, "reused": True} == worlds.created(sandbox, *scenario.args)
