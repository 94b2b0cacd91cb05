"""No command, good or bad, in any format, lets a secret become text. A new command must bring its case here."""

import json
import re
from pathlib import Path

import pytest

from tests.commands import command_paths, reaching_an_account
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.sampling import sampled

STRAY = "sk_" + "test_" + "CANARYstrayCANARYstray"
STORED = "sk_" + "test_" + "CANARYstoredCANARYstored"
WEBHOOK = "whsec_" + "CANARYwebhookCANARYwebhook"
FOREIGN = "CANARYforeignCANARYforeign"
AWS_SECRET = "CANARYawsSecretCANARYawsSecret"
AWS_TOKEN = "CANARYawsTokenCANARYawsToken"
# Whatever is behind the prefix of a key that is not public.
ANY_KEY = re.compile(r"(?:sk|rk|rkcs)_(?:test|live)_[A-Za-z0-9]{4}|whsec_[A-Za-z0-9]{4}")

MANNERS = (("-v",), ("-v", "-o", "json"), ("-v", "-o", "markdown"))
SECRET_NAME = "learnermax/stripe-keys"
HOOK = "https://api.learnermax.example/api/webhooks/stripe"
# What each command is run with; `sandbox env` is asked for the keys, so it is left out on purpose.
CASES: dict[tuple[str, ...], list[tuple[str, ...]]] = {
    ("checkout", "create"): [("a", "--user", "u")],
    ("checkout", "expire"): [("cs_test_a1b2c3",)],
    ("checkout", "link"): [("a", "--user", "u")],
    ("checkout", "show"): [("cs_test_a1b2c3",)],
    ("commands",): [()],
    ("config",): [()],
    ("courses", "list"): [()],
    ("courses", "seed"): [("--dry-run",), ("--replace", "--yes")],
    ("courses", "set-price"): [("a", "20"), ("none", "20")],
    ("demo",): [],
    ("doctor",): [()],
    ("enrollments", "create"): [("a", "--user", "u")],
    ("enrollments", "keep"): [("a", "--user", "u", "--reason", STRAY)],
    ("enrollments", "list"): [()],
    ("enrollments", "reconcile"): [("--since", "3d", "--dry-run")],
    ("enrollments", "release"): [("a", "--user", "u")],
    ("enrollments", "revoke"): [("a", "--user", "u", "--reason", STRAY)],
    ("help",): [("courses",), (STRAY,)],
    ("products", "list"): [()],
    ("products", "sync"): [("--dry-run",), ("--yes",)],
    ("sandbox", "clock"): [("--advance", "1h")],
    ("sandbox", "dispute"): [("cs_test_a1b2c3",)],
    ("sandbox", "env"): [],
    ("sandbox", "expire"): [("cs_test_a1b2c3",)],
    ("sandbox", "pay"): [("cs_test_a1b2c3",)],
    ("sandbox", "promo"): [("SUMMER", "--percent-off", "20"), (STRAY, "--amount-off", STRAY)],
    ("sandbox", "refund"): [("cs_test_a1b2c3", "--amount", STRAY)],
    ("sandbox", "reset"): [],
    ("sandbox", "settle"): [("cs_test_a1b2c3",)],
    ("sandbox", "start"): [()],
    ("sandbox", "status"): [()],
    ("sandbox", "stop"): [],
    ("sandbox", "trigger"): [("checkout.session.completed", "--course", "a")],
    ("secrets", "pull"): [("--yes", "--env-file", "pulled")],
    ("secrets", "push"): [("--dry-run",), ("--yes", "--no-verify"), ("--yes",)],
    ("secrets", "rollback"): [("--dry-run",)],
    ("secrets", "status"): [()],
    ("students", "show"): [("u",), ("u@example.com",), ("cs_test_a1b2c3",)],
    ("webhooks", "create"): [
        ("--url", HOOK, "--dry-run"),
        ("--url", HOOK),
        ("--url", HOOK, "--roll", "--overlap", "0s"),
    ],
    ("webhooks", "delete"): [("--url", HOOK), ("--url", HOOK, "--yes")],
    ("webhooks", "list"): [()],
    ("webhooks", "replay"): [("--since", "3d", "--dry-run"), ("--since", "3d"), ("--since", STRAY)],
    ("webhooks", "serve"): [("--path", STRAY), ("--host", STRAY)],
}
FAULTS = {
    "refused": {"status": 401, "error_type": "invalid_request_error", "message": f"Invalid API Key provided: {STRAY}"},
    "forbidden": {
        "status": 403,
        "error_type": "invalid_request_error",
        "message": f"The provided key '{STRAY}' may not",
    },
    "bad": {"status": 400, "error_type": "invalid_request_error", "message": f"No such thing: {STRAY}"},
    "broken": {"status": 500, "message": f"{STRAY} broke", "headers": {"Stripe-Should-Retry": "false"}},
}


@pytest.fixture
def world(sandbox: Sandbox) -> Sandbox:
    """A sandbox with a course, and secrets in the secret, in the env file and in the process environment."""
    put_course(sandbox, "a", "49.99")
    put_course(sandbox, STRAY, "49.99", name=STORED)
    client = sandbox.secretsmanager()
    for value in (STORED, STORED + "2"):
        content = json.dumps({"STRIPE_SECRET_KEY": value, "STRIPE_WEBHOOK_SECRET": WEBHOOK, "FOREIGN": FOREIGN})
        try:
            client.create_secret(Name=SECRET_NAME, SecretString=content)
        except client.exceptions.ResourceExistsException:
            client.put_secret_value(SecretId=SECRET_NAME, SecretString=content)
    public = sandbox.info.publishable_key
    (sandbox.cwd / ".env.local").write_text(
        f"STRIPE_SECRET_KEY={sandbox.info.secret_key}\nNEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY={public}\n"
        f"STRIPE_WEBHOOK_SECRET={WEBHOOK}\nOTHER={FOREIGN}\n"
    )
    return sandbox


def environment(sandbox: Sandbox) -> dict[str, str | None]:
    """Return an environment full of secrets, that works, in GitHub Actions, with the SDK's own debug log asked for."""
    return {
        "LMX_ENVIRONMENT": "preview",
        "EDUCATION_TABLE_NAME": "learnermax-education-sandbox",
        "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
        "AWS_SESSION_TOKEN": AWS_TOKEN,
        "STRIPE_LOG": "debug",
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(sandbox.cwd / "summary"),
        "GITHUB_OUTPUT": str(sandbox.cwd / "outputs"),
    }


def require_silence(sandbox: Sandbox, *args: str, env: dict[str, str | None] | None = None) -> str:
    """Run lmx, assert that nothing that it printed or wrote for Actions holds a secret, and return what it printed."""
    done = sandbox.run(*args, env={**environment(sandbox), **(env or {})})
    written = [path.read_text() for path in (sandbox.cwd / "summary", sandbox.cwd / "outputs") if path.exists()]
    text = "\n".join([done.stdout, done.stderr, *written])
    secrets = {"stray": STRAY, "stored": STORED, "webhook": WEBHOOK, "foreign": FOREIGN}
    secrets |= {"AWS secret": AWS_SECRET, "AWS token": AWS_TOKEN, "key": sandbox.info.secret_key}
    assert [] == [name for name, secret in secrets.items() if secret in text or secret[-12:] in text]
    assert [] == ANY_KEY.findall(text)
    assert "Traceback" not in text
    assert done.stdout + done.stderr
    return done.stdout


def test_every_command_has_its_case() -> None:
    """A command that is not watched is a command that may leak."""
    assert sorted(CASES) == command_paths()


@pytest.mark.parametrize("manner", sampled(MANNERS, one_in=5), ids=" ".join)
@pytest.mark.parametrize("path", sampled([path for path, cases in CASES.items() if cases], 5), ids=" ".join)
def test_command_shows_no_secret(world: Sandbox, path: tuple[str, ...], manner: tuple[str, ...]) -> None:
    """With secrets in the secret, the env file, the environment and the table."""
    for case in CASES[path]:
        require_silence(world, *path, *case, *manner)


@pytest.mark.parametrize("path", sampled(command_paths(), 5), ids=" ".join)
def test_key_as_a_stray_argument_is_not_repeated(world: Sandbox, path: tuple[str, ...]) -> None:
    """Who pastes a key behind a command does not find it in the log of the error."""
    require_silence(world, *path, STRAY, STRAY, STRAY, "-o", "json")


@pytest.mark.parametrize(
    "args",
    [
        (STRAY,),
        ("products", STRAY),
        ("products", "sync", f"--{STRAY}"),
        ("products", "sync", "--dry-run", "--course", STRAY, "-o", "markdown"),
        ("products", "sync", "-e", STRAY),
        ("products", "sync", "--currency", STRAY),
        ("products", "sync", "--dry-run", "--plan", STRAY),
        ("courses", "list", "--table", STRAY),
        ("courses", "list", "--env-file", STRAY),
        ("courses", "set-price", STRAY, "21", "-v"),
        ("courses", "set-price", "a", STRAY),
        ("secrets", "status", "--secret-name", STRAY),
        ("secrets", "rollback", "--to", STRAY, "--yes"),
    ],
    ids=lambda args: " ".join(word if STRAY not in word else "KEY" for word in args),
)
def test_key_in_the_wrong_place_is_not_repeated(world: Sandbox, args: tuple[str, ...]) -> None:
    """As a command, an option, a course, a file, a table."""
    require_silence(world, *args)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "command",
    [
        ("products", "sync", "--yes", "-v", "-o", "json"),
        ("secrets", "push", "--yes", "-v"),
        ("webhooks", "create", "--url", HOOK, "-v"),
        ("doctor", "-v", "-o", "json"),
    ],
)
def test_failure_that_echoes_a_key_does_not_pass_it_on(world: Sandbox, fault: str, command: tuple[str, ...]) -> None:
    """Stripe's own messages hold keys, masked or not."""
    world.control.add_fault("error", service="stripe", times=None, **FAULTS[fault])
    require_silence(world, *command)


@pytest.mark.parametrize("key", [STRAY, STRAY.replace("test", "live"), f'"{STRAY}"', f"{STRAY} ", STRAY[:12], WEBHOOK])
def test_key_that_does_not_work_is_not_shown(world: Sandbox, key: str) -> None:
    """Unknown, live, quoted, too short, of another kind."""
    require_silence(world, "products", "sync", "--dry-run", "-v", env={"STRIPE_SECRET_KEY": key})


@pytest.mark.slow
def test_lost_connection_shows_no_secret(world: Sandbox) -> None:
    """Neither does what is said of a request that got no answer."""
    world.control.add_fault("drop", service="stripe", operation="POST*", times=None)
    require_silence(world, "products", "sync", "--yes", "-v", "--course", "a")


@pytest.mark.parametrize("service", ["dynamodb", "secretsmanager"])
def test_aws_failure_that_echoes_a_key_does_not_pass_it_on(world: Sandbox, service: str) -> None:
    """AWS's messages are printed, so they are scrubbed."""
    world.control.add_fault(
        "error", service=service, status=400, code="ValidationException", message=f"bad {STORED}", times=None
    )
    require_silence(world, "products", "sync", "--dry-run", "-v", env={"STRIPE_SECRET_KEY": None})


@pytest.mark.slow
def test_sandbox_of_its_own_shows_its_keys_only_when_asked(sandbox: Sandbox, tmp_path: Path) -> None:
    """Start, status, reset and stop show none; `sandbox env` is the one that prints them."""
    env: dict[str, str | None] = {"LMX_SANDBOX_HOME": str(tmp_path / "own")}
    for word in ("start", "status", "reset"):
        require_silence(sandbox, "sandbox", word, "-v", env=env)
    try:
        shown = sandbox.run("sandbox", "env", env={**environment(sandbox), **env})
        assert (0, True) == (shown.returncode, ANY_KEY.search(shown.stdout) is not None)
        assert not ANY_KEY.search(shown.stderr)
    finally:
        require_silence(sandbox, "sandbox", "stop", env=env)


@pytest.mark.slow
def test_demo_shows_no_secret(sandbox: Sandbox) -> None:
    """All its steps, with keys of their own; and no command that leaves the sandbox."""
    shown = require_silence(sandbox, "demo")
    assert [] == reaching_an_account(shown)
    assert "1 event: 1 changed something" in shown  # the last step makes good what a webhook missed
    assert "The throw-away sandbox was removed." in shown


def test_pull_writes_the_keys_to_its_file_alone(world: Sandbox) -> None:
    """The one place where a stored key may become text."""
    require_silence(world, "secrets", "pull", "--yes", "--env-file", "pulled")
    assert STORED + "2" in (world.cwd / "pulled").read_text()


def test_canary_would_be_noticed(sandbox: Sandbox) -> None:
    """The check finds a key where there is one."""
    (sandbox.cwd / "summary").write_text(f"key {STRAY}")
    with pytest.raises(AssertionError):
        require_silence(sandbox, "--version")
