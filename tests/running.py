"""What a test works with: the running sandbox through the real SDKs, and lmx as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import stripe

from learnermax_cli.sandbox.client import SandboxClient
from learnermax_cli.sandbox.state_file import (
    ACCESS_KEY_ID,
    SECRET_ACCESS_KEY,
    SandboxInfo,
    queue_url,
    table_name,
)
from tests.forking import PROJECT, READ_AT_IMPORT, forkserver

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
        self._started: list[subprocess.Popen[str]] = []

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
        }

    @property
    def session(self) -> boto3.Session:
        """A boto3 session with the sandbox's credentials, shared by all tests since it is slow to load its models."""
        return _session(self.info.region)

    def dynamodb(self, environment: str = "sandbox") -> "Table":
        """Return LearnerMax's table of an environment (sandbox or preview)."""
        resource = self.session.resource("dynamodb", endpoint_url=self.info.aws_url)
        return resource.Table(table_name(environment))

    def dynamodb_client(self) -> "DynamoDBClient":
        """Return DynamoDB's low-level client."""
        return self.session.client("dynamodb", endpoint_url=self.info.aws_url)

    def secretsmanager(self) -> "SecretsManagerClient":
        """Return a Secrets Manager client."""
        return self.session.client("secretsmanager", endpoint_url=self.info.aws_url)

    def sns(self) -> "SNSClient":
        """Return an SNS client."""
        return self.session.client("sns", endpoint_url=self.info.aws_url)

    def sqs(self) -> "SQSClient":
        """Return an SQS client; the queue that listens to the topic of mails is `queue_url`."""
        return self.session.client("sqs", endpoint_url=self.info.aws_url)

    @property
    def queue_url(self) -> str:
        """The queue that keeps what was published to the topic of mails."""
        return queue_url(self.info.aws_url)

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
        manner = self._manner(env)
        if not any(name.startswith(READ_AT_IMPORT) for name in (env or {})):
            return forkserver().run(args, manner["env"], self.cwd, input, RUN_SECONDS)
        return self.run_afresh(*args, env=env, input=input)

    def run_afresh(
        self,
        *args: str,
        env: Mapping[str, str | None] | None = None,
        input: str | None = None,  # noqa: A002 - as subprocess names it
    ) -> subprocess.CompletedProcess[str]:
        """Run lmx to its end in a process that loads it anew, for what is read or done while loading."""
        return subprocess.run(
            [sys.executable, "-m", "learnermax_cli", *args],
            **self._manner(env),
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=RUN_SECONDS,
            check=False,
        )

    def start(self, *args: str, env: Mapping[str, str | None] | None = None) -> "subprocess.Popen[str]":
        """Start lmx and return at once, for tests that interrupt or kill it; it is killed when the test ends."""
        process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-m", "learnermax_cli", *args],
            **self._manner(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._started.append(process)
        return process

    def close(self) -> None:
        """Kill what `start` has left running and let held requests go."""
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.communicate()
        self.control.release()

    def _manner(self, env: Mapping[str, str | None] | None) -> dict[str, Any]:
        merged: dict[str, str | None] = {**self.env, **(env or {})}
        return {
            "env": {name: value for name, value in merged.items() if value is not None},
            "cwd": self.cwd,
            "text": True,
            "encoding": "utf-8",
        }


@cache
def _session(region: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name=region)


def _made(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    return path
