"""The scheduled reconcile: three days back, its report in the log, and an error that an alarm can see."""

import pytest

from learnermax_cli.core.errors import CredentialsError, InterruptedRunError, LmxError, UsageError
from learnermax_cli.functions.handlers import Functions
from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.functions.events import Context, read_lines, schedule
from tests.functions.worlds import USER, Container, put_bought
from tests.items import enrollment_item
from tests.running import Sandbox

DAY = 86_400


@pytest.mark.parametrize("event", [schedule(), {"since": "3d"}], ids=["rule", "own input"])
def test_last_days_are_reconciled(
    sandbox: Sandbox, container: Container, event: dict[str, object], capsys: pytest.CaptureFixture[str]
) -> None:
    """What no webhook told of is completed, and the report is one line of the log, as the command prints it."""
    put_bought(sandbox)
    put_bought(sandbox, "old", offset=-5 * DAY)
    sandbox.dynamodb().delete_item(Key={"PK": "USER#old", "SK": f"COURSE#{worlds.COURSE}"})
    assert 1 == container.functions.reconcile(event, Context())["summary"]["complete"]
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    report = read_lines(capsys.readouterr().out)[-1]["report"]
    assert ("lmx/1", "enrollments reconcile", "preview") == (report["schema"], report["command"], report["environment"])
    assert [key(USER), key(USER)] == [change["key"] for change in report["changes"]]
    assert 0 < report["meter"]["stripe_reads"]


def test_stack_without_a_topic_owes_the_mail(sandbox: Sandbox, container: Container, environ: dict[str, str]) -> None:
    """Deployed without TopicArn the functions complete and owe; deployed with it the next run sends the mail."""
    put_bought(sandbox)
    without = Functions({**environ, "TRANSACTIONAL_EMAIL_TOPIC_ARN": "", "LMX_EVENTS": "on"})
    assert [1, 1] == [without.reconcile(schedule(), Context())["summary"]["owed"] for _ in range(2)]
    assert 0 == container.functions.reconcile(schedule(), Context())["summary"]["owed"]
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


@pytest.mark.parametrize(
    ("revoke", "event", "status"),
    [
        ("1", {}, "pending"),
        ("0", {}, "completed"),
        ("1", {"revoke": False}, "completed"),
        ("0", {"revoke": True}, "pending"),
    ],
)
def test_access_is_taken_away_where_the_stack_says_so(
    sandbox: Sandbox, container: Container, environ: dict[str, str], revoke: str, event: dict[str, object], status: str
) -> None:
    """RevokeAccess=1 lets the scheduled run take access away where the payment went back; an input of its own wins."""
    session_id = put_bought(sandbox)
    container.functions.reconcile(schedule(), Context())
    sandbox.control.refund(session_id)
    functions = Functions({**environ, "LMX_REVOKE": revoke})
    with pytest.raises(UsageError, match="revoke is 'yes'"):
        functions.reconcile({"revoke": "yes"}, Context())
    functions.reconcile({**schedule(), **event}, Context())
    assert {key(USER): status} == worlds.read_statuses(sandbox)


def test_long_report_is_cut(sandbox: Sandbox, container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    """A line of the log holds so much: it says how many rows it leaves out."""
    worlds.put_basics(sandbox)
    at = worlds.text_of(worlds.now(sandbox) - 3600)
    worlds.put_items(sandbox, [enrollment_item(f"user-{n}", worlds.COURSE, at) for n in range(203)])
    container.functions.reconcile({"pending_only": True}, Context())
    report = read_lines(capsys.readouterr().out)[-1]["report"]
    assert (200, {"skipped": 3}, 203) == (len(report["skipped"]), report["left_out"], report["summary"]["unchanged"])


def test_findings_are_no_error(sandbox: Sandbox, container: Container) -> None:
    """A refund is for a person to look at: a metric that an alarm watches, not a failed invocation."""
    put_bought(sandbox, state="refunded")
    assert 1 == container.functions.reconcile(schedule(), Context())["findings"]


def test_failed_run_is_an_error(sandbox: Sandbox, container: Container) -> None:
    """A key that Stripe refuses ends the invocation in an error."""
    sandbox.control.set_key_status(sandbox.info.secret_key, "revoked")
    with pytest.raises(CredentialsError, match="Stripe rejected the key"):
        container.functions.reconcile(schedule(), Context())


def test_failed_row_is_an_error(sandbox: Sandbox, container: Container, capsys: pytest.CaptureFixture[str]) -> None:
    """One row that fails does not stop the others, is in the log, and ends the invocation in an error."""
    put_bought(sandbox)
    put_bought(sandbox, "user-8")
    sandbox.control.add_fault("error", service="dynamodb", operation="UpdateItem", status=400)
    with pytest.raises(LmxError, match="1 change failed"):
        container.functions.reconcile(schedule(), Context())
    assert 1 == read_lines(capsys.readouterr().out)[-1]["report"]["summary"]["complete"]


def test_run_stops_before_its_time_is_over(sandbox: Sandbox, container: Container) -> None:
    """Near the end of its time a run stops cleanly, and says that it did not get through."""
    put_bought(sandbox)
    with pytest.raises(InterruptedRunError):
        container.functions.reconcile(schedule(), Context(seconds_left=0))
    assert {key(USER): "pending"} == worlds.read_statuses(sandbox)
