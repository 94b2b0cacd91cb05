"""What a test works with: the running sandbox through the real SDKs, and lmx as a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, cast

import boto3
import stripe

from learnermax_cli.config.keys import table_name
from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY, TOPIC_NAME, SandboxInfo
from learnermax_cli.sandbox.client import SandboxClient
from tests.forking import PROJECT, READ_AT_START, forkserver
from tests.started import Started

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient

RUN_SECONDS = 120.0
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "COVERAGE_PROCESS_START", "COVERAGE_FILE")


class Sandbox:
    """The sandbox of this worker, empty at the start of each test."""

    def __init__(self, info: SandboxInfo, state_dir: Path, directory: Path) -> None:
        self.info = info
        self.state_dir = state_dir
        self.control = SandboxClient(info.control_url)
        self.cwd = _made(directory / "cwd")
        self.home = _made(directory / "home")
        self._started: list[Started] = []

    @property
    def env(self) -> dict[str, str]:
        """The environment to run lmx in: this sandbox's, a home of its own, and nothing of the machine's."""
        inherited = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {
            **inherited,
            "HOME": str(self.home),
            "PYTHONPATH": str(PROJECT),
            "AWS_EC2_METADATA_DISABLED": "true",
            "LMX_SANDBOX_HOME": str(self.state_dir),
            **self.info.environment(),
            # Nothing is limited unless a test says so; only then is pacing of use.
            "LMX_MAX_RATE": "1000",
        }

    @property
    def session(self) -> boto3.Session:
        """A boto3 session with the sandbox's credentials, shared by all tests since it is slow to load its models."""
        return _session(self.info.region)

    def dynamodb(self, environment: str = "sandbox") -> "Table":
        """Return LearnerMax's table of an environment (sandbox or preview)."""
        return _table(self.info, table_name(environment))

    def dynamodb_client(self) -> "DynamoDBClient":
        """Return DynamoDB's low-level client."""
        return cast("DynamoDBClient", _client(self.info, "dynamodb"))

    def secretsmanager(self) -> "SecretsManagerClient":
        """Return a Secrets Manager client."""
        return cast("SecretsManagerClient", _client(self.info, "secretsmanager"))

    def sns(self) -> "SNSClient":
        """Return an SNS client."""
        return cast("SNSClient", _client(self.info, "sns"))

    def sqs(self) -> "SQSClient":
        """Return an SQS client; the queue that listens to the topic of mails is `queue_url`."""
        return cast("SQSClient", _client(self.info, "sqs"))

    @property
    def queue_url(self) -> str:
        """The queue that keeps what was published to the topic of mails."""
        return f"{self.info.aws_url}/{ACCOUNT_ID}/{TOPIC_NAME}-events"

    def stripe(self, key: str | None = None) -> stripe.StripeClient:
        """Return a Stripe client with a key, by default the test mode secret key; it retries nothing."""
        return stripe.StripeClient(
            key or self.info.secret_key, base_addresses={"api": self.info.stripe_url}, max_network_retries=0
        )

    def run(
        self,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        input: str | None = None,  # noqa: A002 - as subprocess names it
    ) -> subprocess.CompletedProcess[str]:
        """Run lmx to its end; `env` adds variables, or removes those that are None."""
        if any(name.startswith(READ_AT_START) for name in (env or {})):
            return self.run_afresh(*args, env=env, input=input)
        with tempfile.TemporaryFile() as stdin:
            stdin.write((input or "").encode())
            stdin.seek(0)
            with closing(self._fork(args, env, stdin.fileno())) as process:
                out, err = process.communicate(RUN_SECONDS)
        return subprocess.CompletedProcess(list(args), process.returncode, out, err)

    def run_afresh(
        self,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        input: str | None = None,  # noqa: A002 - as subprocess names it
    ) -> subprocess.CompletedProcess[str]:
        """Run lmx to its end in a process that loads it anew, for what is read or done while loading."""
        return subprocess.run(
            [sys.executable, "-m", "learnermax_cli", *args],
            env=self._merged(env),
            cwd=self.cwd,
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=RUN_SECONDS,
            check=False,
        )

    def start(self, *args: str, env: Mapping[str, str | None] | None = None) -> Started:
        """Start lmx and return at once, for tests that interrupt or kill it; it is killed when the test ends."""
        process = self._fork(args, env)
        self._started.append(process)
        return process

    def close(self) -> None:
        """Kill what `start` has left running and let held requests go."""
        for process in self._started:
            process.close()
        self.control.release()

    def _fork(self, args: tuple[str, ...], env: Mapping[str, str | None] | None, stdin: int | None = None) -> Started:
        merged = self._merged(env)
        return forkserver(merged).start(args, merged, self.cwd, stdin)

    def _merged(self, env: Mapping[str, str | None] | None) -> dict[str, str]:
        merged: dict[str, str | None] = {**self.env, **(env or {})}
        return {name: value for name, value in merged.items() if value is not None}


@cache
def _session(region: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=region)


@cache
def _client(info: SandboxInfo, service: str) -> object:
    # Making one takes longer than most of its calls.
    make: Callable[..., object] = _session(info.region).client
    return make(service, endpoint_url=info.aws_url)


@cache
def _table(info: SandboxInfo, name: str) -> "Table":
    return _session(info.region).resource("dynamodb", endpoint_url=info.aws_url).Table(name)


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path


def run_in_shell(
    sandbox: Sandbox, redirection: str, *args: str, env: Mapping[str, str] | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run lmx with its streams redirected as a shell does it."""
    return subprocess.run(
        ["/bin/sh", "-c", f'exec "$0" -m learnermax_cli "$@" {redirection}', sys.executable, *args],
        env={**sandbox.env, **(env or {})},
        cwd=sandbox.cwd,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
