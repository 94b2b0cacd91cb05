"""Whose AWS credentials a run takes: boto3's own chain, in boto3's order."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.running import Sandbox

REAL = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": SECRET_ACCESS_KEY}
OTHER = {"aws_access_key_id": "AKIAOTHER", "aws_secret_access_key": "other"}
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAOTHER", "AWS_SECRET_ACCESS_KEY": "other"}
NONE: Mapping[str, str | None] = {"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}


@pytest.fixture
def profiles(tmp_path: Path) -> dict[str, str | None]:
    """The variables of an environment with a profile whose keys are right, and one whose keys are not."""
    config = tmp_path / "config"
    sections = {"right": REAL, "wrong": OTHER}
    lines = [line for name, keys in sections.items() for line in (f"[profile {name}]", *map(" = ".join, keys.items()))]
    config.write_text("\n".join(lines))
    return {"LMX_ENVIRONMENT": "preview", "AWS_CONFIG_FILE": str(config), **NONE}


@pytest.mark.parametrize(
    ("exit_code", "env", "args"),
    [
        (0, {"AWS_PROFILE": "right"}, ()),
        (4, {"AWS_PROFILE": "wrong"}, ()),
        (4, {"AWS_PROFILE": "right", **KEYS}, ()),
        (4, {"AWS_DEFAULT_PROFILE": "wrong", "AWS_PROFILE": "right"}, ()),
        (0, {"AWS_PROFILE": "", "AWS_DEFAULT_PROFILE": "right"}, ()),
        (0, KEYS, ("--profile", "right")),
        (0, {"AWS_PROFILE": "wrong", **KEYS}, ("--profile", "right")),
        (4, {"AWS_PROFILE": "right"}, ("--profile", "wrong")),
    ],
    ids=str,
)
def test_credentials_are_taken_in_the_order_of_boto3(
    sandbox: Sandbox, profiles: dict[str, str | None], exit_code: int, env: dict[str, str], args: tuple[str, ...]
) -> None:
    """--profile before keys in the environment, these before AWS_PROFILE."""
    run = sandbox.run("courses", "list", *args, env={**profiles, **env})
    assert exit_code == run.returncode, run.stderr


def test_region_of_the_profile_counts(sandbox: Sandbox, tmp_path: Path) -> None:
    """Before the default; `doctor` names it, and where the credentials come from."""
    (tmp_path / "config").write_text("[profile work]\nregion = eu-west-3\n")
    env = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "work", "LMX_ENVIRONMENT": "preview"}
    run = sandbox.run("doctor", "-o", "json", env={**env, "AWS_REGION": None, "AWS_DEFAULT_REGION": None})
    found = next(row["found"] for row in json.loads(run.stdout)["items"] if row["check"] == "AWS identity")
    origin = "AWS_ACCESS_KEY_ID in the environment, which wins over AWS_PROFILE=work"
    assert found.endswith(f", credentials from {origin}, region eu-west-3")


def test_sandbox_takes_no_profile(sandbox: Sandbox, tmp_path: Path) -> None:
    """Not even one that does not exist, nor a file that can't be read."""
    (tmp_path / "config").write_text("no section")
    env = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_PROFILE": "nobody"}
    run = sandbox.run("courses", "list", "-e", "sandbox", env=env)
    assert 0 == run.returncode, run.stderr
