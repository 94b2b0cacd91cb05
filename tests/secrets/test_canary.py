"""No secrets command, good or bad, in any format, shows a key."""

import pytest

from tests.running import Sandbox
from tests.secrets.support import FIRST, NAME, PREVIEW, WEBHOOK, api_keys, create_secret, put_secret, write_env

CANARY = "sk_" + "test_" + "CANARYcanaryCANARYcanary"
FORMATS = [("-v",), ("-v", "-o", "json"), ("-v", "-o", "markdown")]
COMMANDS = [
    ("push", "--dry-run"),
    ("push", "--no-verify"),
    ("push", "--yes"),
    ("push",),
    ("status", "--exit-code"),
    ("pull", "--yes"),
    ("rollback", "--to", FIRST, "--yes"),
    ("rollback", "--to", CANARY, "--yes"),
]


def assert_silent(sandbox: Sandbox, *args: str, env: dict[str, str | None] | None = None) -> None:
    """Run lmx and find no part of a key that tells anything in what it prints."""
    run = sandbox.run("secrets", *args, env=env)
    output = run.stdout + run.stderr
    keys = [*api_keys(sandbox).values(), *api_keys(sandbox, kind="restricted").values(), WEBHOOK, CANARY]
    assert [] == [key[:8] for key in keys if key[8:] in output or key[-12:] in output]
    assert "Traceback" not in output
    assert output


@pytest.mark.parametrize("manner", FORMATS)
def test_good_runs(sandbox: Sandbox, manner: tuple[str, ...]) -> None:
    """Neither results nor --verbose show one."""
    create_secret(sandbox, {"STRIPE_SECRET_KEY": CANARY})
    put_secret(sandbox, {"STRIPE_SECRET_KEY": CANARY + "2", "foreign": CANARY})
    write_env(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK})

    for command in COMMANDS:
        assert_silent(sandbox, *command, *PREVIEW, *manner, env={"GITHUB_ACTIONS": "true"})


@pytest.mark.parametrize(
    "values",
    [
        {"STRIPE_SECRET_KEY": f'"{CANARY}'},
        {"STRIPE_SECRET_KEY": f"x{CANARY}"},
        {"STRIPE_SECRET_KEY": CANARY},
        {"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": CANARY},
        {"STRIPE_WEBHOOK_SECRET": CANARY},
        {"STRIPE_SECRET_KEY": CANARY.replace("test", "live")},
        {"LMX_STRIPE_ACCOUNT": "acct_1other"},
    ],
)
def test_bad_keys(sandbox: Sandbox, values: dict[str, str]) -> None:
    """No error shows the key that it is about."""
    environment: dict[str, str | None] = {**api_keys(sandbox), **values}

    assert_silent(sandbox, "push", *PREVIEW, "-v", "-o", "json", env=environment)


@pytest.mark.parametrize(
    "text", [CANARY, f'["{CANARY}"]', f'{{"STRIPE_SECRET_KEY": "{CANARY}', f'{{"STRIPE_SECRET_KEY": "{CANARY} "}}']
)
def test_bad_secrets(sandbox: Sandbox, text: str) -> None:
    """No error shows what a broken secret holds."""
    sandbox.secretsmanager().create_secret(Name=NAME, SecretString=text)

    for command in (("push",), ("status",), ("pull",), ("rollback",)):
        assert_silent(sandbox, *command, "-v")


@pytest.mark.parametrize("operation", ["*", "PutSecretValue", "UpdateSecretVersionStage"])
def test_failing_calls(sandbox: Sandbox, operation: str) -> None:
    """No error of AWS brings a key along."""
    create_secret(sandbox, {"foreign": CANARY})
    sandbox.control.add_fault(
        "error", service="secretsmanager", operation=operation, times=None, status=400, code="AccessDeniedException"
    )

    assert_silent(sandbox, "push", "--yes", "-v")


def test_libraries_that_log(sandbox: Sandbox) -> None:
    """Stripe's own debug log does not get past us."""
    assert_silent(sandbox, "push", "-v", env={"STRIPE_LOG": "debug", "PYTHONASYNCIODEBUG": "1"})
