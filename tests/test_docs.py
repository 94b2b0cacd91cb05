"""The pages of docs/: they name all that there is, link to what is there, and their examples run as they stand."""

import ast
import re
from collections.abc import Iterator
from typing import get_args

import pytest

from learnermax_cli.config.setting_table import SETTINGS, STRIPE_API_BASE, Setting
from learnermax_cli.enrollments import decide, decide_access, plan_event
from learnermax_cli.enrollments.payment_state import State
from tests.forking import PROJECT
from tests.pages import run_examples, text_of
from tests.running import Sandbox

PAGES = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md"))
CONFIGURATION, PAYMENTS = "docs/configuration.md", "docs/payments.md"
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "deploy/README.md", *PAGES])
def test_links_lead_somewhere(page: str) -> None:
    """To a file of the project, and to a heading in it."""
    wrong = []
    for target, anchor in _LINK.findall(text_of(page)):
        if "://" in target:
            continue
        path = (PROJECT / page).parent / target if target else PROJECT / page
        there = path.exists() and (not anchor or anchor in _anchors(str(path.resolve().relative_to(PROJECT.resolve()))))
        wrong += [] if there else [f"{target}#{anchor}"]
    assert [] == wrong


@pytest.mark.parametrize("page", PAGES)
def test_examples_run_and_show_what_they_say(sandbox: Sandbox, page: str) -> None:
    """On an empty sandbox, from the top of the page to its end."""
    run_examples(sandbox, page)


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_setting_has_a_row(setting: Setting) -> None:
    """With its flag, whether an env file may set it, and its default."""
    table = [line.split("|")[1:-1] for line in text_of(CONFIGURATION).splitlines() if line.startswith("| ")]
    ((names, flag, in_file, default),) = [row for row in table if len(row) == 4 and f"`{setting.name}`" in row[0]]
    missing = [name for name in setting.variables if name not in names and name != "AWS_DEFAULT_PROFILE"]
    flags = [] if setting.flag is None else [f"`--{setting.flag.replace('_', '-')}`"]
    missing += [name for name in flags if name not in flag]
    assert ([], setting.in_file) == (missing, in_file.strip() == "yes")
    worth = (setting.default("ENV") or "").replace("ENV", "<environment>")
    assert worth in default or worth == STRIPE_API_BASE


def _texts(node: ast.expr, known: dict[str, set[str]]) -> set[str]:
    """Return the texts that an expression may be, as far as it is written down."""
    match node:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.Name(id=name):
            return known.get(name, set())
        case ast.IfExp(body=body, orelse=other):
            return _texts(body, known) | _texts(other, known)
        case ast.JoinedStr(values=parts):
            texts = {""}
            for part in parts:
                more = _texts(part.value if isinstance(part, ast.FormattedValue) else part, known)
                texts = {text + end for text in texts for end in more}
            return texts
    return set()


def _assigned(function: ast.FunctionDef) -> dict[str, set[str]]:
    """Return the texts of the names of a function."""
    known: dict[str, set[str]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = list(zip(target.elts, node.value.elts, strict=True))
                for name, value in pairs:
                    if isinstance(name, ast.Name):
                        known.setdefault(name.id, set()).update(_texts(value, known))
    return known


def _called(name: str, argument: int) -> Iterator[str]:
    """Yield what the rules hand to a constructor as this argument."""
    for module in (decide, decide_access, plan_event):
        tree = ast.parse((PROJECT / (module.__name__.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
                if isinstance(call.func, ast.Name) and call.func.id == name:
                    yield from _texts(call.args[argument], _assigned(function))


def _first_cells(heading: str) -> set[str]:
    """Return what the rows of a chapter are about."""
    chapter = text_of(PAYMENTS).partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in chapter.splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_state_has_a_row() -> None:
    """Those that a session may have, and those that a decision may be about."""
    states = {*get_args(State), *_called("Decision", 1), "completed", "free"}
    assert states == _first_cells("States")


def test_every_finding_has_a_row() -> None:
    """What it means, and what to do about it."""
    grave = decide._ATTENTION
    assert {*_called("Finding", 0), *grave} == _first_cells("Findings")
