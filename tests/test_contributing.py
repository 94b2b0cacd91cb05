"""The contributor's page names what is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
_FILE = re.compile(r"`((?:[a-z_]+/)+[a-z_]+\.(?:py|yaml))(?:: ([A-Za-z_, ]+))?`")


@pytest.mark.parametrize(("path", "names"), sorted(set(_FILE.findall(PAGE))))
def test_named_file_is_there(path: str, names: str) -> None:
    """Each file that the page names exists, and holds what is named behind it."""
    found = [folder / path for folder in (ROOT, ROOT / "learnermax_cli") if (folder / path).is_file()]
    assert 1 == len(found), path
    source = found[0].read_text(encoding="utf-8")
    assert [] == [name for name in filter(None, names.split(", ")) if name not in source]


def test_page_names_files() -> None:
    """There is something to check."""
    assert 20 < len(set(_FILE.findall(PAGE)))
