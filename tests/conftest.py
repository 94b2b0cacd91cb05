"""Fixtures of all tests: a clean environment, and one real sandbox per worker that is emptied before each test."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from learnermax_cli.config.sandbox_state import SandboxInfo
from learnermax_cli.sandbox import process
from tests.running import Sandbox
from tests.sampling import ALL_EXAMPLES, thin_out

settings.register_profile(ALL_EXAMPLES)

# A runner that was started in the background, or by nohup, ignores these, and so would every process that it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_OUTSIDE = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_", "EDUCATION_", "TRANSACTIONAL_", "FRONTEND_", "GITHUB_")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow before pytest takes it out."""
    thin_out(items)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No credential, endpoint or setting of the machine reaches a test."""
    for name in list(os.environ):
        if name.startswith(_OUTSIDE):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(scope="session")
def sandbox_state_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where `-e sandbox` finds the worker's sandbox."""
    return tmp_path_factory.mktemp("sandbox")


@pytest.fixture(scope="session")
def running_sandbox(sandbox_state_dir: Path) -> Iterator[SandboxInfo]:
    """A sandbox process of this worker's own; it ends with the worker even when that is killed."""
    yield process.start(sandbox_state_dir, parent_pid=os.getpid())
    process.stop(sandbox_state_dir)


@pytest.fixture
def sandbox(running_sandbox: SandboxInfo, sandbox_state_dir: Path, tmp_path: Path) -> Iterator[Sandbox]:
    """The worker's sandbox, empty, with all faults and settings taken back."""
    environment = Sandbox(running_sandbox, sandbox_state_dir, tmp_path)
    environment.control.reset()
    yield environment
    environment.close()
