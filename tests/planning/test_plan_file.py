"""A saved plan lets through what was reviewed, for the world that it was reviewed for, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.planning.change import Change, digest
from learnermax_cli.planning.plan_file import PlanScope, require_within_plan, save_plan

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
    require_within_plan(saved, SCOPE, changes)


def test_change_that_was_not_reviewed_is_refused(saved: Path) -> None:
    """The refusal counts what is new and names the first."""
    other = replace(CREATE, after={"name": "B"})
    with pytest.raises(GuardError) as refused:
        require_within_plan(saved, SCOPE, [other, LINK])
    assert (
        f"1 of 2 changes are not in plan file {saved}, first: create product a",
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
def test_plan_for_another_world_is_refused(saved: Path, scope: PlanScope, difference: str) -> None:
    """Account, mode, table and environment must be those of the review; an unknown account cannot be."""
    with pytest.raises(GuardError) as refused:
        require_within_plan(saved, scope, [CREATE])
    assert (f"plan file {saved} is for another world: {difference}", "guard.plan_scope") == (
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
    ],
)
def test_file_that_is_no_plan_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Broken and foreign files are named as such."""
    path = tmp_path / "plan.json"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as refused:
        require_within_plan(path, SCOPE, [])
    assert message.format(path=path) == refused.value.message


def test_plan_without_changes_list_is_refused(tmp_path: Path) -> None:
    """A file that was cut or mended by hand lets nothing through."""
    path = tmp_path / "plan.json"
    path.write_text(json.dumps({"schema": "lmx-plan/1", "scope": SCOPE.as_json()}))
    with pytest.raises(ConfigError, match="has no list of changes"):
        require_within_plan(path, SCOPE, [CREATE])


def test_missing_plan_file_is_refused(tmp_path: Path) -> None:
    """The remedy is to make one."""
    with pytest.raises(ConfigError) as refused:
        require_within_plan(tmp_path / "none.json", SCOPE, [])
    assert "Make one with --save-plan." == refused.value.hint


def test_plan_that_cannot_be_written_fails(tmp_path: Path) -> None:
    """A missing folder is an expected failure."""
    with pytest.raises(FailedError, match="cannot be written"):
        save_plan(tmp_path / "missing" / "plan.json", SCOPE, [])
