"""Commands that texts name are values; they take the options of a run, and nothing else is touched."""

import ast
from pathlib import Path

import pytest

import learnermax_cli
from learnermax_cli.core.remedy import Advice, completed_text, join, lmx, reconcile_one, release_one

PACKAGE = Path(learnermax_cli.__file__).parent
# Spoken of, not to be pasted.
SPOKEN_OF = ("lmx webhooks serve",)
GROUPS = ("secrets", "courses", "products", "checkout", "enrollments", "webhooks")


def test_command_takes_the_options_of_the_run() -> None:
    """Each command in a text does, behind its own words."""
    advice = "Run " + lmx("products sync", "--course", "a") + ", or " + lmx("doctor") + "."

    assert "Run lmx products sync --course a, or lmx doctor." == advice
    assert "Run lmx products sync --course a -e prod, or lmx doctor -e prod." == completed_text(advice, " -e prod")


def test_text_from_outside_is_never_rewritten() -> None:
    """A course may be called like a command."""
    name = "From zero to lmx products sync in a day"

    assert name == completed_text(name, " -e prod")
    assert f"{name}: lmx doctor -e prod" == completed_text(f"{name}: " + lmx("doctor"), " -e prod")


def test_command_of_another_environment_keeps_it() -> None:
    """It names the environment that it is for."""
    advice = lmx("webhooks delete", "-e", "prod", own_environment=True)

    assert "lmx webhooks delete -e prod" == completed_text(advice, " -e preview")


@pytest.mark.parametrize(
    ("user", "shown"), [("user-1", "user-1"), ("o'neil; rm -rf /", "'o'\"'\"'neil; rm -rf /'"), ("", "''")]
)
def test_ids_are_quoted(user: str, shown: str) -> None:
    """They may hold what a shell obeys."""
    assert f"lmx enrollments reconcile --course a --user {shown}" == reconcile_one("a", user)
    assert f"lmx enrollments release a --user {shown}" == release_one("a", user)


def test_join_keeps_commands() -> None:
    """Several reasons become one text."""
    joined = join("; ", ["first", "then " + lmx("doctor")])

    assert isinstance(joined, Advice)
    assert "first; then lmx doctor -q" == completed_text(joined, " -q")


def test_no_command_is_plain_text() -> None:
    """Every command that a message names is made by `lmx`, so that it takes the options of the run."""
    assert [] == _plain_commands()


def _plain_commands() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if "cli" in path.parts or "sandbox" in path.relative_to(PACKAGE).parts:
            continue  # help texts and the demo name commands as they are typed
        tree = ast.parse(path.read_text(encoding="utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                text = node.value
                for spoken in SPOKEN_OF:
                    text = text.replace(spoken, "")
                if "lmx doctor" in text or any(f"lmx {group} " in text for group in GROUPS):
                    found.append(f"{path.relative_to(PACKAGE)}: {node.value}")
    return found
