"""What the tests of the sandbox share: a local Stripe over HTTP, a secret in the local AWS, a folder for a sandbox."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from learnermax_cli.sandbox import process, serving
from learnermax_cli.sandbox.client import SandboxClient
from learnermax_cli.sandbox.stripe_api.app import create_stripe_app
from learnermax_cli.sandbox.stripe_api.state import StripeState
from tests.running import Sandbox
from tests.sandbox.stored_secret import FIRST, NAME
from tests.sandbox.stripe_server import StripeServer

if TYPE_CHECKING:
    from types_boto3_secretsmanager.client import SecretsManagerClient


@pytest.fixture(scope="session")
def running_stripe() -> Iterator[StripeServer]:
    """Serve one local Stripe for the whole session."""
    state = StripeState()
    server = serving.start(create_stripe_app(state))
    yield StripeServer(state, server.url, SandboxClient(server.url))
    state.control.reset()
    server.stop()


@pytest.fixture
def stripe_server(running_stripe: StripeServer) -> StripeServer:
    """Return the local Stripe, empty."""
    running_stripe.state.control.reset()
    return running_stripe


@pytest.fixture
def secrets(sandbox: Sandbox) -> "SecretsManagerClient":
    """A client; the secret exists with one version."""
    client = sandbox.secretsmanager()
    client.create_secret(Name=NAME, SecretString="one", ClientRequestToken=FIRST)
    return client


@pytest.fixture
def state_dir(tmp_path: Path) -> Iterator[Path]:
    """A folder for one sandbox, which is stopped afterwards."""
    yield tmp_path
    process.stop(tmp_path)
