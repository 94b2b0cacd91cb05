"""The pictures of README and docs/ show the present version: made again, they are the same."""

import html
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import reaching_an_account
from tests.forking import PROJECT

COMMITTED = PROJECT / "docs" / "pictures"
NAMES = sorted(path.name for path in COMMITTED.glob("*.svg"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of pictures made just now."""
    folder = tmp_path_factory.mktemp("pictures")
    subprocess.run(
        [sys.executable, "-m", "docs.make_pictures", str(folder)],
        cwd=PROJECT,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=True,
        timeout=240,
    )
    return folder


@pytest.mark.slow
def test_each_picture_is_there_and_shown(made: Path) -> None:
    """The script makes what is committed, no more and no less, and the README or a page of docs/ shows it."""
    pages = "".join(
        path.read_text(encoding="utf-8") for path in (PROJECT / "README.md", *COMMITTED.parent.glob("*.md"))
    )
    assert NAMES == sorted(path.name for path in made.iterdir())
    assert [] == [name for name in NAMES if f"pictures/{name})" not in pages]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_picture_is_current(name: str, made: Path) -> None:
    """`python -m docs.make_pictures` makes them anew, for a person to look at."""
    assert (COMMITTED / name).read_text(encoding="utf-8") == (made / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_picture_loads_nothing(name: str) -> None:
    """No font, no script, no image from elsewhere."""
    text = (COMMITTED / name).read_text(encoding="utf-8")
    assert [] == [word for word in ("@font-face", "<script", "<image", "url(http", "url(&quot;http") if word in text]


@pytest.mark.parametrize("name", NAMES)
def test_picture_shows_no_key_and_no_path_of_this_machine(name: str) -> None:
    """Not even one of a sandbox: who reads it learns to expect none."""
    text = (COMMITTED / name).read_text(encoding="utf-8")
    assert [] == re.findall(r"(?:sk|rk|rkcs|pk|whsec)_\w{4,}|(?:/tmp|/home|/root|/Users)/\S*", text)


@pytest.mark.parametrize("name", NAMES)
def test_picture_shows_no_command_that_leaves_the_sandbox(name: str) -> None:
    """Typed after it, none reaches an account."""
    shown = re.sub(r"<[^>]*>", " ", (COMMITTED / name).read_text(encoding="utf-8"))
    assert [] == reaching_an_account(html.unescape(shown).replace("\xa0", " "))
