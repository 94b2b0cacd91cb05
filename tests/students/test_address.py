"""`--user` takes an address, and `checkout show` and `expire` take the URL of a session."""

import json
from typing import Any

import pytest
from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from tests.checkout.worlds import synced_course
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.students.worlds import USER

ADDRESS = str(student_item(USER)["email"])
TABLE = "learnermax-education-sandbox"
COMMANDS = (
    ("enrollments", "list"),
    ("enrollments", "create", COURSE),
    ("enrollments", "create", COURSE, "--session", "cs_test_1", "--yes"),
    ("enrollments", "release", COURSE, "--yes"),
    ("enrollments", "reconcile"),
    ("enrollments", "keep", COURSE, "--reason", "goodwill", "--yes"),
    ("enrollments", "revoke", COURSE, "--reason", "shared", "--yes"),
    ("checkout", "create", COURSE),
    ("checkout", "link", COURSE),
)


def _run(sandbox: Sandbox, *words: str) -> tuple[int, dict[str, Any]]:
    done = sandbox.run(*words, "-o", "json")
    return done.returncode, json.loads(done.stdout)


@pytest.mark.parametrize("given", [ADDRESS, ADDRESS.upper()])
def test_address_stands_for_the_student(sandbox: Sandbox, given: str) -> None:
    """As it stands and in lower case; the report and its remedies show the id."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER)
    code, report = _run(sandbox, "enrollments", "list", "--user", given)
    assert (0, [USER]) == (code, [row["user_id"] for row in report["items"]])
    code, report = _run(sandbox, "enrollments", "reconcile", "--user", given)
    assert (0, f"{USER}/{COURSE}") == (code, report["changes"][0]["key"])


def test_address_in_a_checkout(sandbox: Sandbox) -> None:
    """The session and the item name the id."""
    synced_course(sandbox, COURSE, "99.99")
    worlds.put_items(sandbox, [student_item(USER)])
    code, report = _run(sandbox, "checkout", "create", COURSE, "--user", ADDRESS)
    assert (0, USER) == (code, report["data"]["user_id"])
    assert worlds.read_item(sandbox, USER) is not None


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_address_that_nobody_or_two_have(sandbox: Sandbox, command: tuple[str, ...]) -> None:
    """One line and what to do, in every command, and nothing is written."""
    seq = last_entry(sandbox)
    code, report = _run(sandbox, *command, "--user", "no+body@example.com")
    message = f"table {TABLE} has no student with the address no+body@example.com, as it stands or in lower case"
    hint = "Check the address; what was paid under it, if anything: lmx students show no+body@example.com"
    assert (1, message, hint) == (code, report["error"]["message"], report["error"]["hint"])
    assert [] == writes_since(sandbox, seq)
    worlds.put_items(sandbox, [student_item(user, email=ADDRESS) for user in ("user-8", USER)])
    seq = last_entry(sandbox)
    code, report = _run(sandbox, *command, "--user", ADDRESS)
    message = f"the address {ADDRESS} is that of 2 students: {USER}, user-8"
    assert (1, message) == (code, report["error"]["message"])
    assert [] == writes_since(sandbox, seq)


def test_index_is_as_strict_as_the_real_one(sandbox: Sandbox) -> None:
    """No strongly consistent read of it; where it is missing, that is said."""
    request: Any = {"IndexName": "email-index", "KeyConditionExpression": Key("email").eq(ADDRESS)}
    with pytest.raises(ClientError, match="Consistent reads are not supported"):
        sandbox.dynamodb().query(ConsistentRead=True, **request)
    keys: Any = [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}]
    types: Any = [{"AttributeName": name, "AttributeType": "S"} for name in ("PK", "SK")]
    sandbox.dynamodb_client().create_table(
        TableName="bare", KeySchema=keys, AttributeDefinitions=types, BillingMode="PAY_PER_REQUEST"
    )
    code, report = _run(sandbox, "enrollments", "list", "--user", ADDRESS, "--table", "bare")
    assert (3, "config.index") == (code, report["error"]["code"])


def test_buyer_of_the_sandbox_is_no_student_yet(sandbox: Sandbox) -> None:
    """`sandbox trigger` makes them, and looks into no table."""
    worlds.put_basics(sandbox)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    code, _ = _run(sandbox, "sandbox", "trigger", "checkout.session.completed", "--user", "new@example.com")
    assert 0 == code


def test_url_stands_for_the_session(sandbox: Sandbox) -> None:
    """Stripe's own, the sandbox's, one of a custom domain, and the page that a student returns to."""
    synced_course(sandbox, COURSE, "99.99")
    worlds.put_items(sandbox, [student_item(USER)])
    _, report = _run(sandbox, "checkout", "create", COURSE, "--user", USER)
    session_id, url = report["data"]["session_id"], report["data"]["url"]
    for given in (
        url,
        f"https://checkout.stripe.com/c/pay/{session_id}#fidkdWxOYHwnPyd1blpxYHZxWjA0",
        f"https://pay.learnermax.example/c/pay/{session_id}",
        f"https://learnermax.example/enrollment/return?session_id={session_id}",
    ):
        code, report = _run(sandbox, "checkout", "show", given)
        assert (0, session_id) == (code, report["data"]["session_id"])
    code, report = _run(sandbox, "checkout", "expire", url)
    assert (0, [(session_id, "applied")]) == (code, [(c["key"], c["outcome"]) for c in report["changes"]])
    assert 2 == _run(sandbox, "checkout", "show", "https://checkout.stripe.com/c/pay/none")[0]
