"""AWS clients at the sandbox, as commands build them."""

import threading
import time

from learnermax_cli.adapters.aws.clients import AwsClients
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, ACCOUNT_ID, SECRET_ACCESS_KEY
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import BATCH, RetryPolicy
from learnermax_cli.core.secret_text import SecretText
from tests.adapters import Nobody
from tests.running import Sandbox


def build(sandbox: Sandbox, policy: RetryPolicy = BATCH, stop: threading.Event | None = None) -> AwsClients:
    """Return clients that go by a policy."""
    secret = SecretText(SECRET_ACCESS_KEY)
    access = AwsAccess(sandbox.info.region, None, sandbox.info.aws_url, ACCESS_KEY_ID, secret)
    return AwsClients(access, Meter(time.monotonic), Nobody(), policy, stop or threading.Event())


def where(sandbox: Sandbox) -> str:
    """Return where a table of the sandbox is not found, as errors name it."""
    return f"account {ACCOUNT_ID}, region {sandbox.info.region}, host {sandbox.info.aws_url.removeprefix('http://')}"


def requests(sandbox: Sandbox, since: int = 0) -> list[str]:
    """Return the operations that AWS was asked for."""
    return [entry["operation"] for entry in sandbox.control.journal(since) if entry["service"] != "stripe"]
