"""The local AWS as a whole: what stands in it, who may call it, its journal, its faults, and that conditions hold."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from boto3.dynamodb.conditions import Attr
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from learnermax_cli.config.sandbox_state import topic_arn
from tests.running import Sandbox

KEY = {"PK": "USER#1", "SK": "COURSE#1"}
ONCE = Config(retries={"total_max_attempts": 1, "mode": "standard"})


def once(sandbox: Sandbox, service: str) -> Any:
    """Return a client that retries nothing."""
    return sandbox.session.client(service, endpoint_url=sandbox.info.aws_url, config=ONCE)  # type: ignore[call-overload]


def put_once(sandbox: Sandbox) -> None:
    """Write one item, retrying nothing."""
    item = {name: {"S": value} for name, value in KEY.items()}
    once(sandbox, "dynamodb").put_item(TableName=sandbox.dynamodb().name, Item=item)


def stored(sandbox: Sandbox) -> bool:
    """Say whether that item is there."""
    return "Item" in sandbox.dynamodb().get_item(Key=KEY)


@pytest.mark.parametrize("environment", ["sandbox", "preview"])
def test_tables_stand_with_learnermax_keys(sandbox: Sandbox, environment: str) -> None:
    """Both tables have LearnerMax's keys, indexes, billing and stream from the start."""
    name = sandbox.dynamodb(environment).name
    table = sandbox.dynamodb_client().describe_table(TableName=name)["Table"]

    assert [("PK", "HASH"), ("SK", "RANGE")] == [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]]
    indexes = {
        index["IndexName"]: [(key["AttributeName"], key["KeyType"]) for key in index["KeySchema"]]
        for index in table["GlobalSecondaryIndexes"]
    }
    assert {"GSI1": [("GSI1PK", "HASH"), ("GSI1SK", "RANGE")], "email-index": [("email", "HASH")]} == indexes
    assert "PAY_PER_REQUEST" == table["BillingModeSummary"]["BillingMode"]
    assert {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"} == table["StreamSpecification"]


def test_published_events_reach_the_queue(sandbox: Sandbox) -> None:
    """What is published to the topic can be read from the queue that listens to it."""
    sandbox.sns().publish(TopicArn=topic_arn(), Subject="Enrollment Completed", Message='{"studentId": "1"}')

    received = sandbox.sqs().receive_message(QueueUrl=sandbox.queue_url)["Messages"]

    notification = json.loads(received[0]["Body"])
    assert ("Enrollment Completed", '{"studentId": "1"}') == (notification["Subject"], notification["Message"])


def test_identity_is_the_sandbox_account(sandbox: Sandbox) -> None:
    """STS names the account of the sandbox's ARNs."""
    assert "123456789012" == once(sandbox, "sts").get_caller_identity()["Account"]


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [
        ("dynamodb", "list_tables", "UnrecognizedClientException"),
        ("secretsmanager", "list_secrets", "UnrecognizedClientException"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ],
)
def test_other_credentials_are_refused(sandbox: Sandbox, service: str, operation: str, code: str) -> None:
    """Only the sandbox's own access key opens it: real credentials sent here by mistake are noticed."""
    other = boto3.Session(aws_access_key_id="OTHER", aws_secret_access_key="other", region_name="us-east-1")
    client = other.client(service, endpoint_url=sandbox.info.aws_url, config=ONCE)  # type: ignore[call-overload]

    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()

    assert code == refused.value.response["Error"]["Code"]


def test_journal_names_calls_without_values(sandbox: Sandbox) -> None:
    """The journal tells reads from writes and names tables, keys and attributes, never values of secrets."""
    sandbox.dynamodb().put_item(Item={**KEY, "name": "very private"})
    sandbox.dynamodb().get_item(Key=KEY)
    sandbox.secretsmanager().create_secret(Name="learnermax/stripe-keys", SecretString="very private")

    entries = sandbox.control.journal()

    told = [(entry["service"], entry["operation"], entry["write"], entry["params"]) for entry in entries]
    table = "learnermax-education-sandbox"
    assert [
        ("dynamodb", "PutItem", True, {"table": table, "key": KEY, "attributes": ["PK", "SK", "name"]}),
        ("dynamodb", "GetItem", False, {"table": table, "key": KEY}),
        ("secretsmanager", "CreateSecret", True, {"name": "learnermax/stripe-keys"}),
    ] == told
    assert "very private" not in json.dumps(entries)


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("dynamodb.list_tables", "ExpiredTokenException"),
        ("dynamodb.list_tables", "AccessDeniedException"),
        ("secretsmanager.list_secrets", "ThrottlingException"),
        ("sns.list_topics", "AuthorizationError"),
    ],
)
def test_error_fault_has_the_shape_of_aws(sandbox: Sandbox, operation: str, code: str) -> None:
    """An error that a test asks for reaches boto3 with its code and message."""
    service, _, method = operation.partition(".")
    sandbox.control.add_fault("error", service=service, status=400, code=code, message="so it is")

    with pytest.raises(ClientError) as refused:
        getattr(once(sandbox, service), method)()

    error = refused.value.response["Error"]
    assert (code, "so it is") == (error["Code"], error["Message"])


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_error_fault_does_the_work_only_when_it_comes_after(sandbox: Sandbox, when: str, done: bool) -> None:
    """An error before the work leaves nothing, one after it leaves the item."""
    sandbox.control.add_fault("error", operation="PutItem", when=when, status=500, code="InternalServerError")

    with pytest.raises(ClientError, match="InternalServerError"):
        put_once(sandbox)

    assert done == stored(sandbox)


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_dropped_connection(sandbox: Sandbox, when: str, done: bool) -> None:
    """A dropped call gets no answer; whether it was done is what its moment says."""
    sandbox.control.add_fault("drop", service="dynamodb", operation="PutItem", when=when)

    with pytest.raises((ConnectionClosedError, EndpointConnectionError)):
        put_once(sandbox)

    assert done == stored(sandbox)


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_held_call_blocks_nobody_else(sandbox: Sandbox, when: str, done: bool) -> None:
    """While one call is held another is answered; after the release the held one is dropped."""
    sandbox.control.add_fault("hold", service="dynamodb", operation="PutItem", when=when)
    failures: list[BaseException] = []

    def held_put() -> None:
        try:
            put_once(sandbox)
        except (ConnectionClosedError, EndpointConnectionError) as error:
            failures.append(error)

    thread = threading.Thread(target=held_put)
    thread.start()
    sandbox.control.wait_held()
    seen_while_held = stored(sandbox)
    sandbox.control.release()
    thread.join()

    assert (done, 1) == (seen_while_held, len(failures))


@pytest.mark.parametrize(("when", "done"), [("before", False), ("after", True)])
def test_paused_call_is_answered_once_it_is_released(sandbox: Sandbox, when: str, done: bool) -> None:
    """It is carried out before or after the pause, and its answer is not lost."""
    sandbox.control.add_fault("pause", service="dynamodb", operation="PutItem", when=when)
    with ThreadPoolExecutor(1) as pool:
        put = pool.submit(put_once, sandbox)
        sandbox.control.wait_held()
        assert done == stored(sandbox)
        sandbox.control.release()
        put.result(10)
    assert stored(sandbox)


def test_throttled_call_is_tried_again_by_boto3(sandbox: Sandbox) -> None:
    """A throttle of DynamoDB's is recognized and retried by the SDK."""
    code = "ProvisionedThroughputExceededException"
    sandbox.control.add_fault("error", service="dynamodb", status=400, code=code, times=2)

    sandbox.dynamodb().put_item(Item=KEY)

    assert [400, 400, 200] == [entry["status"] for entry in sandbox.control.journal()]


def test_one_of_many_conditional_writers_wins(sandbox: Sandbox) -> None:
    """A condition and its write are one step, however many writers there are."""
    client = once(sandbox, "dynamodb")

    def claim(number: int) -> bool:
        try:
            client.put_item(
                TableName="learnermax-education-sandbox",
                Item={"PK": {"S": "a"}, "SK": {"S": "b"}, "owner": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(PK)",
            )
        except client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(claim, range(24)))

    assert 1 == won.count(True)


def test_reset_empties_everything(sandbox: Sandbox) -> None:
    """After a reset the tables stand empty and the secrets are gone."""
    sandbox.dynamodb().put_item(Item=KEY)
    sandbox.secretsmanager().create_secret(Name="s", SecretString="x")

    sandbox.control.reset()

    assert 0 == sandbox.dynamodb().scan(FilterExpression=Attr("PK").exists())["ScannedCount"]
    assert [] == sandbox.secretsmanager().list_secrets()["SecretList"]


def test_unknown_service_is_refused(sandbox: Sandbox) -> None:
    """A service that the sandbox lacks is said so, and no network is reached for."""
    with pytest.raises(ClientError, match="The sandbox has no service kms"):
        once(sandbox, "kms").list_keys()


def test_unknown_operation_is_refused(sandbox: Sandbox) -> None:
    """What moto does not have is answered as AWS answers an operation that it does not know."""
    with pytest.raises(ClientError, match="The sandbox has no ValidateResourcePolicy"):
        once(sandbox, "secretsmanager").validate_resource_policy(ResourcePolicy="{}")


def test_part_of_an_operation_that_is_not_there_is_named(sandbox: Sandbox) -> None:
    """Moto has the operation, but adds no binary sets: it is not said that the operation is missing."""
    with pytest.raises(ClientError, match="no UpdateItem, or not all of it: ADD not supported for BS"):
        once(sandbox, "dynamodb").update_item(
            TableName=sandbox.dynamodb().name,
            Key={name: {"S": value} for name, value in KEY.items()},
            AttributeUpdates={"tags": {"Action": "ADD", "Value": {"BS": [b"a"]}}},
        )
