"""The folder of a sandbox: where it is, its state file and log, and what happens when it takes nothing."""

import json
import os
import stat
from dataclasses import fields
from pathlib import Path

import pytest

from learnermax_cli.config.sandbox_state import STATE_FILE, SandboxInfo, default_state_dir, find_sandbox
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.sandbox import process

NULLS = dict.fromkeys(field.name for field in fields(SandboxInfo))


def test_state_file_is_private(state_dir: Path) -> None:
    """The state file holds keys, so only its owner may read it."""
    process.start(state_dir, parent_pid=os.getpid())

    assert 0o600 == stat.S_IMODE((state_dir / STATE_FILE).stat().st_mode)


def test_nothing_runs_in_a_folder_that_is_a_file(tmp_path: Path) -> None:
    """Stopping what is there is no failure, as where there is no folder."""
    path = tmp_path / "file"
    path.touch()
    assert not process.stop(path)


def test_log_is_of_one_run(state_dir: Path) -> None:
    """A start that fails shows its last line, which must not be that of a former one."""
    state_dir.mkdir(exist_ok=True)
    log = state_dir / "sandbox.log"
    log.write_text("Port 1 is in use\n")
    process.start(state_dir)
    assert "Port 1" not in log.read_text()


def test_log_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """As one of another user, in a folder that is everybody's."""
    log = tmp_path / "sandbox.log"
    log.mkdir()
    with pytest.raises(ConfigError) as refused:
        process.start(tmp_path)
    assert f"the sandbox's log {log} can't be written to: Is a directory" == refused.value.message


@pytest.mark.parametrize("text", ['{"pid": 1', "[]", *(json.dumps({**NULLS, "pid": pid}) for pid in (None, "1", -1))])
def test_broken_state_file_counts_as_none(state_dir: Path, text: str) -> None:
    """A file that makes no sense is not believed, and is removed by the next stop."""
    (state_dir / STATE_FILE).write_text(text)

    assert (None, False) == (find_sandbox(state_dir), process.stop(state_dir))
    assert not (state_dir / STATE_FILE).exists()


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"LMX_SANDBOX_HOME": "/one", "XDG_STATE_HOME": "/two"}, Path("/one")),
        ({"XDG_STATE_HOME": "/two"}, Path("/two/lmx/sandbox")),
        ({}, Path.home() / ".local/state/lmx/sandbox"),
    ],
)
def test_default_folder(environ: dict[str, str], expected: Path) -> None:
    """Own variable, then the XDG one, then the home folder."""
    assert expected == default_state_dir(environ)


def test_full_disk_is_named(state_dir: Path) -> None:
    """An empty file could still be made there."""
    device = Path("/dev/full")
    assert device.is_char_device(), "this machine has no /dev/full"
    (state_dir / "start.lock").symlink_to(device)
    with pytest.raises(ConfigError) as refused:
        process.start(state_dir, parent_pid=os.getpid())
    assert f"the sandbox's folder {state_dir} can't be written to: No space left on device" == refused.value.message
