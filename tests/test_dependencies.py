"""What the code imports is declared, in the group that is installed where it is imported, and has one version."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import learnermax_cli
from tests.architecture import imports, read_modules

PACKAGE = Path(learnermax_cli.__file__).parent
PROJECT = PACKAGE.parent
_OWN = {"learnermax_cli", "tests", "benchmarks", "docs", "a relative module"}
_DISTRIBUTIONS = packages_distributions()
_REQUIREMENT = re.compile(r"([A-Za-z0-9._-]+)(?:\[([a-z0-9,]+)\])?")


def imported(trees: Iterable[ast.AST]) -> set[str]:
    """Return the distributions that syntax trees import, by their names on the index."""
    names = {target.partition(".")[0] for tree in trees for target in imports(tree)}
    outside = names - _OWN - set(sys.stdlib_module_names)
    return {normal(distribution) for name in outside for distribution in _DISTRIBUTIONS[name]}


def declared(requirements: Iterable[str]) -> set[str]:
    """Return the distributions that requirements name; of `types-boto3` its extras are distributions too."""
    found = set()
    for requirement in requirements:
        match = _REQUIREMENT.match(requirement)
        assert match is not None
        name, extras = normal(match[1]), (match[2] or "").split(",")
        found |= {f"{name}-{extra}" for extra in extras} if name == "types-boto3" else {name}
    return found - {"learnermax-cli"}


def normal(name: str) -> str:
    """Return a name as the index compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def stubs(names: set[str]) -> set[str]:
    """Return those that only type checkers import."""
    return {name for name in names if name.startswith("types-")}


MODULES = read_modules(PACKAGE)
DOCUMENT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
CORE = declared(DOCUMENT["dependencies"])
EXTRAS = {name: declared(wanted) for name, wanted in DOCUMENT["optional-dependencies"].items()}


def test_each_package_that_is_imported_is_declared_where_it_is_needed() -> None:
    """Nothing too few, which an update of another package would take away, and nothing too many."""
    sandbox = imported(module.tree for module in MODULES if module.room == "sandbox")
    others = imported(module.tree for module in MODULES if module.room != "sandbox")
    assert CORE | EXTRAS["lambda"] == others - stubs(others)
    assert EXTRAS["sandbox"] == sandbox - stubs(sandbox) - CORE
    assert stubs(others | sandbox) <= EXTRAS["dev"]


def test_what_tests_and_benchmarks_import_is_declared() -> None:
    """A developer's installation has all of it."""
    folders = ("tests", "benchmarks", "docs")
    paths = [path for folder in folders for path in (PROJECT / folder).rglob("*.py")]
    found = imported(ast.parse(path.read_text(encoding="utf-8")) for path in paths)
    assert set() == found - CORE - EXTRAS["dev"] - EXTRAS["sandbox"] - EXTRAS["lambda"]


def test_each_declared_package_has_one_version() -> None:
    """`constraints.txt` pins all of them."""
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {normal(line.partition("==")[0]) for line in lines}
    assert set() == CORE.union(*EXTRAS.values()) - pinned


def test_constraints_leave_an_older_python_to_pip() -> None:
    """Each holds for the Pythons that lmx runs on alone, so that another one is refused as that, not as a conflict."""
    lines = (PROJECT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    oldest = DOCUMENT["requires-python"].removeprefix(">=")
    expected = [f'{line.partition(" ")[0]} ; python_version >= "{oldest}"' for line in lines]
    assert expected == lines
    assert f"Python {oldest} or newer" in (PROJECT / "README.md").read_text(encoding="utf-8")
