"""Everything that stops a push, each before the first write."""

import json

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import NAME, PREVIEW

PUBLISHABLE = "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"


@pytest.mark.parametrize(
    ("value", "flaw"), [("plain text", "is not JSON"), ("[1]", "is not a JSON object"), (b"\x00\x01", "is binary")]
)
def test_secret_that_is_no_json_object(sandbox: Sandbox, value: str | bytes, flaw: str) -> None:
    """What lmx can't merge it does not overwrite; the remedy is named."""
    client = sandbox.secretsmanager()
    if isinstance(value, bytes):
        client.create_secret(Name=NAME, SecretBinary=value)
    else:
        client.create_secret(Name=NAME, SecretString=value)
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--yes", "-o", "json")

    assert (3, "config.secret_content") == support.ending(run)
    assert f"the value of secret {NAME} {flaw}" == support.document(run)["error"]["message"]
    assert "lmx secrets rollback" in support.document(run)["error"]["hint"]
    assert [] == writes_since(sandbox, position)


def test_secret_scheduled_for_deletion(sandbox: Sandbox) -> None:
    """The date and --restore are named."""
    support.create_secret(sandbox, {})
    client = sandbox.secretsmanager()
    client.delete_secret(SecretId=NAME)
    date = client.describe_secret(SecretId=NAME)["DeletedDate"]

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (3, "config.secret_deleted") == support.ending(run)
    assert f"{date:%Y-%m-%d}" in support.document(run)["error"]["message"]
    assert "--restore" in support.document(run)["error"]["hint"]


def test_restore(sandbox: Sandbox) -> None:
    """--restore brings the secret back and goes on: keys there are kept."""
    support.create_secret(sandbox, {"other": "1"})
    sandbox.secretsmanager().delete_secret(SecretId=NAME)

    run = sandbox.run("secrets", "push", "--restore", "--yes", "-o", "json")

    assert (0, {**support.api_keys(sandbox), "other": "1"}) == (run.returncode, support.stored(sandbox))
    assert "applied" == support.document(run)["changes"][0]["outcome"]


def test_restore_that_suffices(sandbox: Sandbox) -> None:
    """When the restored secret holds the keys already, restoring is the only write."""
    support.create_secret(sandbox, support.api_keys(sandbox))
    sandbox.secretsmanager().delete_secret(SecretId=NAME)
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--restore", "--yes", "-o", "json")

    assert (0, ["RestoreSecret"]) == (run.returncode, writes_since(sandbox, position))
    assert "applied" == support.document(run)["changes"][0]["outcome"]


def test_restore_is_asked_for_once(sandbox: Sandbox) -> None:
    """Who agreed to a restore agreed to replace what nobody could see: there is no second question once it shows."""
    support.create_secret(sandbox, {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8})
    sandbox.secretsmanager().delete_secret(SecretId=NAME)

    assert 0 == support.run_on_terminal(sandbox, "y\nn\n", "secrets", "push", "--restore")
    assert support.api_keys(sandbox) == support.stored(sandbox)


@pytest.mark.parametrize(("flag", "code"), [("--dry-run", 0), ("--restore", 5)])
def test_restore_is_asked_for_first(sandbox: Sandbox, flag: str, code: int) -> None:
    """A dry run restores nothing; without a yes nothing is restored either, for nobody can see what is replaced."""
    support.create_secret(sandbox, {"STRIPE_SECRET_KEY": "other"})
    sandbox.secretsmanager().delete_secret(SecretId=NAME)
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--restore", flag)

    assert (code, []) == (run.returncode, writes_since(sandbox, position))


def test_secret_with_rotation(sandbox: Sandbox) -> None:
    """A secret that something else rewrites is left alone."""
    support.create_secret(sandbox, {})
    rotator = "arn:aws:lambda:us-east-1:123456789012:function:rotate"
    sandbox.secretsmanager().rotate_secret(
        SecretId=NAME, RotationLambdaARN=rotator, RotationRules={"AutomaticallyAfterDays": 30}
    )
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--yes", "-o", "json")

    assert (5, "guard.owned_secret") == support.ending(run)
    assert [] == writes_since(sandbox, position)


def test_secret_of_a_service(sandbox: Sandbox) -> None:
    """A secret that belongs to another AWS service is left alone, and the service is named."""
    support.create_owned_secret(sandbox, {})
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--yes", "-o", "json")

    assert (5, "guard.owned_secret") == support.ending(run)
    assert "is owned by rds" in support.document(run)["error"]["message"]
    assert [] == writes_since(sandbox, position)


@pytest.mark.parametrize("code", ["ExpiredTokenException", "UnrecognizedClientException"])
def test_aws_credentials_that_no_longer_work(sandbox: Sandbox, code: str) -> None:
    """Expired or unknown AWS credentials end in 4 before anything is written."""
    sandbox.control.add_fault("error", service="secretsmanager", times=None, status=400, code=code, message="expired")

    run = sandbox.run("secrets", "push", "-o", "json")

    assert 4 == run.returncode
    assert [] == [entry for entry in sandbox.control.journal() if entry["write"]]


@pytest.mark.parametrize(
    "operation", ["DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage"]
)
def test_missing_permission_is_named(sandbox: Sandbox, operation: str) -> None:
    """The permission that is missing is named as IAM calls it, and the stored keys stay."""
    support.create_secret(sandbox, {"other": "1"})
    sandbox.control.add_fault(
        "error", service="secretsmanager", operation=operation, times=None, status=400, code="AccessDeniedException"
    )

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (4, "credentials.permission") == support.ending(run)
    assert f"secretsmanager:{operation}" in support.document(run)["error"]["message"]
    sandbox.control.clear_faults()
    assert {"other": "1"} == support.stored(sandbox)


def test_failed_write_is_reported(sandbox: Sandbox) -> None:
    """A run that got as far as a plan prints it, with what failed."""
    sandbox.control.add_fault(
        "error",
        service="secretsmanager",
        operation="CreateSecret",
        times=None,
        status=400,
        code="AccessDeniedException",
    )

    report = support.document(sandbox.run("secrets", "push", "-o", "json"))

    assert ("failed", 4) == (report["changes"][0]["outcome"], report["error"]["exit_code"])


def test_no_aws_credentials(sandbox: Sandbox) -> None:
    """Without AWS credentials the run ends in 4 and says how to sign in."""
    none = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}

    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json", env=none)

    assert (4, "credentials.aws") == support.ending(run)


def test_keys_go_to_aws_only(sandbox: Sandbox) -> None:
    """An endpoint that is neither AWS nor this machine gets no key."""
    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json", env={"AWS_ENDPOINT_URL": "http://aws.example.com"})

    assert (5, "guard.endpoint") == support.ending(run)


def test_name_that_a_new_secret_must_not_have(sandbox: Sandbox) -> None:
    """A name that looks like the end of an ARN is refused when the secret would be created."""
    assert (3, "config.secret_name") == support.ending(
        sandbox.run("secrets", "push", "--secret-name", "learnermax-abc123", "-o", "json")
    )


def test_too_large(sandbox: Sandbox) -> None:
    """A secret that would grow beyond what AWS takes is refused before the call."""
    support.create_secret(sandbox, {"other": "x" * 65_400})
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (3, "config.secret_size") == support.ending(run)
    assert [] == writes_since(sandbox, position)


def test_values_are_no_arguments(sandbox: Sandbox) -> None:
    """There is no way to pass a key on the command line."""
    assert 2 == sandbox.run("secrets", "push", sandbox.info.secret_key).returncode


def test_failure_without_a_report(sandbox: Sandbox) -> None:
    """A run that did not get as far as a plan prints schema, command and error alone."""
    run = sandbox.run("secrets", "push", "--env-file", "nowhere", "-o", "json")

    assert {"schema", "command", "error"} == set(json.loads(run.stdout))
