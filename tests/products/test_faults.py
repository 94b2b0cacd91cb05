"""`products sync` under a rate limit and with failing requests, and how its meter counts them."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT, Ran
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

MANY = 500
FAILURES: tuple[dict[str, Any], ...] = (
    {"kind": "error", "when": "before", "status": 500},
    {"kind": "error", "when": "after", "status": 500, "stored": True},
    {"kind": "drop", "when": "before"},
    {"kind": "drop", "when": "after"},
)
AT_ITS_OWN_PACE = {"LMX_MAX_RATE": None}


@pytest.mark.slow
def test_many_courses_through_a_limit_and_failures(sandbox: Sandbox) -> None:
    """At 25 requests a second, one in ten failing in four ways, 500 courses are all synced, and none twice."""
    courses = [f"course-{number:03}" for number in range(MANY)]
    worlds.put_courses(sandbox, courses)
    for failure in FAILURES:
        sandbox.control.add_fault(service="stripe", times=None, percent=2.5, **failure)
    sandbox.control.set_rate_limit(25)
    ran = worlds.sync(sandbox, env=AT_ITS_OWN_PACE)
    assert (0, MANY, 0) == (ran.exit_code, ran.report["summary"]["create"], ran.report["summary"]["failed"])
    faults = [entry["fault"] for entry in sandbox.control.journal() if entry["service"] == "stripe"]
    assert {None, "error before", "error after", "drop before", "drop after"} == set(faults)
    assert len(faults) < 20 * len([fault for fault in faults if fault is not None])
    sandbox.control.clear_faults()
    sandbox.control.set_rate_limit(None)
    state = worlds.read_state(sandbox)
    assert {f"lmx_sandbox_{course_id}": worlds.only_price(1999, course_id) for course_id in courses} == {
        product_id: product["prices"] for product_id, product in state["products"].items()
    }
    assert MANY == len(list(sandbox.stripe().v1.prices.list({"limit": 100}).auto_paging_iter()))
    assert {(c, f"lmx_sandbox_{c}", True) for c in courses} == {
        (course_id, course["product"], course["linked"]) for course_id, course in state["courses"].items()
    }
    before = last_entry(sandbox)
    assert (0, MANY) == _end_and_unchanged(worlds.sync(sandbox))
    assert [] == writes_since(sandbox, before)


@pytest.mark.slow
def test_throttled_requests_are_counted(sandbox: Sandbox) -> None:
    """The meter counts each request that Stripe saw, and each that it throttled."""
    worlds.put_courses(sandbox, [f"course-{number:02}" for number in range(20)])
    sandbox.control.set_rate_limit(5)
    before = last_entry(sandbox)
    ran = worlds.sync(sandbox, env=AT_ITS_OWN_PACE)
    entries = [entry for entry in sandbox.control.journal(before) if entry["service"] == "stripe"]
    meter = ran.report["meter"]
    assert 0 == ran.exit_code
    assert len([entry for entry in entries if entry["status"] == 429]) == meter["stripe_throttled"]
    assert meter["stripe_throttled"] > 0
    assert len([entry for entry in entries if not entry["write"]]) == meter["stripe_reads"]
    assert len([entry for entry in entries if entry["write"]]) == meter["stripe_writes"]
    assert f"{meter['stripe_throttled']} throttled" in ran.stderr


def test_capacity_units_are_counted(sandbox: Sandbox) -> None:
    """The meter's capacity units are those that DynamoDB reported."""
    worlds.put_courses(sandbox, ["course-1", "course-2"])
    before = last_entry(sandbox)
    meter = worlds.sync(sandbox).report["meter"]
    entries = [entry for entry in sandbox.control.journal(before) if entry["service"] == "dynamodb"]
    assert sum(entry["units"] for entry in entries if not entry["write"]) == meter["dynamodb_read_units"]
    assert sum(entry["units"] for entry in entries if entry["write"]) == meter["dynamodb_write_units"] > 0


def test_one_refused_product_does_not_stop_the_others(sandbox: Sandbox) -> None:
    """A product that Stripe refuses twice is reported by key and reason; the others go through; exit 1."""
    worlds.synced_course(sandbox)
    worlds.edit_course(sandbox, COURSE, name="Another name")
    worlds.put_course(sandbox, "bad", "19.99")
    sandbox.control.add_fault("error", operation="POST /v1/products", status=400, code="parameter_invalid", times=2)
    ran = worlds.sync(sandbox)
    assert 1 == ran.exit_code
    assert {("update", COURSE, "applied"), ("create", "bad", "failed"), ("link", "bad", "planned")} == {
        (change["action"], change["key"], change["outcome"]) for change in ran.report["changes"]
    }
    assert "Stripe answered 400" in next(c["error"] for c in ran.report["changes"] if c["outcome"] == "failed")
    assert 0 == worlds.sync(sandbox).exit_code
    assert {COURSE, "bad"} == {k for k, course in worlds.read_state(sandbox)["courses"].items() if course["linked"]}


def test_refusal_whose_reason_is_gone_is_not_final(sandbox: Sandbox) -> None:
    """As when another run sets the default price to the one that is to be archived, and back before it is looked at."""
    worlds.synced_course(sandbox)
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("error", operation="POST /v1/prices/{id}", status=400)
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 14999)


@pytest.mark.slow
def test_connection_lost_for_good(sandbox: Sandbox) -> None:
    """When no answer comes back at all the run ends in 1 after some tries; what was made is found by the next."""
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("drop", operation="POST /v1/prices", when="after", times=None)
    ran = worlds.sync(sandbox)
    assert (1, "failed.rows") == (ran.exit_code, ran.report["error"]["code"])
    host = sandbox.info.stripe_url.removeprefix("http://")
    expected = f"no connection to Stripe while creating a price of {PRODUCT}: connection closed ({host})"
    assert expected == ran.report["changes"][0]["error"]
    sandbox.control.clear_faults()
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 14999)


def _end_and_unchanged(ran: Ran) -> tuple[int, int]:
    return ran.exit_code, ran.report["summary"]["unchanged"]


def test_stripe_that_fails_everything_ends_the_run(sandbox: Sandbox) -> None:
    """After five failed creates in a row no further course is begun: the rest stays planned, and the run ends in 1."""
    worlds.put_courses(sandbox, [f"course-{number:02}" for number in range(40)])
    headers = {"Stripe-Should-Retry": "false"}
    sandbox.control.add_fault("error", operation="POST /v1/products", status=503, headers=headers, times=None)
    ran = worlds.sync(sandbox)
    assert (1, "failed.outage") == (ran.exit_code, ran.report["error"]["code"])
    outcomes = Counter(change["outcome"] for change in ran.report["changes"])
    # Eight at a time: what was under way when the fifth failed is finished, and each worker meets the outage once.
    assert 5 <= len(sandbox.control.writes()) <= 5 + 7
    assert {"failed", "planned"} == set(outcomes)
    assert outcomes["failed"] <= 5 + 7 + 8
    sandbox.control.clear_faults()
    assert 0 == worlds.sync(sandbox).exit_code
