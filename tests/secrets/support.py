"""What the tests of `lmx secrets` share: keys of the sandbox, env files, and what is stored."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.content import parse_content
from learnermax_cli.secrets.model import Content, SecretValue
from tests.running import Sandbox

NAME = "learnermax/stripe-keys"
PREVIEW = ("-e", "preview")
WEBHOOK = "whsec_" + "canaryCANARYcanary0123"
FIRST = "1" * 32
OTHER = "2" * 32
KILLING = Path(__file__).parent / "killing"
"""On its PYTHONPATH a run can be signalled at a step on an env file."""


def api_keys(sandbox: Sandbox, mode: str = "test", kind: str = "secret") -> dict[str, str]:
    """Return the two API keys of the sandbox's account."""
    found = {(key["mode"], key["kind"]): str(key["value"]) for key in reversed(sandbox.control.list_keys())}
    return {
        "STRIPE_SECRET_KEY": found[mode, kind],
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": found[mode, "publishable"],
    }


def write_env(sandbox: Sandbox, values: Mapping[str, str], name: str = ".env.local") -> Path:
    """Write an env file where lmx runs."""
    path = sandbox.cwd / name
    path.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
    return path


def create_secret(sandbox: Sandbox, content: Mapping[str, object], name: str = NAME) -> None:
    """Store a secret with one version, `FIRST`."""
    client = sandbox.secretsmanager()
    client.create_secret(Name=name, SecretString=json.dumps(content), ClientRequestToken=FIRST)


def content_of(values: Mapping[str, object]) -> Content:
    """Return values as they are read from a secret."""
    text = SecretText(json.dumps(values))
    return parse_content(NAME, SecretValue(FIRST, datetime(2026, 1, 1, tzinfo=UTC), text))


def create_owned_secret(sandbox: Sandbox, content: Mapping[str, object]) -> None:
    """Store a secret of another AWS service, which alone may change it; AWS marks it with a tag of its own."""
    owned = [{"Key": "aws:secretsmanager:owningService", "Value": "rds"}]
    sandbox.secretsmanager().create_secret(Name=NAME, SecretString=json.dumps(content), Tags=owned)  # type: ignore[arg-type]


def put_secret(sandbox: Sandbox, content: Mapping[str, object], version: str = OTHER) -> None:
    """Make a version current, as another writer does."""
    client = sandbox.secretsmanager()
    client.put_secret_value(SecretId=NAME, SecretString=json.dumps(content), ClientRequestToken=version)


def stored(sandbox: Sandbox, name: str = NAME) -> dict[str, object]:
    """Return what the current version holds."""
    answer = sandbox.secretsmanager().get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
    content: dict[str, object] = json.loads(answer["SecretString"])
    return content


def versions(sandbox: Sandbox) -> int:
    """Return how many versions there are, deprecated ones included."""
    answer = sandbox.secretsmanager().list_secret_version_ids(SecretId=NAME, IncludeDeprecated=True)
    return len(answer["Versions"])


def document(run: "subprocess.CompletedProcess[str] | str") -> dict[str, Any]:
    """Return the one JSON document of a run with `-o json`, or of its stdout."""
    decoded: dict[str, Any] = json.loads(run if isinstance(run, str) else run.stdout)
    return decoded


def ending(run: "subprocess.CompletedProcess[str]") -> tuple[int, str]:
    """Return exit code and error code of a run with `-o json`."""
    return run.returncode, str(document(run).get("error", {}).get("code", ""))


def run_on_terminal(sandbox: Sandbox, answer: str, *args: str) -> int:
    """Run lmx on a terminal on which somebody types an answer; return its exit code."""
    master, slave = pty.openpty()
    try:
        os.write(master, answer.encode())
        return subprocess.run(
            [sys.executable, "-m", "learnermax_cli", *args],
            env=sandbox.env,
            cwd=sandbox.cwd,
            stdin=slave,
            stdout=subprocess.DEVNULL,
            stderr=slave,
            timeout=60,
            check=False,
        ).returncode
    finally:
        os.close(slave)
        os.close(master)
