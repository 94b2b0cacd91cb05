"""One receiver for all tests of a worker that neither stop it nor move its clock."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from learnermax_cli.config.sandbox_state import SandboxInfo
from tests.running import Sandbox
from tests.webhooks.worlds import Serving, put_signing_secret, serving


@pytest.fixture(scope="session")
def running_receiver(
    running_sandbox: SandboxInfo, sandbox_state_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Serving]:
    """A `webhooks serve` on the worker's sandbox."""
    sandbox = Sandbox(running_sandbox, sandbox_state_dir, tmp_path_factory.mktemp("receiver"))
    sandbox.control.reset()
    put_signing_secret(sandbox)
    with serving(sandbox) as running:
        yield running
    sandbox.close()


@pytest.fixture
def receiver(sandbox: Sandbox, running_receiver: Serving) -> Serving:
    """The worker's receiver, with the sandbox empty but for the signing secret."""
    put_signing_secret(sandbox)
    return running_receiver
