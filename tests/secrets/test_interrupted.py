"""A signal while the last write is in flight: the write is finished, the report says so, and the run ends in 130."""

import signal
from collections.abc import Mapping
from typing import Any

import pytest

from tests.forking import PROJECT
from tests.running import Sandbox
from tests.sampling import sampled
from tests.secrets.support import (
    FIRST,
    KILLING,
    PREVIEW,
    api_keys,
    create_secret,
    document,
    ending,
    put_secret,
    stored,
    write_env,
)
from tests.started import STOPPING

APPLIED = ("applied", "interrupted; nothing was left to apply", 130)


def _outcome(report: Mapping[str, Any]) -> tuple[str, str, int]:
    """Return what became of the one change, and the error."""
    [change] = report["changes"]
    return change["outcome"], report["error"]["message"], report["error"]["exit_code"]


def _interrupted(sandbox: Sandbox, operation: str, *args: str) -> tuple[int, dict[str, Any]]:
    """Run a command, with SIGINT while that call is held; return its exit code and report."""
    sandbox.control.add_fault("hold", service="secretsmanager", operation=operation)
    process = sandbox.start("secrets", *args, "-o", "json")
    sandbox.control.wait_held(60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    return process.wait(60), document(process.stdout.read())


@pytest.mark.parametrize(
    ("args", "content", "operation"),
    [
        (("push",), None, "CreateSecret"),
        (("push",), {}, "UpdateSecretVersionStage"),
        (("rollback", "--to", FIRST, "--yes"), {"a": "1"}, "UpdateSecretVersionStage"),
    ],
    ids=["push new", "push", "rollback"],
)
def test_last_write_is_finished(
    sandbox: Sandbox, args: tuple[str, ...], content: dict[str, object] | None, operation: str
) -> None:
    """The secret holds what was wanted."""
    wanted = api_keys(sandbox)
    if content is not None:
        create_secret(sandbox, content)
    if "rollback" in args:
        put_secret(sandbox, {"a": "2"})
        wanted = {"a": "1"}

    code, report = _interrupted(sandbox, operation, *args)

    assert (130, APPLIED, wanted) == (code, _outcome(report), stored(sandbox))


@pytest.mark.parametrize("number", sampled([signal.SIGINT, signal.SIGTERM, signal.SIGHUP], 3))
def test_file_is_written(sandbox: Sandbox, number: int) -> None:
    """The signal comes right before the rename: the file holds the keys."""
    keys = api_keys(sandbox)
    create_secret(sandbox, keys)
    path = write_env(sandbox, {"OTHER": "stays"})
    env = {
        "PYTHONPATH": f"{KILLING}:{PROJECT}", "KILL_AT": "3", "KILL_WITH": str(int(number)),
        "KILL_LOG": str(sandbox.cwd.parent / "steps"),
    }  # fmt: skip

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json", env=env)

    assert (130, "interrupted") == ending(run)
    assert APPLIED == _outcome(document(run))
    assert "OTHER=stays\n" + "".join(f"{name}={key}\n" for name, key in keys.items()) == path.read_text()


@pytest.mark.parametrize("suffices", [False, True])
def test_restored_secret_is_named(sandbox: Sandbox, suffices: bool) -> None:
    """A restore is one write and storing the keys another, unless they are there: the report says what was done."""
    content = api_keys(sandbox) if suffices else {"theirs": "kept"}
    create_secret(sandbox, content)
    sandbox.secretsmanager().delete_secret(SecretId="learnermax/stripe-keys")

    _, report = _interrupted(sandbox, "RestoreSecret", "push", "--restore", "--yes")

    left = ("planned", "interrupted; the secret was restored, the keys were not stored", 130)
    assert (APPLIED if suffices else left, content) == (_outcome(report), stored(sandbox))
