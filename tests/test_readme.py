"""The README: short, its examples run as they stand, and it leads to every page."""

import pytest

from tests.forking import PROJECT
from tests.pages import examples, require_shown, run_examples, text_of
from tests.running import Sandbox

README = "README.md"


def test_page_is_short() -> None:
    """Whoever opens it finds what there is, and where the rest is."""
    assert 10_000 >= len(text_of(README).encode())


def test_wrong_output_is_noticed() -> None:
    """A line that is not said does not pass, a line that is cut passes as far as it goes."""
    require_shown("x", ["said: in fu…", "took 2.0 s"], "said: in full\ntook 3.1 s\n")
    with pytest.raises(AssertionError):
        require_shown("x", ["never said"], "said: in full\n")
    require_shown("x", ["b", "a"], "a\n", "b\n")
    with pytest.raises(AssertionError):
        require_shown("x", ["b", "a"], "a\nb\n")


def test_examples_run(sandbox: Sandbox) -> None:
    """From an empty sandbox to a paid enrollment, a refund, and access that follows the money."""
    assert 10 <= len(examples(README))
    run_examples(sandbox, README)


@pytest.mark.parametrize("page", sorted(path.name for path in (PROJECT / "docs").glob("*.md")))
def test_page_is_linked(page: str) -> None:
    """No page of docs/ has to be looked for."""
    assert f"](docs/{page})" in text_of(README)
