"""A plan that was saved and reviewed is all that a later run does."""

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.products.worlds import edit_course, put_course, read_products, sync
from tests.running import Sandbox


def saved_plan(sandbox: Sandbox) -> Path:
    """Plan a course and save the plan."""
    put_course(sandbox, "a", "49.99")
    path = sandbox.cwd / "plan.json"
    assert 0 == sync(sandbox, "--dry-run", "--save-plan", str(path)).exit_code
    return path


def test_saved_plan_is_applied(sandbox: Sandbox) -> None:
    """Nothing has happened in between, so all of it is done."""
    path = saved_plan(sandbox)
    ran = sync(sandbox, "--plan", str(path))
    assert (0, json.loads(path.read_text())["digest"]) == (ran.exit_code, ran.report["digest"])
    assert ["lmx_sandbox_a"] == list(read_products(sandbox))


def test_saving_a_plan_names_the_command_that_applies_it(sandbox: Sandbox) -> None:
    """With every option that decides the changes; pasted, it applies them."""
    put_course(sandbox, "a", "49.99", comingSoon=True)
    args = ("--course", "a", "--currency", "eur", "--include-coming-soon", "--save-plan", "my plan.json")
    done = sandbox.run("products", "sync", "--dry-run", *args)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("To apply this plan: ")]
    words = shlex.split(line.removeprefix("To apply this plan: lmx "))
    assert ["--course", "a", "--currency", "eur", "--include-coming-soon", "--plan", "my plan.json"] == words[2:9]
    applied = sandbox.run(*words, "--yes")
    assert (0, ["lmx_sandbox_a"]) == (applied.returncode, list(read_products(sandbox)))


def test_plan_without_changes_names_no_command(sandbox: Sandbox) -> None:
    """There is nothing to apply."""
    done = sandbox.run("products", "sync", "--dry-run", "--save-plan", "plan.json")
    assert (0, False) == (done.returncode, "To apply" in done.stdout)


def test_plan_file_holds_the_changes_of_the_report(sandbox: Sandbox) -> None:
    """The file and the dry run's report say the same, for the same account."""
    path = saved_plan(sandbox)
    ran = sync(sandbox, "--dry-run")
    document = json.loads(path.read_text())
    assert (ran.changes, ran.report["digest"]) == (document["changes"], document["digest"])
    assert {
        "command": "products sync",
        "environment": "sandbox",
        "table": "learnermax-education-sandbox",
        **ran.report["stripe"],
    } == document["scope"]


def test_crashed_apply_is_taken_up_with_the_same_plan(sandbox: Sandbox) -> None:
    """A part of the plan is left; it is in the file, so it is done."""
    path = saved_plan(sandbox)
    sandbox.control.add_fault(
        "error", service="dynamodb", operation="UpdateItem", status=400, code="ValidationException"
    )
    assert 1 == sync(sandbox, "--plan", str(path)).exit_code
    ran = sync(sandbox, "--plan", str(path))
    assert (0, [("a", "link", "product", "applied")]) == (ran.exit_code, ran.outcomes)


def test_applied_plan_leaves_nothing_to_do(sandbox: Sandbox) -> None:
    """No change at all is a part of any plan."""
    path = saved_plan(sandbox)
    sync(sandbox, "--plan", str(path))
    ran = sync(sandbox, "--plan", str(path))
    assert (0, []) == (ran.exit_code, ran.changes)


def test_change_that_nobody_reviewed_stops_the_run(sandbox: Sandbox) -> None:
    """A price that was edited after the review is not sold."""
    path = saved_plan(sandbox)
    edit_course(sandbox, "a", name="Another name")
    ran = sync(sandbox, "--plan", str(path))
    assert (5, "guard.plan_changed", {}) == (ran.exit_code, ran.report["error"]["code"], read_products(sandbox))


def test_plan_is_checked_in_a_dry_run_too(sandbox: Sandbox) -> None:
    """The dry run meets every guard that the run meets."""
    path = saved_plan(sandbox)
    put_course(sandbox, "b", "20")
    assert 5 == sync(sandbox, "--dry-run", "--plan", str(path)).exit_code


def test_plan_for_another_table_stops_the_run(sandbox: Sandbox) -> None:
    """The same changes elsewhere are another plan."""
    path = saved_plan(sandbox)
    document = json.loads(path.read_text())
    document["scope"]["table"] = "learnermax-education-prod"
    path.write_text(json.dumps(document))
    ran = sync(sandbox, "--plan", str(path))
    assert (5, "guard.plan_scope") == (ran.exit_code, ran.report["error"]["code"])


def test_refused_plan_is_not_saved(sandbox: Sandbox) -> None:
    """A plan that a guard stops is none to review."""
    path = saved_plan(sandbox)
    put_course(sandbox, "b", "20")
    other = sandbox.cwd / "other.json"
    assert 5 == sync(sandbox, "--dry-run", "--plan", str(path), "--save-plan", str(other)).exit_code
    assert not other.exists()


def test_plan_that_cannot_be_read_ends_in_3(sandbox: Sandbox) -> None:
    """A missing file is configuration."""
    done = sandbox.run("products", "sync", "--yes", "--plan", "none.json", "-o", "json")
    assert 3 == done.returncode
    assert "plan file none.json cannot be read" in done.stdout


def test_missing_plan_file_is_told_before_anything_is_asked(sandbox: Sandbox) -> None:
    """A mistyped name costs no request."""
    before = len(sandbox.control.journal())
    ran = sync(sandbox, "--plan", "nope.json")
    message = "plan file nope.json cannot be read: No such file or directory"
    assert (3, message) == (ran.exit_code, ran.report["error"]["message"])
    assert [] == sandbox.control.journal()[before:]


@pytest.mark.parametrize(
    ("target", "reason"),
    [("no/plan.json", "No such file or directory"), ("/", "Is a directory"), ("/dev/full", "No space left on device")],
)
def test_plan_that_cannot_be_saved_is_reported_all_the_same(sandbox: Sandbox, target: str, reason: str) -> None:
    """The report is whole, with the failure in it; nothing is written, and no file is left."""
    put_course(sandbox, "a", "49.99")
    assert Path("/dev/full").is_char_device(), "this machine has no /dev/full"
    ran = sync(sandbox, "--save-plan", target)
    assert (1, f"plan file {target} cannot be written: {reason}") == (ran.exit_code, ran.report["error"]["message"])
    assert [("a", "create", "product", "planned"), ("a", "link", "product", "planned")] == ran.outcomes
    assert ([], {}) == (list(sandbox.cwd.iterdir()), read_products(sandbox))


@pytest.mark.slow
def test_plan_goes_through_pipes(sandbox: Sandbox) -> None:
    """As from a process substitution; the plan is read once, before anything is asked."""
    put_course(sandbox, "a", "49.99")
    command = 'plan=$(lmx products sync --dry-run --save-plan /dev/fd/3 3>&1 >/dev/null) && echo "$plan" | '
    command += "lmx products sync --yes --plan /dev/stdin"
    script = command.replace("lmx ", f"{shlex.quote(sys.executable)} -m learnermax_cli ")
    done = subprocess.run(["/bin/sh", "-c", script], env=sandbox.env, cwd=sandbox.cwd, timeout=120, check=False)
    assert (0, ["lmx_sandbox_a"]) == (done.returncode, list(read_products(sandbox)))


@pytest.mark.parametrize(
    ("content", "reason"),
    [('{"a":' * 100_000 + "1" + "}" * 100_000, "it is nested too deeply"), (None, "nothing complete came through it")],
    ids=["nested", "pipe"],
)
def test_unreadable_plan_is_one_line(sandbox: Sandbox, content: str | None, reason: str) -> None:
    """A hundred thousand levels, or a pipe without a writer."""
    path = sandbox.cwd / "plan.json"
    if content is None:
        os.mkfifo(path)
    else:
        path.write_text(content)
    ran = sync(sandbox, "--plan", "plan.json")
    assert 3 == ran.exit_code
    assert f"plan file plan.json cannot be read: {reason}" in ran.report["error"]["message"]
    assert ran.stderr.count("\n") == 2
