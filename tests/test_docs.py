"""The pages of docs/: they name all that there is, link to what is there, and their examples run as they stand."""

import re

import pytest

from learnermax_cli.config.setting_table import SETTINGS, STRIPE_API_BASE, Setting
from tests.forking import PROJECT
from tests.pages import run_examples, text_of
from tests.running import Sandbox

PAGES = sorted(str(path.relative_to(PROJECT)) for path in (PROJECT / "docs").glob("*.md"))
CONFIGURATION = "docs/configuration.md"
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
