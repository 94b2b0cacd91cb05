"""What goes wrong at AWS is one line of what and one of what to do, under its own exit code."""

import json
import socket
from typing import Any

import pytest

from tests.adapters.aws.clients import where
from tests.products.worlds import put_course
from tests.running import Sandbox

PREVIEW = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}


def closed_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def failure(
    sandbox: Sandbox, *args: str, env: dict[str, str | None] | None = None
) -> tuple[int, dict[str, Any], list[str]]:
    """Run lmx; return exit code, error document and the lines on stderr."""
    done = sandbox.run(*args, "-o", "json", env=env)
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)["error"], done.stderr.splitlines()


def test_missing_table_ends_in_3(sandbox: Sandbox) -> None:
    """The table and the flags that may name it."""
    code, error, lines = failure(sandbox, "courses", "list", "--table", "none")
    assert (3, "config.table", 3) == (code, error["code"], error["exit_code"])
    assert [
        f"Error: table none not found in {where(sandbox)}",
        "  Check -e, --table, --region and --profile.",
    ] == lines


@pytest.mark.parametrize(
    ("args", "operation", "action"),
    [
        (("courses", "list"), "Scan", "dynamodb:Scan"),
        (("courses", "set-price", "a", "20"), "GetItem", "dynamodb:GetItem"),
        (("courses", "set-price", "a", "20"), "UpdateItem", "dynamodb:UpdateItem"),
    ],
)
def test_denied_call_ends_in_4_and_names_the_action(
    sandbox: Sandbox, args: tuple[str, ...], operation: str, action: str
) -> None:
    """What is missing can be copied into a policy."""
    put_course(sandbox, "a", "49.99")
    sandbox.control.add_fault(
        "error", service="dynamodb", operation=operation, status=400, code="AccessDeniedException", times=None
    )
    code, error, _ = failure(sandbox, *args)
    assert (4, "credentials.permission", True) == (code, error["code"], action in error["message"])
    assert action in error["hint"]


def test_denied_secret_names_the_action(sandbox: Sandbox) -> None:
    """Secrets Manager's actions have their own prefix."""
    sandbox.control.add_fault("error", service="secretsmanager", status=400, code="AccessDeniedException", times=None)
    code, error, _ = failure(sandbox, "products", "sync", "--dry-run", env={**PREVIEW, "STRIPE_SECRET_KEY": None})
    assert (4, True) == (code, "secretsmanager:" in error["message"])


@pytest.mark.parametrize("aws_code", ["ExpiredTokenException", "ExpiredToken"])
def test_expired_credentials_end_in_4(sandbox: Sandbox, aws_code: str) -> None:
    """The remedy is to sign in."""
    sandbox.control.add_fault("error", service="dynamodb", status=400, code=aws_code, times=None)
    code, error, _ = failure(sandbox, "courses", "list")
    assert (4, "credentials.expired", True) == (code, error["code"], error["hint"].startswith("Sign in"))


def test_unknown_credentials_end_in_4(sandbox: Sandbox) -> None:
    """Credentials that AWS does not know."""
    code, error, _ = failure(sandbox, "courses", "list", env={**PREVIEW, "AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"})
    assert (4, True) == (code, error["message"].startswith("AWS rejected the credentials"))


def test_no_credentials_end_in_4(sandbox: Sandbox) -> None:
    """None at all."""
    without: dict[str, str | None] = {**PREVIEW, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}
    code, error, _ = failure(sandbox, "courses", "list", env=without)
    assert (4, "credentials.aws") == (code, error["code"])


def test_unknown_profile_ends_in_3(sandbox: Sandbox) -> None:
    """A profile that is not configured."""
    code, error, _ = failure(sandbox, "courses", "list", "--profile", "none", env=PREVIEW)
    assert (3, True) == (code, "none" in error["message"])


def test_no_network_to_aws_ends_in_1(sandbox: Sandbox) -> None:
    """Running again is safe, and says so."""
    nowhere = f"http://127.0.0.1:{closed_port()}"
    code, error, _ = failure(sandbox, "courses", "list", env={**PREVIEW, "AWS_ENDPOINT_URL": nowhere})
    assert (1, "failed.network") == (code, error["code"])


@pytest.mark.slow
def test_no_network_to_stripe_ends_in_1(sandbox: Sandbox) -> None:
    """Likewise."""
    nowhere = f"http://127.0.0.1:{closed_port()}"
    code, error, _ = failure(sandbox, "products", "sync", "--dry-run", env={**PREVIEW, "STRIPE_API_BASE": nowhere})
    assert (1, "failed.network") == (code, error["code"])


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"])
@pytest.mark.parametrize("url", ["https://evil.test", "http://secretsmanager.us-east-1.amazonaws.com"])
def test_secret_goes_to_no_other_host(sandbox: Sandbox, name: str, url: str) -> None:
    """A foreign endpoint is refused before a request."""
    code, error, _ = failure(sandbox, "secrets", "status", env={**PREVIEW, name: url})
    assert (5, "guard.endpoint") == (code, error["code"])


@pytest.mark.parametrize(
    "line", ["STRIPE_API_BASE=https://evil.test", "AWS_ENDPOINT_URL=https://evil.test", "AWS_PROFILE=none"]
)
def test_env_file_cannot_redirect_a_run(sandbox: Sandbox, line: str) -> None:
    """The run goes where the process environment says."""
    (sandbox.cwd / ".env.local").write_text(line + "\n")
    done = sandbox.run("products", "sync", "--dry-run", env=PREVIEW)
    assert 0 == done.returncode


def test_throttled_reads_are_tried_again(sandbox: Sandbox) -> None:
    """A throttle or two is not the operator's business."""
    put_course(sandbox, "a", "49.99")
    sandbox.control.add_fault(
        "error", service="dynamodb", status=400, code="ProvisionedThroughputExceededException", times=2
    )
    assert 0 == sandbox.run("courses", "list").returncode
