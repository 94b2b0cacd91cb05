"""The README's examples, run as they stand, one after the other, on one sandbox."""

import re

import pytest

from tests.pages import PROMPT, examples, require_shown, run_examples, text_of
from tests.running import Sandbox

README = "README.md"


def test_outputs_of_examples_are_found() -> None:
    """There is something to compare: most commands show what they say."""
    shown = [lines for _, lines in examples(README) if lines]
    assert (True, True) == (len(shown) >= 12, sum(map(len, shown)) >= 60)


def test_wrong_output_is_noticed() -> None:
    """A line that is not said does not pass, a line that is cut passes as far as it goes."""
    require_shown("x", ["said: in fu…", "took 2.0 s"], "said: in full\ntook 3.1 s\n")
    with pytest.raises(AssertionError):
        require_shown("x", ["never said"], "said: in full\n")


def test_examples_run_and_show_what_they_say(sandbox: Sandbox) -> None:
    """From an empty sandbox to a paid enrollment, a webhook that arrives, and a doctor that is content."""
    run_examples(sandbox, README)


@pytest.mark.parametrize(
    "section", ["Secrets", "Courses", "Products", "Checkout", "Enrollments", "Students", "Webhooks", "Doctor"]
)
def test_every_chapter_has_an_example(section: str) -> None:
    """A chapter on commands shows one of them at work."""
    chapters = re.split(r"^## ", text_of(README), flags=re.MULTILINE)
    chapter = next(text for text in chapters if text.startswith(section))
    assert PROMPT in chapter
