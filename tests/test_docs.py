"""The documentation: it names all that there is and nothing else, its links lead somewhere, its examples run."""

import ast
import json
import re
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_args

import pytest
import requests
import yaml
from typer.exceptions import TyperException

from learnermax_cli import __version__
from learnermax_cli.cli.main import command_tree
from learnermax_cli.config.setting_table import _NOT_SETTINGS, SETTINGS, STRIPE_API_BASE, Setting
from learnermax_cli.core.errors import LmxError
from learnermax_cli.enrollments import decide, decide_access, plan_event
from learnermax_cli.enrollments.payment_state import State
from tests.documents import flaws
from tests.forking import PROJECT
from tests.pages import blocks, examples, lines, prose, run_examples, text_of
from tests.running import Sandbox

PAGES = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md"))
ALL = ["README.md", "CONTRIBUTING.md", "deploy/README.md", *PAGES]
CONFIGURATION, PAYMENTS, SPEED = "docs/configuration.md", "docs/payments.md", "docs/speed.md"
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)")


def _anchors(page: str) -> set[str]:
    """Return the anchors that GitHub makes of the headings of a page."""
    headings = _HEADING.findall(re.sub(r"^```.*?^```", "", text_of(page), flags=re.MULTILINE | re.DOTALL))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", ALL)
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


@pytest.mark.parametrize("page", [page for page in PAGES if examples(page)])
def test_examples_run_and_show_what_they_say(sandbox: Sandbox, page: str) -> None:
    """On an empty sandbox, from the top of the page to its end."""
    run_examples(sandbox, page)


def test_control_routes_are_there(sandbox: Sandbox) -> None:
    """Each that docs/sandbox.md names answers, with the bodies that it shows."""
    rows = [
        line for line in text_of("docs/sandbox.md").splitlines() if line.startswith("| `GET /") or "| `POST /" in line
    ]
    asked = []
    for row in rows:
        _, routes, what, _ = row.split("|")
        bodies = [body for body in re.findall(r"`(\{.*?\})`", what) if "…" not in body]
        for method, path in re.findall(r"`(GET|POST|DELETE) (/\S+)`", routes):
            for body in bodies[:1] if method == "POST" else [None]:
                answer = requests.request(method, sandbox.info.control_url + path, data=body, timeout=30)
                asked.append((method, path, answer.status_code))
    assert 7 == len(asked)
    assert {200} == {status for *_, status in asked}


def test_outputs_of_examples_are_found() -> None:
    """There is something to compare: many commands show what they say."""
    shown = [line.shown for page in PAGES for line in examples(page) if line.shown]
    assert (True, True) == (len(shown) >= 20, sum(map(len, shown)) >= 100)


@pytest.mark.parametrize("page", ALL)
def test_commands_in_code_parse(page: str) -> None:
    """Each line that runs lmx is one that the program takes."""
    refused = [_flaw(line.words) for block in blocks(page) for line in lines(block)]
    assert [] == [flaw for flaw in refused if flaw]


@pytest.mark.parametrize("page", ALL)
def test_commands_for_a_sandbox_reach_no_account(page: str) -> None:
    """What stands beside a command for a sandbox, or behind a prompt, has its `-e sandbox` as well."""
    for block in map(lines, blocks(page)):
        if any(line.local or line.prompted for line in block):
            assert [] == [line.words for line in block if not line.local]


@pytest.mark.parametrize("page", ALL)
def test_commands_and_options_in_prose_are_there(page: str) -> None:
    """`lmx enrollments keep`, `enrollments keep C --user U` and `--user` name what the program has."""
    groups = _tree().commands
    options = {name for words in _commands(groups) for name in _options(words)}
    unknown = []
    for span in re.findall(r"`([^`\n]+)`", prose(page)):
        words = span.replace("…", "").replace("\\|", "|").split()
        if words[:1] == ["lmx"] or (len(words) > 1 and words[0] in groups and words[1].isalpha()):
            unknown += [span] if _unknown(words[1:] if words[0] == "lmx" else words) else []
        elif words and re.fullmatch(r"--[a-z-]+", words[0]):
            unknown += [span] if words[0] not in options | _OTHERS else []
    assert [] == unknown


@pytest.mark.parametrize("page", [*ALL, "CHANGELOG.md", ".env.example"])
def test_variables_are_there(page: str) -> None:
    """Each `LMX_…` that a page names is a setting, or one of the Lambda functions and of GitHub Actions."""
    known = {setting.name for setting in SETTINGS} | _NOT_SETTINGS
    assert set() == set(re.findall(r"\bLMX_[A-Z_]*[A-Z]\b", text_of(page))) - known


def test_no_page_repeats_another() -> None:
    """Each fact has one place, which other pages link to."""
    said = Counter(
        sentence
        for page in ("README.md", "deploy/README.md", *PAGES)
        for sentence in {part.strip() for part in re.split(r"(?<=[.:;|]) |\n", prose(page))}
        if len(sentence) > 60
    )
    assert [] == [sentence for sentence, times in said.items() if times > 1]


@pytest.mark.parametrize("page", ALL)
def test_yaml_is_yaml(page: str) -> None:
    """What a page gives to be pasted into a workflow or pipeline."""
    for text in re.findall(r"```yaml\n(.*?)```", text_of(page), re.DOTALL):
        assert isinstance(yaml.safe_load(text), dict)


@pytest.mark.parametrize("page", ALL)
def test_documents_are_described(page: str) -> None:
    """JSON of lmx that a page shows is as docs/schema says."""
    for text in re.findall(r"```json\n(.*?)```", text_of(page), re.DOTALL):
        document = json.loads(text)
        assert [] == (flaws(document) if "schema" in document else [])


def test_changelog_begins_with_this_version() -> None:
    """What is not released yet may stand above it."""
    releases = re.findall(r"^## (\d\S*) - \d{4}-\d\d-\d\d$", text_of("CHANGELOG.md"), re.MULTILINE)
    assert __version__ == releases[0]


_OTHERS = {"--guided"}
"""Options of other programs."""


def _tree() -> Any:
    return command_tree()


def _flaw(words: Sequence[str]) -> str | None:
    """Return why the program does not take a command line, None when it does."""
    if {"--help", "-h"} & set(words):
        return ", ".join(_unknown(list(words))) or None
    command, name, rest, parent = _tree(), "lmx", list(words), None
    try:
        while getattr(command, "commands", None) is not None:
            parent = command.make_context(name, rest, parent=parent)
            name, command, rest = command.resolve_command(parent, rest)
        command.make_context(name, rest, parent=parent)
    except (TyperException, LmxError) as error:
        return f"{shlex.join(words)}: {error}"
    return None


def _unknown(words: list[str]) -> list[str]:
    """Return what a command named in prose, perhaps in part, has that the program does not."""
    command = _tree()
    while words and getattr(command, "commands", None) is not None and not words[0].startswith("-"):
        if words[0] not in command.commands:
            return [] if words[0].isupper() else words
        command, words = command.commands[words[0]], words[1:]
    names = {word.partition("=")[0] for word in words if word.startswith("--")}
    return sorted(names - set(_options(command)))


def _commands(commands: dict[str, Any]) -> Iterator[Any]:
    for command in commands.values():
        inner = getattr(command, "commands", None)
        yield from [command] if inner is None else _commands(inner)


def _options(command: Any) -> Iterator[str]:
    for parameter in command.params:
        yield from (*parameter.opts, *parameter.secondary_opts)
    yield from ("--help", "-h", "--version", "--install-completion", "--show-completion")


def test_limits_of_speed_are_kept() -> None:
    """Of each row of the table, what was measured is at most the limit."""
    rows = [line.split("|")[1:-1] for line in text_of(SPEED).splitlines() if line.endswith("| kept |")]
    numbers = [(_leading_number(measured), _leading_number(limit)) for _, measured, limit, _ in rows]
    assert 15 == len(numbers)
    assert [] == [pair for pair in numbers if pair[0] > pair[1]]


def _leading_number(cell: str) -> float:
    return float(cell.split(maxsplit=1)[0].replace(",", ""))


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
