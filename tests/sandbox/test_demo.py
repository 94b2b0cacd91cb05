"""The demo's steps: what a person may paste, and how far they go."""

from pathlib import Path

import pytest

import learnermax_cli.sandbox
from learnermax_cli.sandbox.demo_steps import STEPS
from tests.commands import reaching_an_account
from tests.running import Sandbox

PACKAGE = Path(learnermax_cli.sandbox.__file__).parent


def test_every_command_works_on_a_sandbox_alone() -> None:
    """Pasted as it is shown, none reaches an account."""
    shown = [" ".join(step.words()) for step in STEPS]
    assert [] == [line for line in shown if not line.startswith("sandbox ") and not line.endswith(" -e sandbox")]


def test_demo_ends_with_a_refund() -> None:
    """Its finding, access that follows the money, and the student's case."""
    assert [
        "sandbox refund LINK",
        "enrollments reconcile --since 1d -e sandbox",
        "enrollments reconcile --since 1d --revoke -e sandbox",
        "students show test-student -e sandbox",
    ] == [" ".join(step.words()) for step in STEPS[-4:]]


def test_shortened_steps_show_their_verdict(sandbox: Sandbox) -> None:
    """What a report begins with says where, and what came of it."""
    shortened = [step.command for step in STEPS if step.verdict_only]
    assert ["courses seed", "secrets push", "products sync --yes", "products sync --yes", "enrollments reconcile"] == (
        shortened
    )
    began = [sandbox.run(*command.split()).stdout.splitlines()[:2] for command in shortened]
    assert [
        "Applied: 7 courses written to table learnermax-education-sandbox, 0 unchanged.",
        "Stored: 2 added, 0 changed, 0 removed, 0 unchanged.",
        "Applied: 2 added, 0 changed, 0 archived, 0 unchanged, 1 skipped.",
        "Nothing to do: 2 unchanged, 1 skipped.",
        "Applied: 0 completed, 0 created, 0 released, 0 unchanged.",
    ] == [verdict for _, verdict in began]


def test_texts_of_the_sandbox_name_no_command_that_leaves_it() -> None:
    """Its reports and remedies write the option out, since they are for one environment alone."""
    sources = (path.read_text(encoding="utf-8") for path in sorted(PACKAGE.rglob("*.py")))
    assert [] == [found for text in sources for found in reaching_an_account(text.replace("{ENVIRONMENT}", "sandbox"))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("$ lmx doctor -e sandbox", []),
        ("Run lmx products sync --course a -e sandbox, or lmx doctor.", ["lmx doctor."]),
        ("lmx sandbox pay LINK && lmx demo", []),
        ("lmx refuses to guess", []),
        ("lmx courses list -e sandbox-2 | lmx courses list -e\nsandbox", ["lmx courses list -e sandbox-2 | "]),
    ],
)
def test_command_that_leaves_the_sandbox_would_be_noticed(text: str, found: list[str]) -> None:
    """Wherever it stands in a text, and however lines are wrapped."""
    assert found == reaching_an_account(text)
