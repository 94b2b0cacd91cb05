"""How often a request is sent to AWS: botocore's retries alone, ended in time, by an interrupt, and by an outage."""

import threading
from contextlib import suppress
from typing import Any

import pytest

from learnermax_cli.adapters.aws.course_table import CourseTable
from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.core.errors import CredentialsError, FailedError
from learnermax_cli.core.retries import BATCH, INTERACTIVE, OutageError, RetryPolicy
from learnermax_cli.courses.model import Course
from tests.adapters.aws.clients import build, requests
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.running import Sandbox

THROTTLED: dict[str, Any] = {"status": 400, "code": "ProvisionedThroughputExceededException"}
READ, WRITE = "GetItem", "UpdateItem"


def courses(sandbox: Sandbox, policy: RetryPolicy = BATCH, stop: threading.Event | None = None) -> CourseTable:
    """Return the courses of the table through clients that go by a policy."""
    return CourseTable(Table(build(sandbox, policy, stop).dynamodb(), "learnermax-education-sandbox"))


def fail(sandbox: Sandbox, operation: str, kind: str = "error", **fields: Any) -> None:
    """Let an operation fail until faults are cleared."""
    sandbox.control.add_fault(kind, service="dynamodb", operation=operation, times=None, **fields)


@pytest.mark.parametrize(
    ("fault", "code"), [({"status": 503}, "failed.aws"), ({"kind": "drop"}, "failed.network")], ids=["503", "no answer"]
)
def test_operation_that_fails_for_good_is_tried_six_times(sandbox: Sandbox, fault: dict[str, Any], code: str) -> None:
    """One policy, and no loop around it."""
    fail(sandbox, WRITE, **fault)
    with pytest.raises(FailedError) as failed:
        courses(sandbox).put_stripe_ids(Course("a", {}), "prod_1", "price_1")
    assert (code, [WRITE] * 6) == (failed.value.code, requests(sandbox))


@pytest.mark.slow
def test_operation_without_an_answer_ends_in_time(sandbox: Sandbox) -> None:
    """No retry begins that could not end in time: here the third one."""
    fail(sandbox, READ, "hold")
    policy = RetryPolicy(tries=3, longest_pause=1.0, connect=0.5, read=1.0, in_all=5.0, interactive=False)
    with pytest.raises(FailedError, match="AWS timed out while reading course a: no complete"):
        courses(sandbox, policy).read_course("a")
    assert 2 == sandbox.control.held()


def test_throttled_operation_is_not_retried_after_an_interrupt(sandbox: Sandbox) -> None:
    """Its answer counts, but it is not asked for again."""
    fail(sandbox, READ, **THROTTLED)
    stop = threading.Event()
    stop.set()
    with pytest.raises(FailedError, match="AWS answered ProvisionedThroughputExceededException"):
        courses(sandbox, stop=stop).read_course("a")
    assert [READ] == requests(sandbox)


@pytest.mark.parametrize(("operation", "tries"), [(WRITE, 2), (READ, 1)])
def test_lost_write_is_retried_after_an_interrupt_too(sandbox: Sandbox, operation: str, tries: int) -> None:
    """What became of it is not known otherwise; of a read nothing did."""
    sandbox.control.add_fault("drop", service="dynamodb", operation=operation)
    stop = threading.Event()
    stop.set()
    store = courses(sandbox, stop=stop)
    with suppress(FailedError):  # the second one finds no course
        store.read_course("a")
        store.put_stripe_ids(Course("a", {}), "prod_1", "price_1")
    assert tries == requests(sandbox).count(operation)


@pytest.mark.parametrize("fault", [{"status": 503}, {"kind": "drop"}, THROTTLED], ids=["503", "no answer", "throttled"])
def test_five_failed_operations_in_a_row_are_an_outage(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    """The sixth is not sent; reads, which are counted apart, still are."""
    fail(sandbox, WRITE, **fault)
    store = courses(sandbox, BATCH._replace(tries=1))
    for _ in range(5):
        with pytest.raises(FailedError):
            store.put_stripe_ids(Course("a", {}), "prod_1", "price_1")
    with pytest.raises(OutageError, match="DynamoDB failed 5 operations in a row"):
        store.put_stripe_ids(Course("a", {}), "prod_1", "price_1")
    assert store.read_course("a") is None
    assert [WRITE] * 5 + [READ] == requests(sandbox)


def test_rejected_operations_are_no_outage(sandbox: Sandbox) -> None:
    """An answer that says no is an answer."""
    fail(sandbox, READ, status=400, code="AccessDeniedException")
    store = courses(sandbox)
    for _ in range(6):
        with pytest.raises(CredentialsError):
            store.read_course("a")


def test_receiver_goes_on_after_an_outage(sandbox: Sandbox) -> None:
    """Somebody waits for each answer, and the next may be a good one."""
    fail(sandbox, READ, status=503)
    store = courses(sandbox, INTERACTIVE)
    for _ in range(6):
        with pytest.raises(FailedError):
            store.read_course("a")
    sandbox.control.clear_faults()
    assert store.read_course("a") is None


@pytest.mark.slow
def test_reconcile_ends_when_no_write_gets_through(sandbox: Sandbox) -> None:
    """A few enrollments fail, and the others are left for the next run."""
    users = [f"user-{number}" for number in range(30)]
    worlds.put_basics(sandbox)
    for user in users:
        worlds.put_bought(sandbox, user)
    fail(sandbox, WRITE, status=503)
    ran = worlds.reconcile(sandbox)
    failed = [outcome for kind, _, _, outcome in ran.outcomes if kind == "enrollment"].count("failed")
    assert (1, "failed.outage") == (ran.exit_code, ran.report["error"]["code"])
    assert 5 <= failed <= 20
    assert dict.fromkeys((key(user) for user in users), "pending") == worlds.read_statuses(sandbox)
    sandbox.control.clear_faults()
    assert {"examined": 30, "complete": 30} == worlds.reconcile(sandbox).summary
    assert {f"{user}/{COURSE}": "completed" for user in users} == worlds.read_statuses(sandbox)
