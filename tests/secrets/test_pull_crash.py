"""A pull that is killed before any of its steps leaves the old file or the new one, and the next one does the rest."""

import signal
import subprocess

import pytest

from tests.forking import PROJECT
from tests.running import Sandbox
from tests.sampling import sampled
from tests.secrets.support import KILLING, PREVIEW, api_keys, create_secret, write_env

STEPS = ("os.mkdir", "open", "open", "os.rename", "os.remove", "os.remove", "os.rmdir")
RENAME = STEPS.index("os.rename")
OLD = {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8, "OTHER": "stays"}


def _pull(sandbox: Sandbox, kill_at: int | None) -> "subprocess.CompletedProcess[str]":
    """Run `secrets pull` over the old file, and let it die before one of its steps."""
    log = sandbox.cwd.parent / "steps"
    env = {"PYTHONPATH": f"{KILLING}:{PROJECT}", "KILL_AT": str(kill_at), "KILL_LOG": str(log)}
    return sandbox.run("secrets", "pull", *PREVIEW, "--yes", env=env)


def _steps(sandbox: Sandbox) -> tuple[str, ...]:
    return tuple((sandbox.cwd.parent / "steps").read_text().splitlines())


def _contents(sandbox: Sandbox) -> tuple[str, str]:
    """Return the old and the new content of the env file."""
    old = write_env(sandbox, OLD).read_text()
    keys = api_keys(sandbox)
    create_secret(sandbox, keys)
    public = "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"
    return old, f"STRIPE_SECRET_KEY={keys['STRIPE_SECRET_KEY']}\nOTHER=stays\n{public}={keys[public]}\n"


def test_undisturbed_pull_takes_these_steps(sandbox: Sandbox) -> None:
    """The matrix kills before each step of an undisturbed pull, which ends with the new file."""
    _, new = _contents(sandbox)
    assert 0 == _pull(sandbox, None).returncode
    assert STEPS == _steps(sandbox)
    assert new == (sandbox.cwd / ".env.local").read_text()


@pytest.mark.parametrize("step", sampled(range(len(STEPS)), 3), ids=lambda step: f"{step}-{STEPS[step]}")
def test_killed_pull_leaves_a_whole_file(sandbox: Sandbox, step: int) -> None:
    """Up to the rename the old file is there, from then on the new one; the next pull ends right and clears up."""
    old, new = _contents(sandbox)
    path = sandbox.cwd / ".env.local"
    assert -signal.SIGKILL == _pull(sandbox, step).returncode
    assert (old if step <= RENAME else new) == path.read_text()
    assert 0 == sandbox.run("secrets", "pull", *PREVIEW, "--yes").returncode
    assert (new, 0o600) == (path.read_text(), path.stat().st_mode & 0o777)
    left = sorted(child.name for child in sandbox.cwd.iterdir())
    assert [".env.local"] == left or step > RENAME
