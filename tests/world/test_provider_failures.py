"""Whatever a provider of AWS credentials runs into ends in two lines: the provider, its words, and what to do."""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from string import Template

import pytest
from _pytest.mark import ParameterSet

from tests.running import Sandbox
from tests.terminals import show
from tests.world.aws_stub import AwsStub, running_stub, sts_role
from tests.world.provider_cases import CASES, MFA, WEB_TOKEN, WORKING, Case


@pytest.fixture
def stub() -> Iterator[AwsStub]:
    """What providers talk to."""
    with running_stub() as running:
        yield running


def _run(
    sandbox: Sandbox, stub: AwsStub, folder: Path, case: Case, *args: str
) -> "tuple[subprocess.CompletedProcess[str], dict[str, str]]":
    env, words = _prepare(sandbox, stub, folder, case)
    if not case.tokens:
        return sandbox.run(*args, env=env), words
    return sandbox.run_afresh(*args, env=env), words  # botocore looks for the home as it is loaded


def _prepare(sandbox: Sandbox, stub: AwsStub, folder: Path, case: Case) -> tuple[dict[str, str | None], dict[str, str]]:
    words = {"folder": str(folder), "url": stub.url, "host": stub.url.removeprefix("http://")}
    stub.answers = dict(case.answers)
    (folder / "config").write_text(Template(case.config).safe_substitute(words))
    (folder / "token").write_text(WEB_TOKEN)
    given = {name: Template(value).substitute(words) for name, value in case.env.items()}
    env: dict[str, str | None] = {
        "LMX_ENVIRONMENT": "preview",
        "EDUCATION_TABLE_NAME": None,
        "TRANSACTIONAL_EMAIL_TOPIC_ARN": None,
        "AWS_ACCESS_KEY_ID": None,
        "AWS_SECRET_ACCESS_KEY": None,
        "AWS_CONFIG_FILE": str(folder / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        **stub.env,
        **given,
    }
    cache = sandbox.home / ".aws/sso/cache"
    cache.mkdir(parents=True, exist_ok=True)
    for key, ends in case.tokens.items():
        token = {"accessToken": "token-of-single-sign-on", "expiresAt": ends}
        (cache / f"{hashlib.sha1(key.encode()).hexdigest()}.json").write_text(json.dumps(token))  # noqa: S324 - botocore's
    return env, words


def _params(cases: Mapping[str, Case]) -> list[ParameterSet]:
    """Return all cases; most of those that need a process of their own are slow, and every other one."""
    slow = [pytest.mark.slow]
    return [
        pytest.param(case, id=name, marks=slow if (case.tokens or number % 2) and name != "portal forbids" else [])
        for number, (name, case) in enumerate(cases.items())
    ]


@pytest.mark.parametrize("case", _params(CASES))
def test_failure_of_a_provider_is_two_lines(sandbox: Sandbox, stub: AwsStub, tmp_path: Path, case: Case) -> None:
    """Which provider, what it said, and a remedy with the profile of the run."""
    run, words = _run(sandbox, stub, tmp_path, case, "courses", "list")
    lines = f"Error: {Template(case.error).substitute(words)}\n  {Template(case.remedy).substitute(words)}\n"
    assert (case.exit_code, "", lines) == (run.returncode, run.stdout, run.stderr)


@pytest.mark.parametrize("case", _params(WORKING))
def test_provider_gives_credentials(sandbox: Sandbox, stub: AwsStub, tmp_path: Path, case: Case) -> None:
    """Each kind that is supported."""
    run, _ = _run(sandbox, stub, tmp_path, case, "courses", "list")
    assert 0 == run.returncode, run.stderr


def test_key_log_that_cannot_be_written_is_named_for_stripe(sandbox: Sandbox, tmp_path: Path) -> None:
    """As for AWS, before any request."""
    path = tmp_path / "none" / "keys"
    env = {"STRIPE_API_BASE": None, "SSLKEYLOGFILE": str(path), "LMX_ENVIRONMENT": "preview"}
    run = sandbox.run(
        "webhooks", "list", env={**env, "EDUCATION_TABLE_NAME": None, "TRANSACTIONAL_EMAIL_TOPIC_ARN": None}
    )
    lines = (
        f"Error: SSLKEYLOGFILE names {path}, which can't be written: No such file or directory\n"
        "  Create its folder, or unset SSLKEYLOGFILE.\n"
    )
    assert (4, "", lines) == (run.returncode, run.stdout, run.stderr)


def test_doctor_names_the_clock(sandbox: Sandbox, stub: AwsStub, tmp_path: Path) -> None:
    """When a signature has expired."""
    run, _ = _run(sandbox, stub, tmp_path, CASES["clock"], "doctor", "-o", "json")
    row = next(row for row in json.loads(run.stdout)["items"] if row["check"] == "AWS identity")
    expected = ("failed", 4, CASES["clock"].error, CASES["clock"].remedy)
    assert expected == (row["status"], row["exit_code"], row["found"], row["remedy"])


def test_mfa_code_is_asked_for_on_a_terminal(sandbox: Sandbox, stub: AwsStub, tmp_path: Path) -> None:
    """And shown nowhere."""
    answers = {"AssumeRole": sts_role("AssumeRole")}
    env, _ = _prepare(sandbox, stub, tmp_path, replace(CASES["MFA without a terminal"], answers=answers))
    given = {name: value for name, value in {**sandbox.env, **env}.items() if value is not None}
    shown = show("courses", "list", env=given, cwd=sandbox.cwd, answer="123456")
    assert 0 == shown.exit_code, shown.text
    assert f"Enter MFA code for {MFA}: " in shown.text
    assert "123456" not in shown.text
