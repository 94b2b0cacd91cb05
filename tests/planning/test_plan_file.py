"""A saved plan lets through what was reviewed, for the target that it was reviewed for, and nothing else."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.planning.change import Change, digest
from learnermax_cli.planning.plan_file import PlanScope, read_plan_file, require_within_plan, save_plan

SCOPE = PlanScope("products sync", "preview", "learnermax-education-preview", "test", "acct_1")
CREATE = Change("product", "a", "create", None, {"name": "A"})
LINK = Change("product", "a", "link", {"stripeProductId": None}, {"stripeProductId": "lmx_preview_a"})


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A plan file of two changes."""
    path = tmp_path / "plan.json"
    save_plan(path, SCOPE, [CREATE, LINK])
    return path


def test_saved_plan_holds_scope_changes_and_digest(saved: Path) -> None:
    """The file is the whole review."""
    assert {
        "schema": "lmx-plan/1",
        "scope": {
            "command": "products sync",
            "environment": "preview",
            "table": "learnermax-education-preview",
            "mode": "test",
            "account": "acct_1",
        },
        "changes": [CREATE.as_json(), LINK.as_json()],
        "digest": digest([CREATE, LINK]),
    } == json.loads(saved.read_text())


def test_saving_leaves_no_other_file(saved: Path) -> None:
    """The temporary file takes the name of the plan."""
    assert [saved] == list(saved.parent.iterdir())


@pytest.mark.parametrize("changes", [[CREATE, LINK], [LINK, CREATE], [LINK], []])
def test_the_plan_or_a_part_of_it_passes(saved: Path, changes: list[Change]) -> None:
    """A part is what a crashed apply has left."""
    require_within_plan(read_plan_file(saved), SCOPE, changes)


def test_change_that_was_not_reviewed_is_refused(saved: Path) -> None:
    """The refusal counts what is new and names the first."""
    other = replace(CREATE, after={"name": "B"})
    with pytest.raises(GuardError) as refused:
        require_within_plan(read_plan_file(saved), SCOPE, [other, LINK])
    assert (
        f"1 of 2 changes is not in plan file {saved}, first: create product a",
        "guard.plan_changed",
    ) == (refused.value.message, refused.value.code)


@pytest.mark.parametrize(
    ("scope", "difference"),
    [
        (replace(SCOPE, environment="prod"), "environment preview there, prod here"),
        (replace(SCOPE, table="other"), "table learnermax-education-preview there, other here"),
        (replace(SCOPE, mode="live"), "mode test there, live here"),
        (replace(SCOPE, account="acct_2"), "account acct_1 there, acct_2 here"),
        (replace(SCOPE, command="secrets push"), "command products sync there, secrets push here"),
        (replace(SCOPE, account=None), "the account behind the key is unknown, so it cannot be compared"),
    ],
)
def test_plan_for_another_target_is_refused(saved: Path, scope: PlanScope, difference: str) -> None:
    """Account, mode, table and environment must be those of the review; an unknown account cannot be."""
    with pytest.raises(GuardError) as refused:
        require_within_plan(read_plan_file(saved), scope, [CREATE])
    assert (f"plan file {saved} was made for a different target: {difference}", "guard.plan_scope") == (
        refused.value.message,
        refused.value.code,
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "plan file {path} cannot be read: it is not JSON"),
        (b"\xff\xfe", "plan file {path} cannot be read: it is not JSON"),
        (b"[]", "{path} is not a plan file of this version"),
        (b'{"schema": "lmx-plan/0"}', "{path} is not a plan file of this version"),
        (b'{"schema": "lmx-plan/1"}', "plan file {path} has no list of changes"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "plan file {path} cannot be read: it is nested too deeply"),
    ],
)
def test_file_that_is_no_plan_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Broken, cut, nested and foreign files are named as such."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        read_plan_file(path)
    assert message.format(path=path) == refused.value.message


def test_missing_plan_file_is_refused(tmp_path: Path) -> None:
    """The remedy is to make one."""
    with pytest.raises(ConfigError) as refused:
        read_plan_file(tmp_path / "none.json")
    assert "Make one with --save-plan." == refused.value.hint


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("missing/plan.json", "No such file or directory"),
        ("folder", "Is a directory"),
        ("full", "No space left on device"),
    ],
)
def test_plan_that_cannot_be_written_leaves_nothing(tmp_path: Path, name: str, reason: str) -> None:
    """The reason is the system's; no temporary file is left."""
    (tmp_path / "folder").mkdir()
    device = Path("/dev/full")
    assert device.is_char_device(), "this machine has no /dev/full"
    (tmp_path / "full").symlink_to(device)
    with pytest.raises(FailedError) as failed:
        save_plan(tmp_path / name, SCOPE, [CREATE])
    assert f"plan file {tmp_path / name} cannot be written: {reason}" == failed.value.message
    assert [tmp_path / "folder", tmp_path / "full"] == sorted(tmp_path.rglob("*"))


def test_link_to_a_plan_file_stays_a_link(tmp_path: Path) -> None:
    """The file behind it is written."""
    link = tmp_path / "link.json"
    link.symlink_to(tmp_path / "plan.json")
    for _ in range(2):
        save_plan(link, SCOPE, [CREATE])
    assert (True, read_plan_file(tmp_path / "plan.json").changes) == (link.is_symlink(), read_plan_file(link).changes)


def test_plan_goes_through_a_pipe(tmp_path: Path) -> None:
    """What one process writes another reads, whichever comes first; the pipe stays a pipe."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        saved = pool.submit(read_plan_file, pipe)
        save_plan(pipe, SCOPE, [CREATE, LINK] * 1000)
        require_within_plan(saved.result(), SCOPE, [CREATE, LINK])
    assert pipe.is_fifo()


@pytest.mark.slow
def test_pipe_with_nobody_at_its_other_end_is_given_up(tmp_path: Path) -> None:
    """After five seconds."""
    to_read, to_write = tmp_path / "read", tmp_path / "write"
    os.mkfifo(to_read)
    os.mkfifo(to_write)
    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read_plan_file, to_read)
        with pytest.raises(FailedError, match="nothing read from this pipe within 5 s"):
            save_plan(to_write, SCOPE, [CREATE])
        with pytest.raises(ConfigError, match="nothing complete came through it within 5 s"):
            reading.result()
