"""Items that a BatchGetItem leaves unprocessed are asked for again, more and more slowly, and not for ever."""

import signal
import threading
import time

import pytest

from learnermax_cli.adapters.aws.enrollment_table import EnrollmentTable
from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.core.errors import FailedError, InterruptedRunError
from learnermax_cli.enrollments.model import Student
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.items import student_item
from tests.ran import last_entry
from tests.running import Sandbox

TABLE = "learnermax-education-sandbox"


def leave_unprocessed(sandbox: Sandbox, times: int | None) -> None:
    """Let DynamoDB return all keys unprocessed, some times or always."""
    sandbox.control.add_fault("unprocessed", service="dynamodb", operation="BatchGetItem", times=times)


def count_batches(sandbox: Sandbox, seq: int) -> int:
    """Return how many BatchGetItem requests came after a journal entry."""
    return [entry["operation"] for entry in sandbox.control.journal(seq)].count("BatchGetItem")


def test_unprocessed_items_are_read_in_the_end(sandbox: Sandbox) -> None:
    """A few refusals in a row are waited out."""
    worlds.put_items(sandbox, [student_item("ada")])
    leave_unprocessed(sandbox, 3)
    students = EnrollmentTable(Table(sandbox.dynamodb_client(), TABLE)).read_students(["ada", "bob"])
    assert {"ada": Student("ada", "ada@example.com", None, "Ada")} == students


@pytest.mark.slow
def test_items_that_stay_unprocessed_are_given_up(sandbox: Sandbox) -> None:
    """After a bounded time, and few requests, in one line with a remedy."""
    leave_unprocessed(sandbox, None)
    seq, begun = last_entry(sandbox), time.monotonic()
    with pytest.raises(FailedError) as failed:
        EnrollmentTable(Table(sandbox.dynamodb_client(), TABLE, give_up_after=2.0)).read_students(["ada"])
    assert ("failed.throttled", f"DynamoDB left 1 of 1 items of table {TABLE} unread for 2 s") == (
        failed.value.code,
        failed.value.message,
    )
    assert time.monotonic() - begun < 10
    assert 3 <= count_batches(sandbox, seq) <= 60


def test_waiting_for_unprocessed_items_ends_when_the_run_is_interrupted(sandbox: Sandbox) -> None:
    """At once, not after the time to give up."""
    leave_unprocessed(sandbox, None)
    stop = threading.Event()
    threading.Timer(0.5, stop.set).start()
    begun = time.monotonic()
    with pytest.raises(InterruptedRunError):
        EnrollmentTable(Table(sandbox.dynamodb_client(), TABLE, stop)).read_students(["ada"])
    assert time.monotonic() - begun < 10


@pytest.mark.slow
def test_sigterm_ends_a_reconcile_whose_items_stay_unprocessed(sandbox: Sandbox) -> None:
    """What was written before is in the report: here the event that an earlier run owed."""
    worlds.put_basics(sandbox, "ada", "bob")
    intent = {"run": "earlier", "at": worlds.text_of(worlds.now(sandbox) - 3600)}
    worlds.put_pending(sandbox, "ada", None, paymentStatus="completed", enrollmentEvent=intent)
    worlds.put_pending(sandbox, "bob", worlds.seed(sandbox, "bob", customer="cus_1"))
    leave_unprocessed(sandbox, None)
    seq = last_entry(sandbox)
    process = sandbox.start(*worlds.RECONCILE)
    while count_batches(sandbox, seq) < 3:
        time.sleep(0.1)
    begun = time.monotonic()
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(20)
    ran = worlds.Ran.read(int(process.returncode), out, err)
    assert time.monotonic() - begun < 10
    assert (130, [("event", f"ada/{COURSE}", "publish", "applied")]) == (ran.exit_code, ran.outcomes)
    assert {key("ada"): "completed", key("bob"): "pending"} == worlds.read_statuses(sandbox)
