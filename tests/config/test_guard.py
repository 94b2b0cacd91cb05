"""Table, secret, topic, AWS account and Stripe key of two environments: no command touches anything."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from learnermax_cli.core.errors import GuardError
from learnermax_cli.functions.handlers import Functions
from tests.commands import command_paths
from tests.doctor.worlds import keys_of, live_key, put_secret
from tests.forking import PROJECT
from tests.functions.events import Context
from tests.running import Sandbox
from tests.sampling import sampled

URL = "https://api.learnermax.example/api/webhooks/stripe"
# How each command that writes is run; a new command must take its place in one of these three.
WRITING: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("checkout", "create"): ("a", "--user", "u", "--success-url", "https://learnermax.example/thanks"),
    ("checkout", "expire"): ("cs_test_a1b2c3",),
    ("checkout", "link"): ("a",),
    ("courses", "seed"): ("--replace", "--yes"),
    ("courses", "set-price"): ("a", "20"),
    ("enrollments", "create"): ("a", "--user", "u"),
    ("enrollments", "keep"): ("a", "--user", "u", "--reason", "goodwill", "--yes"),
    ("enrollments", "reconcile"): ("--since", "3d"),
    ("enrollments", "revoke"): ("a", "--user", "u", "--reason", "never paid", "--yes"),
    ("enrollments", "release"): ("a", "--user", "u"),
    ("products", "sync"): ("--yes",),
    ("secrets", "pull"): ("--yes",),
    ("secrets", "push"): ("--yes",),
    ("secrets", "rollback"): (),
    ("webhooks", "create"): ("--url", URL),
    ("webhooks", "delete"): ("--url", URL, "--yes"),
    ("webhooks", "replay"): ("--since", "3d"),
    ("webhooks", "serve"): ("--port", "0"),
}
READING = {
    ("checkout", "show"),
    ("courses", "list"),
    ("doctor",),
    ("enrollments", "list"),
    ("products", "list"),
    ("secrets", "status"),
    ("students", "show"),
    ("webhooks", "list"),
}
DRY = {
    ("checkout", "create"),
    ("checkout", "link"),
    ("courses", "seed"),
    ("enrollments", "create"),
    ("enrollments", "keep"),
    ("enrollments", "reconcile"),
    ("enrollments", "revoke"),
    ("products", "sync"),
    ("secrets", "push"),
    ("secrets", "rollback"),
    ("webhooks", "create"),
    ("webhooks", "delete"),
    ("webhooks", "replay"),
}
# They work with the stored keys alone, whatever key is configured here and whoever's it is.
WITHOUT_STRIPE = {("secrets", "pull"), ("secrets", "rollback")}


def test_every_command_is_known_to_the_guard() -> None:
    """What lmx does to the sandbox itself is left out, and what asks nobody; nothing else is."""
    outside = {path for path in command_paths() if path[0] in ("sandbox", "demo", "config", "commands", "help")}
    assert sorted({*WRITING, *READING, *outside}) == command_paths()


@pytest.mark.parametrize("path", sampled(WRITING, 5), ids=" ".join)
def test_command_that_writes_refuses_what_does_not_belong_together(sandbox: Sandbox, path: tuple[str, ...]) -> None:
    """Two environments, two AWS accounts, two modes, two Stripe accounts: exit 5, and not one write."""
    mismatches: dict[str, dict[str, str | None]] = {
        "guard.environment": {"EDUCATION_TABLE_NAME": "learnermax-education-prod"},
        "guard.aws_account": {"LMX_AWS_ACCOUNT": "210987654321"},
        "guard.mode": {"STRIPE_SECRET_KEY": live_key(sandbox), **_published(sandbox)},
        "guard.account": {"LMX_STRIPE_ACCOUNT": "acct_other"},
    }
    if path in WITHOUT_STRIPE:
        del mismatches["guard.mode"], mismatches["guard.account"]
    before = len(sandbox.control.journal())
    assert {code: (5, code) for code in mismatches} == {
        code: _ending(sandbox, *path, *WRITING[path], env=env) for code, env in mismatches.items()
    }
    assert [] == [entry["operation"] for entry in sandbox.control.journal()[before:] if entry["write"]]
    assert [] == [file.name for file in sandbox.cwd.iterdir()]


@pytest.mark.parametrize("path", sorted(DRY), ids=" ".join)
def test_dry_run_refuses_it_as_well(sandbox: Sandbox, path: tuple[str, ...]) -> None:
    """Whoever looks at a plan is to learn it there."""
    args = [word for word in WRITING[path] if word != "--yes"]
    env = {"LMX_STRIPE_SECRET_NAME": "learnermax/stripe-keys-prod"}
    assert (5, "guard.environment") == _ending(sandbox, *path, *args, "--dry-run", env=env)


@pytest.mark.parametrize(
    "path", [("secrets", "push"), ("secrets", "pull"), ("secrets", "rollback"), ("webhooks", "create")], ids=" ".join
)
def test_secret_that_is_tagged_with_another_environment(sandbox: Sandbox, path: tuple[str, ...]) -> None:
    """A secret with a neutral name still says whose it is."""
    put_secret(sandbox, keys_of(sandbox), tag="prod")
    before = len(sandbox.control.journal())
    assert (5, "guard.environment") == _ending(sandbox, *path, *WRITING[path])
    assert [] == [entry["operation"] for entry in sandbox.control.journal()[before:] if entry["write"]]


def test_right_account_passes(sandbox: Sandbox) -> None:
    """One request to STS for the whole run, and none without the variable."""
    before = len(sandbox.control.journal())
    env = {"LMX_AWS_ACCOUNT": "123456789012", "LMX_STRIPE_ACCOUNT": sandbox.info.stripe_account}
    done = _run(sandbox, "products", "sync", "--yes", env=env)
    assert 0 == done[0], done[1]
    asked = [entry["operation"] for entry in sandbox.control.journal()[before:]]
    assert 1 == asked.count("GetCallerIdentity")
    assert 1 == asked.count("GET /v1/account")
    before = len(sandbox.control.journal())
    assert 0 == _run(sandbox, "courses", "list")[0]
    assert {"Scan"} == {entry["operation"] for entry in sandbox.control.journal()[before:]}


def test_account_can_not_be_told_without_credentials(sandbox: Sandbox) -> None:
    """Then it is not the right one: nothing is done, exit 4."""
    code, document = _run(sandbox, "courses", "list", env={"LMX_AWS_ACCOUNT": "123456789012", "AWS_ACCESS_KEY_ID": "X"})
    assert (4, "credentials") == (code, document["error"]["code"])


def test_guard_is_lifted_by_naming_what_is_meant(sandbox: Sandbox) -> None:
    """A copy of prod's table, to try something out on: only its very name lets it through."""
    env: dict[str, str | None] = {"EDUCATION_TABLE_NAME": "learnermax-education-prod-copy"}
    assert (5, "guard.environment") == _ending(sandbox, "courses", "list", env=env)
    env["LMX_ALLOW_MISMATCH"] = "learnermax-education-prod"
    assert (5, "guard.environment") == _ending(sandbox, "courses", "list", env=env)
    env["LMX_ALLOW_MISMATCH"] = "other, learnermax-education-prod-copy"
    assert (3, "config.table") == _ending(sandbox, "courses", "list", env=env)


def test_env_file_can_not_lift_the_guard(sandbox: Sandbox) -> None:
    """A file in a cloned repository must not."""
    name = "learnermax-education-prod"
    (sandbox.cwd / ".env.local").write_text(f"EDUCATION_TABLE_NAME={name}\nLMX_ALLOW_MISMATCH={name}\n")
    env = {"EDUCATION_TABLE_NAME": None}
    assert (5, "guard.environment") == _ending(sandbox, "courses", "list", env=env)


def test_sandbox_knows_no_other_environment(sandbox: Sandbox) -> None:
    """What is on this machine alone can't be mistaken; an operator's variables do not reach it."""
    env: dict[str, str | None] = {
        "LMX_AWS_ACCOUNT": "210987654321",
        "LMX_STRIPE_ACCOUNT": "acct_real",
        "EDUCATION_TABLE_NAME": None,
    }
    args = ("courses", "list", "-e", "sandbox", "--table", "learnermax-education-preview")
    assert 0 == _run(sandbox, *args, env=env)[0]


@pytest.mark.parametrize("function", ["reconcile", "reconcile_window"])
def test_lambda_functions_keep_it_too(function: str) -> None:
    """What a template wires together wrongly is stopped before a client is made."""
    named = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": "learnermax-education-prod"}
    with pytest.raises(GuardError, match="table learnermax-education-prod is named after environment prod"):
        getattr(Functions(named), function)({"since": "3d"}, Context())


def test_no_road_past_the_guard() -> None:
    """Clients of AWS and Stripe are made in one module, and what the rest of the package gets is behind the guard."""
    others = [path.read_text() for path in (PROJECT / "learnermax_cli").rglob("*.py") if path.name != "clients.py"]
    makers = re.compile(r"(?<!def )\b(?:AwsClients\(|build_stripe\(|aws\.dynamodb\(|app\._aws\b|app\._stripe\b)")
    assert [] == [found for source in others for found in makers.findall(source)]


def _published(sandbox: Sandbox) -> dict[str, str | None]:
    return {"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": live_key(sandbox, "publishable")}


def _run(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> tuple[int, dict[str, Any]]:
    where = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": "learnermax-education-preview"}
    done = sandbox.run(*args, "-o", "json", env={**where, **(env or {})})
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, json.loads(done.stdout)


def _ending(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> tuple[int, object]:
    code, document = _run(sandbox, *args, env=env)
    return code, document["error"]["code"]
