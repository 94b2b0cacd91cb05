"""What the functions count for CloudWatch, in the line of the log that reports the same work."""

from collections.abc import Callable
from typing import Any

import pytest

from learnermax_cli.adapters.awslambda.metrics import embedded, embedded_quickly
from learnermax_cli.core.errors import LmxError
from learnermax_cli.functions.handlers import Functions
from tests.enrollments import worlds
from tests.functions.events import Context, read_lines, schedule, sqs_batch, sqs_batch_of
from tests.functions.test_canary import BrokenContext
from tests.functions.test_retry import put_queued
from tests.functions.worlds import USER, Container, put_bought
from tests.running import Sandbox

Log = pytest.CaptureFixture[str]
NOTHING = {"Completed": 0, "NeedsAttention": 0, "Owed": 0, "Failed": 0}


def metrics_of(log: Log) -> list[dict[str, int]]:
    """Return what each line with metrics counts; all of them for the one environment, and for nobody by name."""
    found = []
    for line in read_lines(log.readouterr().out):
        if "_aws" not in line:
            continue
        (about,) = line["_aws"]["CloudWatchMetrics"]
        names = [metric["Name"] for metric in about["Metrics"]]
        assert ("LearnerMax", [["environment"]], "preview") == (
            about["Namespace"],
            about["Dimensions"],
            line["environment"],
        )
        assert {"Count"} == {metric["Unit"] for metric in about["Metrics"]}
        assert abs(line["_aws"]["Timestamp"]) > 1_000_000_000_000  # milliseconds
        found.append({name: int(line[name][0]) for name in names})
    return found


def without_topic(container: Container) -> Container:
    """Return a container whose functions have no topic."""
    environ = {**container.environ, "TRANSACTIONAL_EMAIL_TOPIC_ARN": ""}
    return Container(container.sandbox, Functions(environ), environ)


def test_confirmed_payment_is_counted_once(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """The delivery that completes an enrollment counts it; one that finds it completed counts nothing."""
    session_id = put_bought(sandbox)
    container.deliver(session_id)
    assert [{"Completed": 1}] == metrics_of(capsys)
    container.deliver(session_id)
    assert [] == metrics_of(capsys)


def test_payment_for_a_person_is_counted(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """A refunded session needs attention, in a delivery and in the scheduled run."""
    session_id = put_bought(sandbox, state="refunded")
    container.deliver(session_id)
    assert [{"NeedsAttention": 1}] == metrics_of(capsys)
    container.functions.reconcile(schedule(), Context())
    assert [NOTHING | {"NeedsAttention": 1}] == metrics_of(capsys)


def test_mail_without_topic_is_counted_as_owed(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """It is counted when it begins to be owed, and by each run that leaves it owed."""
    silent = without_topic(container)
    silent.deliver(put_bought(sandbox))
    assert [{"Completed": 1, "Owed": 1}] == metrics_of(capsys)
    silent.functions.reconcile(schedule(), Context())
    assert [NOTHING | {"Owed": 1}] == metrics_of(capsys)


def test_delivery_that_fails_on_our_side_is_counted(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """Whether it was queued or left to Stripe; a forged one is no failure of ours."""
    session_id = put_bought(sandbox)
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert 202 == container.deliver(session_id)[0]
    container.environ.pop("LMX_RETRY_QUEUE_URL")
    assert 503 == Container(sandbox, Functions(container.environ), container.environ).deliver(session_id)[0]
    assert [{"Failed": 1}, {"Failed": 1}] == metrics_of(capsys)
    assert 400 == container.send({"body": "{}", "headers": {}, "requestContext": {"http": {"method": "POST"}}})[0]
    assert [] == metrics_of(capsys)


def test_enrollment_is_counted_though_its_mail_fails(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """What was written before the failure is counted with it, since the retry finds it done."""
    session_id = put_bought(sandbox)
    sandbox.control.add_fault("error", service="sns", status=400, times=None)
    assert 202 == container.deliver(session_id)[0]
    assert [{"Completed": 1, "Owed": 1, "Failed": 1}] == metrics_of(capsys)


def test_retries_are_counted_one_by_one(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """A batch counts what each of its messages led to: done, poison, and a bug."""
    put_queued(sandbox, container, USER)
    batch = sqs_batch_of(container.queued())
    capsys.readouterr()
    container.functions.retry(batch, BrokenContext())
    assert [{"Failed": 1}] == metrics_of(capsys)
    container.functions.retry(sqs_batch("poison", batch["Records"][0]["body"]), Context())
    assert [{"Failed": 1}, {"Completed": 1}] == metrics_of(capsys)


def test_run_counts_all_it_did(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """The scheduled run counts zeros too: a graph shows that it ran."""
    put_bought(sandbox)
    put_bought(sandbox, "user-8")
    sandbox.control.add_fault("error", service="dynamodb", operation="UpdateItem", status=400)
    with pytest.raises(LmxError):
        container.functions.reconcile(schedule(), Context())
    assert [NOTHING | {"Completed": 1, "Failed": 1}] == metrics_of(capsys)
    container.functions.reconcile_window({"since": "3d"}, Context())
    assert [NOTHING | {"Completed": 1}] == metrics_of(capsys)


def _refused_key(sandbox: Sandbox, container: Container) -> Any:
    sandbox.control.set_key_status(sandbox.info.secret_key, "revoked")
    return container.functions.reconcile(schedule(), Context())


def _senseless(_: Sandbox, container: Container) -> Any:
    return container.functions.reconcile_window({"since": "yesterday"}, Context())


def _bug(_: Sandbox, container: Container) -> Any:
    return container.functions.reconcile(schedule(), BrokenContext())


@pytest.mark.parametrize("run", [_refused_key, _senseless, _bug])
def test_run_without_a_report_is_one_failure(
    sandbox: Sandbox, container: Container, run: Callable[[Sandbox, Container], Any], capsys: Log
) -> None:
    """Whatever ends a run, its metric is written before the invocation fails."""
    with pytest.raises(LmxError):
        run(sandbox, container)
    assert [1] == [counts["Failed"] for counts in metrics_of(capsys)]


def test_window_that_is_taken_up_again_is_no_failure(sandbox: Sandbox, container: Container, capsys: Log) -> None:
    """A window that is cut by its time goes on half as long."""
    worlds.put_basics(sandbox)
    container.functions.reconcile_window({"since": "3d"}, Context(seconds_left=0))
    assert [NOTHING] == metrics_of(capsys)


def test_webhook_writes_what_powertools_would() -> None:
    """The webhook does without Powertools at a cold start; its metrics are the same to CloudWatch."""
    counts = {"Completed": 1, "NeedsAttention": 2, "Failed": 0}
    slow, quick = embedded("preview", counts), embedded_quickly("preview", counts)
    slow["_aws"]["Timestamp"] = quick["_aws"]["Timestamp"] = 0  # type: ignore[index]
    assert slow == quick
