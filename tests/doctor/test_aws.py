"""What doctor says of AWS: credentials, account, names, the table's shape, the topic."""

from typing import Any

import pytest

from learnermax_cli.doctor.check_aws import judge_table
from learnermax_cli.doctor.model import Index, TableDescription
from tests.adapters.aws.clients import where
from tests.doctor.worlds import examine
from tests.running import Sandbox

ACCOUNT = "123456789012"
INDEXES = {"GSI1": Index(("GSI1PK", "GSI1SK")), "email-index": Index(("email",))}
SITE_STACK = "Update the site's own stack: its template defines the table."


@pytest.mark.parametrize(
    ("env", "found", "way"),
    [
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no AWS credentials", "aws sso login"),
        ({"AWS_ACCESS_KEY_ID": "UNKNOWN"}, "AWS rejected the credentials", "Set AWS_ACCESS_KEY_ID"),
    ],
)
def test_credentials_that_do_not_work(sandbox: Sandbox, env: dict[str, str | None], found: str, way: str) -> None:
    """What needs AWS is not checked, what does not is; the remedy is to sign in."""
    examined = examine(sandbox, env)
    status, said, remedy, code = examined.row("AWS identity")
    assert ("failed", 4, 4) == (status, code, examined.exit_code)
    assert said.startswith(found)
    assert way in str(remedy)
    assert ("not checked", "not checked, because “AWS identity” failed", None, 0) == examined.row("Table")
    assert ("not checked", "not checked, because “Table” was not checked", None, 0) == examined.row("Catalog")
    assert ("ok", "ok") == (examined.statuses()["Stripe key"], examined.statuses()["Clock against Stripe"])


def test_identity_that_is_not_told(sandbox: Sandbox) -> None:
    """Where STS alone does not answer, everything else is looked at."""
    sandbox.control.add_fault("error", service="sts", operation="GetCallerIdentity", status=400, code="Odd", times=None)
    examined = examine(sandbox)
    assert ("failed", 1) == examined.row("AWS identity")[::3]
    assert ("ok", "ok") == (examined.row("Table")[0], examined.row("Pending enrollments")[0])


def test_profile_that_is_not_there(sandbox: Sandbox) -> None:
    """It is configuration, and named."""
    examined = examine(sandbox, {"AWS_PROFILE": "nobody"})
    status, found, remedy, code = examined.row("AWS identity")
    assert ("failed", 3, True, True) == (status, code, "nobody" in found, "--profile" in str(remedy))


def test_other_aws_account_than_it_should_be(sandbox: Sandbox) -> None:
    """LMX_AWS_ACCOUNT names the only one."""
    examined = examine(sandbox, {"LMX_AWS_ACCOUNT": "999999999999"})
    origin = "AWS_ACCESS_KEY_ID in the environment"
    found = f"the AWS credentials from {origin} belong to account {ACCOUNT}, but LMX_AWS_ACCOUNT is 999999999999"
    remedy = "Sign in to that account, name a --profile of it, or change LMX_AWS_ACCOUNT."
    assert ("failed", found, remedy, 5) == examined.row("AWS identity")


def test_right_aws_account_is_told_with_its_region(sandbox: Sandbox) -> None:
    """Whose credentials, and where."""
    status, found, _, _ = examine(sandbox, {"LMX_AWS_ACCOUNT": ACCOUNT}).row("AWS identity")
    assert ("ok", True) == (status, found.startswith(f"account {ACCOUNT}, arn:aws:sts::{ACCOUNT}:"))
    assert found.endswith("credentials from AWS_ACCESS_KEY_ID in the environment, region us-east-1")


def test_names_of_two_environments(sandbox: Sandbox) -> None:
    """Doctor says it and checks everything else all the same."""
    examined = examine(sandbox, {"EDUCATION_TABLE_NAME": "learnermax-education-prod"})
    status, found, remedy, code = examined.row("Environment")
    assert ("failed", 5) == (status, code)
    assert "table learnermax-education-prod is named after environment prod, but this run is for preview" == found
    assert "LMX_ALLOW_MISMATCH=learnermax-education-prod" in str(remedy)
    assert f"table learnermax-education-prod not found in {where(sandbox)}" == examined.row("Table")[1]
    assert "ok" == examined.row("Stripe key")[0]


def test_table_that_is_not_there(sandbox: Sandbox) -> None:
    """What reads it is not checked; the remedy names where the table comes from."""
    examined = examine(sandbox, {"EDUCATION_TABLE_NAME": "nowhere"})
    found = f"table nowhere not found in {where(sandbox)}"
    assert ("failed", found, "Check -e, --table, --region and --profile.", 3) == examined.row("Table")
    expected = ("not checked", "not checked, because “Table” failed", None, 0)
    assert [expected] * 3 == [examined.row(check) for check in ("Catalog", "Pending enrollments", "Events owed")]


def test_table_without_its_indexes(sandbox: Sandbox) -> None:
    """Seen on a real table; the table itself is fine, and what is in it is checked."""
    _create_table(sandbox, "bare")
    examined = examine(sandbox, {"EDUCATION_TABLE_NAME": "bare"})
    assert "ok" == examined.row("Table")[0]
    found = "index GSI1 does not exist: enrollments of a course are read by it"
    assert ("failed", found, SITE_STACK, 3) == examined.row("Index GSI1")
    assert ("warning", 0) == examined.row("Index email-index")[::3]
    assert "ok" == examined.row("Pending enrollments")[0]


def test_table_of_something_else(sandbox: Sandbox) -> None:
    """Another key schema is another table."""
    _create_table(sandbox, "orders", hash_key="orderId")
    status, found, remedy, code = examine(sandbox, {"EDUCATION_TABLE_NAME": "orders"}).row("Table")
    assert ("failed", "orders has the keys orderId, SK, not PK, SK", 3) == (status, found, code)
    assert "--table" in str(remedy)


@pytest.mark.parametrize(
    ("change", "verdicts"),
    [
        ({}, [("Table", "ok")]),
        ({"status": "UPDATING"}, [("Table", "failed")]),
        ({"indexes": {**INDEXES, "GSI1": Index(("GSI1PK",))}}, [("Table", "ok"), ("Index GSI1", "failed")]),
        (
            {"indexes": {**INDEXES, "GSI1": Index(("GSI1PK", "GSI1SK"), "KEYS_ONLY")}},
            [("Table", "ok"), ("Index GSI1", "failed")],
        ),
        (
            {"indexes": {**INDEXES, "GSI1": Index(("GSI1PK", "GSI1SK"), status="CREATING")}},
            [("Table", "ok"), ("Index GSI1", "failed")],
        ),
        ({"indexes": {"GSI1": INDEXES["GSI1"]}}, [("Table", "ok"), ("Index email-index", "warning")]),
    ],
)
def test_each_flaw_of_a_table_is_its_own_verdict(change: dict[str, Any], verdicts: list[tuple[str, str]]) -> None:
    """Status, keys, projection of what lmx reads fail; what only the site reads is a warning."""
    table = TableDescription(**{"status": "ACTIVE", "keys": ("PK", "SK"), "indexes": INDEXES, **change})
    found = list(judge_table("t", table))
    assert verdicts == [(verdict.check, verdict.status) for verdict in found]
    assert all(verdict.remedy for verdict in found if verdict.status != "ok")


def test_permissions_that_aws_does_not_give(sandbox: Sandbox) -> None:
    """Each IAM action is named, in what was found and in the remedy."""
    denied = {
        ("Table", "dynamodb:DescribeTable"): "AccessDeniedException",
        ("Secret", "secretsmanager:DescribeSecret"): "AccessDeniedException",
        ("Topic", "sns:GetTopicAttributes"): "AuthorizationError",
    }
    for (_, action), code in denied.items():
        service, _, operation = action.partition(":")
        sandbox.control.add_fault("error", service=service, operation=operation, status=403, code=code, times=None)
    examined = examine(sandbox)
    for check, action in denied:
        status, found, remedy, exit_code = examined.row(check)
        assert ("failed", 4, True, True) == (status, exit_code, action in found, action in str(remedy))


def test_table_that_may_not_be_scanned(sandbox: Sandbox) -> None:
    """Described it may be: what is in it fails by itself."""
    sandbox.control.add_fault(
        "error", service="dynamodb", operation="Scan", status=400, code="AccessDeniedException", times=None
    )
    examined = examine(sandbox)
    assert "ok" == examined.row("Table")[0]
    for check in ("Pending enrollments", "Events owed", "Catalog"):
        status, found, _, exit_code = examined.row(check)
        assert ("failed", 4, True) == (status, exit_code, "dynamodb:Scan" in found)


def test_no_topic(sandbox: Sandbox) -> None:
    """A warning: no mail goes out, everything else works."""
    remedy = "Set TRANSACTIONAL_EMAIL_TOPIC_ARN; or LMX_EVENTS=off where the site sends no mails."
    expected = ("warning", "not configured: mails stay owed until it is", remedy, 0)
    assert expected == examine(sandbox, {"TRANSACTIONAL_EMAIL_TOPIC_ARN": None}).row("Topic")


def test_no_mails_wanted(sandbox: Sandbox) -> None:
    """A site without mails needs no topic."""
    found = "not needed, LMX_EVENTS is off: no student gets a mail"
    env = {"TRANSACTIONAL_EMAIL_TOPIC_ARN": None, "LMX_EVENTS": "off"}
    assert ("ok", found, None, 0) == examine(sandbox, env).row("Topic")


def test_topic_that_is_not_there(sandbox: Sandbox) -> None:
    """A failure: each completion would end in one."""
    arn = f"arn:aws:sns:us-east-1:{ACCOUNT}:gone"
    status, found, remedy, code = examine(sandbox, {"TRANSACTIONAL_EMAIL_TOPIC_ARN": arn}).row("Topic")
    assert ("failed", f"topic {arn} does not exist", 3) == (status, found, code)
    assert "TRANSACTIONAL_EMAIL_TOPIC_ARN" in str(remedy)


def test_topic_that_is_none(sandbox: Sandbox) -> None:
    """What is no ARN of a topic is shown, with the form of one."""
    found = "TRANSACTIONAL_EMAIL_TOPIC_ARN is 'no arn at all', not the ARN of a topic"
    expected = ("failed", found, "Set it to arn:aws:sns:REGION:ACCOUNT:NAME.", 3)
    assert expected == examine(sandbox, {"TRANSACTIONAL_EMAIL_TOPIC_ARN": "no arn at all"}).row("Topic")


def test_topic_in_another_region(sandbox: Sandbox) -> None:
    """It is asked for where it is, and that it is elsewhere is said."""
    there = sandbox.session.client("sns", region_name="eu-west-1", endpoint_url=sandbox.info.aws_url)
    arn = there.create_topic(Name="elsewhere")["TopicArn"]
    assert f"arn:aws:sns:eu-west-1:{ACCOUNT}:elsewhere" == arn
    found = f"{arn}, in another region than the table (us-east-1), has no subscription: no student gets a mail"
    assert found == examine(sandbox, {"TRANSACTIONAL_EMAIL_TOPIC_ARN": arn}).row("Topic")[1]


def test_topic_that_nobody_listens_to(sandbox: Sandbox) -> None:
    """Published to nobody: no student gets a mail."""
    arn = sandbox.sns().create_topic(Name="silent")["TopicArn"]
    status, found, _, _ = examine(sandbox, {"TRANSACTIONAL_EMAIL_TOPIC_ARN": arn}).row("Topic")
    assert ("warning", f"{arn} has no subscription: no student gets a mail") == (status, found)


def _create_table(sandbox: Sandbox, name: str, hash_key: str = "PK") -> None:
    sandbox.dynamodb_client().create_table(
        TableName=name,
        KeySchema=[{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": hash_key, "AttributeType": "S"},
            {"AttributeName": "SK", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
