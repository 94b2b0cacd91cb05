"""`lmx config`: each setting with its source, secrets by their presence alone, and what is wrong beside the rest."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from learnermax_cli.config.setting_table import BY_NAME
from tests.forking import PROJECT
from tests.ran import Ran
from tests.running import Sandbox

KEY = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
NOTHING: Mapping[str, str | None] = dict.fromkeys(
    (
        "AWS_ENDPOINT_URL",
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_REGION",
        "AWS_DEFAULT_REGION",
        "STRIPE_API_BASE",
        "STRIPE_SECRET_KEY",
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY",
        "EDUCATION_TABLE_NAME",
        "TRANSACTIONAL_EMAIL_TOPIC_ARN",
        "LMX_ENVIRONMENT",
        "LMX_MAX_RATE",
        "LMX_SANDBOX_HOME",
    )
)


def config(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run it with nothing set but `env`; nobody is asked anything."""
    before = len(sandbox.control.journal())
    done = sandbox.run("config", "-o", "json", *args, env={**NOTHING, **(env or {})})
    assert before == len(sandbox.control.journal())
    return Ran.read(done.returncode, done.stdout, done.stderr)


def row(ran: Ran, name: str) -> dict[str, Any]:
    """Return the item of one setting."""
    (found,) = [item for item in ran.report["items"] if item["name"] == name]
    return dict(found)


def shown(ran: Ran, name: str) -> tuple[str | None, str | None, str | None]:
    """Return value and source of a setting, and the kind of its source."""
    item = row(ran, name)
    return item["value"], item["source"], item["source_kind"]


def test_every_setting_is_listed(sandbox: Sandbox) -> None:
    """Each row of the table of settings, in its order, behind the env file."""
    ran = config(sandbox)
    assert (0, ["--env-file", *BY_NAME]) == (ran.exit_code, [item["name"] for item in ran.report["items"]])
    assert {None} == {item["error"] for item in ran.report["items"]}
    assert ("learnermax-education-preview", "default", "default") == shown(ran, "EDUCATION_TABLE_NAME")
    assert (None, None, None) == shown(ran, "FRONTEND_URL")
    why = f"there is no .env.local in {sandbox.cwd}, which is in no git repository"
    assert ((None, None, None), why) == (shown(ran, "--env-file"), ran.report["no_env_file"])
    assert f"No env file is read: {why}" in sandbox.run("config", env=NOTHING).stdout.splitlines()


def test_each_source_is_named(sandbox: Sandbox) -> None:
    """Flag, variable, file, default."""
    (sandbox.cwd / ".env.local").write_text("LMX_CURRENCY=EUR\nLMX_TIMEOUT=9\nEDUCATION_TABLE_NAME=file\n")
    env = {"AWS_DEFAULT_REGION": "eu-west-1", "LMX_TIMEOUT": "10", "AWS_ENDPOINT_URL_SNS": "http://u:p@localhost:1"}
    ran = config(sandbox, "--table", "given", "-e", "prod", env=env)
    assert {
        "--env-file": (".env.local", "working directory", "default"),
        "LMX_ENVIRONMENT": ("prod", "--environment", "flag"),
        "EDUCATION_TABLE_NAME": ("given", "--table", "flag"),
        "LMX_CURRENCY": ("eur", ".env.local", "env_file"),
        "LMX_TIMEOUT": ("10", "environment variable LMX_TIMEOUT", "environment"),
        "AWS_REGION": ("eu-west-1", "environment variable AWS_DEFAULT_REGION", "environment"),
        "AWS_ENDPOINT_URL_SNS": ("http://***@localhost:1", "environment variable AWS_ENDPOINT_URL_SNS", "environment"),
        "LMX_STRIPE_SECRET_NAME": ("learnermax/stripe-keys-prod", "default", "default"),
    } == {
        name: shown(ran, name)
        for name in (
            "--env-file",
            "LMX_ENVIRONMENT",
            "EDUCATION_TABLE_NAME",
            "LMX_CURRENCY",
            "LMX_TIMEOUT",
            "AWS_REGION",
            "AWS_ENDPOINT_URL_SNS",
            "LMX_STRIPE_SECRET_NAME",
        )
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("STRIPE_SECRET_KEY", KEY, "present (secret key, test mode)"),
        ("STRIPE_SECRET_KEY", "rk_" + "live_" + "A1b2C3d4E5f6G7h8", "present (restricted key, live mode)"),
        ("NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "pk_test_A1b2C3d4E5f6G7h8", "present (publishable key, test mode)"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_" + "A1b2C3d4E5f6G7h8", "present (signing secret)"),
        ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE", "present"),
    ],
)
def test_secret_is_only_said_to_be_there(sandbox: Sandbox, name: str, text: str, value: str) -> None:
    """With what its prefix says."""
    ran = config(sandbox, env={name: text})
    assert (value, f"environment variable {name}", "environment") == shown(ran, name)
    assert text not in json.dumps(ran.report) + ran.stderr


def test_setting_that_makes_no_sense_is_shown_beside_the_others(sandbox: Sandbox) -> None:
    """Exit 3, and the whole list."""
    ran = config(sandbox, env={"LMX_MAX_RATE": "fast"})
    item = row(ran, "LMX_MAX_RATE")
    assert (3, len(BY_NAME) + 1) == (ran.exit_code, len(ran.report["items"]))
    assert ("fast", "LMX_MAX_RATE is 'fast', not a positive number") == (item["value"], item["error"])
    error = ran.report["error"]
    assert (item["error"], "Set LMX_MAX_RATE to a number such as 20.") == (error["message"], error["hint"])


def test_all_that_makes_no_sense_is_named(sandbox: Sandbox) -> None:
    """Also what only some commands mind, a file that is not there and an unknown environment."""
    env = {"LMX_ENVIRONMENT": "staging", "FRONTEND_URL": "site", "STRIPE_SECRET_KEY": KEY[:9]}
    ran = config(sandbox, "--env-file", "none", env=env)
    names = "--env-file, LMX_ENVIRONMENT, STRIPE_SECRET_KEY, FRONTEND_URL"
    assert (3, f"4 settings make no sense: {names}") == (ran.exit_code, ran.report["error"]["message"])
    assert (None, None, None) == shown(ran, "EDUCATION_TABLE_NAME")


def test_sandbox_is_a_source(sandbox: Sandbox) -> None:
    """What is set outside for real accounts does not count there."""
    env = {"LMX_SANDBOX_HOME": str(sandbox.state_dir), "AWS_PROFILE": "real", "LMX_STRIPE_ACCOUNT": "acct_real"}
    ran = config(sandbox, "-e", "sandbox", env=env)
    assert 0 == ran.exit_code
    assert "the sandbox has its own keys" == ran.report["no_env_file"]
    assert (sandbox.info.stripe_url, "running sandbox", "sandbox") == shown(ran, "STRIPE_API_BASE")
    assert ("https://learnermax.example", "running sandbox", "sandbox") == shown(ran, "FRONTEND_URL")
    assert (None, None, None) == shown(ran, "AWS_PROFILE")


def test_sandbox_that_does_not_run_is_one_error(sandbox: Sandbox) -> None:
    """The rest is listed."""
    ran = config(sandbox, "-e", "sandbox", env={"LMX_SANDBOX_HOME": str(sandbox.home)})
    assert (3, "no sandbox is running") == (ran.exit_code, row(ran, "LMX_ENVIRONMENT")["error"])


def test_names_that_a_file_cannot_set_are_ignored(sandbox: Sandbox) -> None:
    """They are named, here and with -v."""
    (sandbox.cwd / ".env.local").write_text("STRIPE_API_BASE=https://x.test\nAWS_PROFILE=x\nAWS_BUCKET=mine\n")
    ran = config(sandbox)
    line = "Ignored in .env.local: AWS_PROFILE, STRIPE_API_BASE. Set them in the process environment."
    assert (["AWS_PROFILE", "STRIPE_API_BASE"], False) == (ran.report["ignored"], line in ran.stderr)
    assert ("https://api.stripe.com", "default", "default") == shown(ran, "STRIPE_API_BASE")
    assert [True, True] == [line in sandbox.run("config", env=NOTHING).stdout, line in config(sandbox, "-v").stderr]


@pytest.mark.parametrize(
    ("args", "line"),
    [
        ((), "AWS credentials: AWS_ACCESS_KEY_ID wins over AWS_PROFILE."),
        (("--profile", "work"), "AWS credentials: --profile wins over AWS_ACCESS_KEY_ID."),
    ],
)
def test_which_credentials_win_is_said(sandbox: Sandbox, args: tuple[str, ...], line: str) -> None:
    """In boto3's order; nothing is said where only one is there."""
    both = {**NOTHING, "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_PROFILE": "home"}
    assert line in sandbox.run("config", *args, env=both).stdout.splitlines()
    assert "wins" not in sandbox.run("config", env={**NOTHING, "AWS_PROFILE": "home"}).stdout


def test_region_of_a_profile_is_a_source(sandbox: Sandbox, tmp_path: Path) -> None:
    """By its name, where no variable names a region; one that is none is shown as bad."""
    path = tmp_path / "aws"
    path.write_text("[profile work]\nregion = eu-west-1\n[profile bad]\nregion = no region\n")
    ran = config(sandbox, "--profile", "work", env={"AWS_CONFIG_FILE": str(path)})
    assert ("eu-west-1", "AWS profile work", "aws_profile") == shown(ran, "AWS_REGION")
    ran = config(sandbox, env={"AWS_CONFIG_FILE": str(path), "AWS_PROFILE": "bad"})
    assert (3, "AWS_REGION is 'no region', not an AWS region") == (ran.exit_code, row(ran, "AWS_REGION")["error"])


def test_every_setting_is_in_the_example() -> None:
    """Where operators look for it."""
    text = (PROJECT / ".env.example").read_text(encoding="utf-8")
    assert [] == [name for name in BY_NAME if name not in text]


def test_every_line_of_the_example_is_taken(sandbox: Sandbox) -> None:
    """Uncommented and without a value of one's own, each is read from the file, and none is flawed."""
    text = re.sub(r"^#([A-Z_]+=)", r"\1", (PROJECT / ".env.example").read_text(encoding="utf-8"), flags=re.MULTILINE)
    (sandbox.cwd / ".env.local").write_text(text)
    ran = config(sandbox)
    given = {name for name, value in re.findall(r"^([A-Z_]+)=(.*)$", text, re.MULTILINE) if value}
    assert (0, given) == (
        ran.exit_code,
        {item["name"] for item in ran.report["items"] if item["source"] == ".env.local"},
    )


def test_unknown_names_are_warned_of_once(sandbox: Sandbox) -> None:
    """In the environment and in the file; not what belongs to the functions or to GitHub Actions, and nothing empty."""
    (sandbox.cwd / ".env.local").write_text("LMX_MAXRATE=5\n")
    env = {"LMX_FOO": "1", "LMX_EMPTY": "", "LMX_ROLE_ARN": "arn", "LMX_RETRY_QUEUE_URL": "https://queue"}
    ran = config(sandbox, env=env)
    warnings = [
        "LMX_FOO in the process environment is not a setting of lmx",
        "LMX_MAXRATE in .env.local is not a setting of lmx: did you mean LMX_MAX_RATE?",
    ]
    assert (0, warnings) == (ran.exit_code, ran.report["warnings"])
    assert [1, 1] == [ran.stderr.count(f"Warning: {warning}\n") for warning in warnings]


def test_table_is_for_people(sandbox: Sandbox) -> None:
    """A column of errors is there when there are any."""
    lines = sandbox.run("config", env=NOTHING).stdout.splitlines()
    assert ["name", "value", "source"] == lines[0].split()
    assert ["LMX_ENVIRONMENT", "preview", "default"] == lines[2].split()
    flawed = sandbox.run("config", env={**NOTHING, "LMX_TIMEOUT": "0"}).stdout.splitlines()
    assert ["name", "value", "source", "error"] == flawed[0].split()
