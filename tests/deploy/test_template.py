"""The template keeps what was promised of it: no secret in it, no right too many, no time too short."""

import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from docs.permissions import FUNCTIONS, KMS
from learnermax_cli.adapters.awslambda.metrics import DIMENSION, NAMESPACE
from tests.deploy.template import TEMPLATE, functions, permitted, read_template, resources
from tests.forking import PROJECT
from tests.functions.state_machine import DEFINITION

QUEUE = {"Fn::GetAtt": ["RetryQueue", "Arn"]}
TABLE = {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableName}"}
PLACES = {"secret": {"Ref": "StripeSecretArn"}, "table": TABLE, "topic": {"Ref": "TopicArn"}, "queue": QUEUE}
KEYS = {"KmsKeyArn": KMS["secretsmanager:GetSecretValue"], "TopicKmsKeyArn": KMS["sns:Publish"]}
POLLER = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""What AWS asks of the queue on behalf of the function that it calls."""
ROWS = {row.command: row for row in FUNCTIONS}


@pytest.mark.slow
def test_linted() -> None:
    """cfn-lint finds nothing, warnings included."""
    command = [str(Path(sys.executable).with_name("cfn-lint")), str(TEMPLATE)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert (0, "", "") == (done.returncode, done.stdout, done.stderr)


def test_every_handler_is_there() -> None:
    """Each function's handler can be imported, and there is a function for each."""
    handlers = [function["Handler"] for function in functions().values()]
    assert all(callable(getattr(import_module(h.rpartition(".")[0]), h.rpartition(".")[2])) for h in handlers)
    assert set(ROWS) == set(functions())


@pytest.mark.parametrize("handler", ROWS)
def test_policy_is_exact(handler: str) -> None:
    """A function may do what the table of permissions says, on what the parameters name, and nothing else."""
    asked = [(action, PLACES[place]) for place, action in ROWS[handler].actions]
    asked += [(action, {"Ref": key}) for key, actions in KEYS.items() for action in actions]
    asked += [(action, QUEUE) for action in POLLER if handler == "retry"]
    allowed = [(action, place) for action, places in permitted(handler).items() for place in places]
    assert sorted(asked, key=str) == sorted(allowed, key=str)


def test_no_role_of_sams_making_beside() -> None:
    """The queue is not an event of the function: for that SAM gives away all queues of the account."""
    events = [event["Type"] for function in functions().values() for event in function.get("Events", {}).values()]
    assert ["HttpApi", "Schedule"] == sorted(events)


def test_no_secret_in_a_variable() -> None:
    """Variables hold names and numbers; no dynamic reference puts a key where the console shows it."""
    common = read_template()["Globals"]["Function"]["Environment"]["Variables"]
    own = [function.get("Environment", {}).get("Variables", {}) for function in functions().values()]
    names = {name for variables in (common, *own) for name in variables}
    assert {
        "LMX_ENVIRONMENT",
        "EDUCATION_TABLE_NAME",
        "LMX_STRIPE_SECRET_NAME",
        "LMX_STRIPE_ACCOUNT",
        "TRANSACTIONAL_EMAIL_TOPIC_ARN",
        "LMX_EVENTS",
        "LMX_REVOKE",
        "FRONTEND_URL",
        "LMX_RETRY_QUEUE_URL",
        "LMX_MAX_RATE",
    } == names
    text = TEMPLATE.read_text(encoding="utf-8")
    assert not re.search(r"resolve:|[srp]k_(test|live)_|whsec_|NoEcho", text)


def test_mails_are_owed_unless_the_site_sends_none() -> None:
    """Every function gets the parameter, which is on by default: YAML would read a bare word as a truth value."""
    template = read_template()
    events = template["Parameters"]["Events"]
    assert ("on", ["on", "off"]) == (events["Default"], events["AllowedValues"])
    assert {"Ref": "Events"} == template["Globals"]["Function"]["Environment"]["Variables"]["LMX_EVENTS"]


def test_nothing_is_taken_away_unless_asked_for() -> None:
    """Every function gets the parameter, which is off by default."""
    template = read_template()
    revoke = template["Parameters"]["RevokeAccess"]
    assert ("0", ["1", "0"]) == (revoke["Default"], revoke["AllowedValues"])
    assert {"Ref": "RevokeAccess"} == template["Globals"]["Function"]["Environment"]["Variables"]["LMX_REVOKE"]


def reserved(handler: str) -> Any:
    """Return what a function reserves where reservations are wanted; without them it reserves nothing."""
    condition, wanted, otherwise = functions()[handler]["ReservedConcurrentExecutions"]["Fn::If"]
    assert ("ReservesConcurrency", {"Ref": "AWS::NoValue"}) == (condition, otherwise)
    return wanted


def test_new_account_can_deploy() -> None:
    """With a limit of 10 AWS lets nothing be reserved: unless asked for, no function reserves anything."""
    parameter = read_template()["Parameters"]["ReserveConcurrency"]
    assert ("false", ["true", "false"]) == (parameter["Default"], parameter["AllowedValues"])
    assert {"Fn::Equals": [{"Ref": "ReserveConcurrency"}, "true"]} == read_template()["Conditions"][
        "ReservesConcurrency"
    ]
    reserving = [name for name, function in functions().items() if "ReservedConcurrentExecutions" in function]
    assert ["webhook", "reconcile", "reconcile_window"] == [name for name in reserving if reserved(name)]
    assert "`ReserveConcurrency`" in (PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_api_logs_each_request_without_its_words() -> None:
    """One line of JSON for each request, in a log group that forgets; no path, query, header or body."""
    settings = resources("AWS::Serverless::HttpApi")["Api"]["AccessLogSettings"]
    assert {"Fn::GetAtt": ["ApiLogs", "Arn"]} == settings["DestinationArn"]
    assert "\n" not in settings["Format"]
    assert {
        "requestId": "$context.requestId",
        "time": "$context.requestTime",
        "ip": "$context.identity.sourceIp",
        "routeKey": "$context.routeKey",
        "status": "$context.status",
        "responseLength": "$context.responseLength",
        "responseLatency": "$context.responseLatency",
        "error": "$context.error.responseType",
        "functionStatus": "$context.integration.status",
        "functionRequestId": "$context.integration.requestId",
    } == json.loads(settings["Format"])


def requests_a_second(webhook: float, reconcile: float) -> tuple[float, float]:
    """Return what all functions together may ask Stripe for: sessions one by one, and lists of them."""
    concurrency = read_template()["Parameters"]["WebhookConcurrency"]["Default"]
    retries = resources("AWS::Lambda::EventSourceMapping")["Retries"]["ScalingConfig"]["MaximumConcurrency"]
    assert {"Ref": "WebhookConcurrency"} == reserved("webhook")
    alone = [reserved(name) for name in ("reconcile", "reconcile_window")]
    return (concurrency + retries) * webhook, sum(alone) * reconcile


def test_stripes_rate_is_kept() -> None:
    """All that may run side by side: in test mode at most 25 requests a second in all, live 25 of each kind."""
    defaults = {name: row.get("Default") for name, row in read_template()["Parameters"].items()}
    assert 25 > sum(requests_a_second(defaults["WebhookRate"], defaults["ReconcileRate"]))
    page = " ".join((PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8").split())
    live = re.search(r"`WebhookRate=(\d+) ReconcileRate=(\d+)`", page)
    assert live is not None
    assert 25 > max(requests_a_second(int(live[1]), int(live[2])))
    own = {name: defaults[name] for name in ("WebhookConcurrency", "WebhookRate", "ReconcileRate")}
    assert ", ".join(f"`{name}` {value}" for name, value in own.items()) in page


def test_every_function_has_its_rate() -> None:
    """No function is left to the rate that a process on its own may take."""
    rates = {name: row["Environment"]["Variables"]["LMX_MAX_RATE"]["Ref"] for name, row in functions().items()}
    quick, long = dict.fromkeys(("webhook", "retry"), "WebhookRate"), ("reconcile", "reconcile_window")
    assert quick | dict.fromkeys(long, "ReconcileRate") == rates


def test_failed_event_comes_again_soon_and_for_hours() -> None:
    """Tried again after some minutes, alone, and for four hours; never handed out while a function works on it."""
    queue = resources("AWS::SQS::Queue")["RetryQueue"]
    pause = queue["VisibilityTimeout"]
    assert (6 * functions()["retry"]["Timeout"], 180) == (pause, pause)
    assert 4 * 3600 == queue["RedrivePolicy"]["maxReceiveCount"] * pause
    assert 1 == resources("AWS::Lambda::EventSourceMapping")["Retries"]["BatchSize"]
    assert {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]} == queue["RedrivePolicy"]["deadLetterTargetArn"]


ALARMS = {
    "DeadLetterAlarm": ("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", ["DeadLetterQueue", "QueueName"]),
    "WebhookErrorAlarm": ("AWS/Lambda", "Errors", "FunctionName", "WebhookFunction"),
    "WebhookAnswerAlarm": ("AWS/ApiGateway", "5xx", "ApiId", "Api"),
    "ReconcileAlarm": ("AWS/Lambda", "Errors", "FunctionName", "ReconcileFunction"),
    "AttentionAlarm": (NAMESPACE, "NeedsAttention", DIMENSION, "Environment"),
    "HistoryAlarm": ("AWS/States", "ExecutionsFailed", "StateMachineArn", "ReconcileHistory"),
}


@pytest.mark.parametrize("name", ALARMS)
def test_alarm_watches_what_can_fail(name: str) -> None:
    """One is enough to ring, the topic of alarms hears of it, and docs/webhooks.md says what to do then."""
    namespace, metric, dimension, source = ALARMS[name]
    alarm = resources("AWS::CloudWatch::Alarm")[name]
    value = {"Fn::GetAtt": source} if isinstance(source, list) else {"Ref": source}
    assert (namespace, metric, [{"Name": dimension, "Value": value}]) == (
        alarm["Namespace"],
        alarm["MetricName"],
        alarm["Dimensions"],
    )
    assert (1, "GreaterThanOrEqualToThreshold") == (alarm["Threshold"], alarm["ComparisonOperator"])
    assert "AlarmTopicArn" in str(alarm["AlarmActions"])
    assert f"`{name}`" in (PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8").partition("When an alarm")[2]


@pytest.mark.parametrize("name", read_template()["Parameters"])
def test_parameter_has_a_row(name: str) -> None:
    """docs/webhooks.md says what each is for."""
    page = (PROJECT / "docs" / "webhooks.md").read_text(encoding="utf-8")
    assert any(f"`{name}`" in line.split("|")[1] for line in page.splitlines() if line.startswith("| "))


def test_every_alarm_is_known() -> None:
    """An alarm without a word of what to do is none."""
    assert set(ALARMS) == set(resources("AWS::CloudWatch::Alarm"))


def test_partial_failures_are_reported() -> None:
    """Without this setting SQS would take the whole batch for done."""
    assert ["ReportBatchItemFailures"] == resources("AWS::Lambda::EventSourceMapping")["Retries"][
        "FunctionResponseTypes"
    ]


def test_answer_comes_before_the_api_gives_up() -> None:
    """An HTTP API waits thirty seconds at most."""
    assert 30 > functions()["webhook"]["Timeout"]


def test_logs_are_not_kept_for_ever() -> None:
    """Each function, and the API, writes to a log group of its own that forgets."""
    groups = resources("AWS::Logs::LogGroup")
    own = {function["LoggingConfig"]["LogGroup"]["Ref"] for function in functions().values()}
    assert own | {"ApiLogs"} == set(groups)
    assert [{"Ref": "LogRetentionDays"}] * 5 == [group["RetentionInDays"] for group in groups.values()]


def test_definition_gets_its_functions() -> None:
    """Every name that the definition leaves open is filled in by the template."""
    machine = resources("AWS::Serverless::StateMachine")["ReconcileHistory"]
    open_names = set(re.findall(r"\$\{(\w+)\}", DEFINITION.read_text(encoding="utf-8")))
    assert (DEFINITION.name, open_names) == (machine["DefinitionUri"], set(machine["DefinitionSubstitutions"]))
