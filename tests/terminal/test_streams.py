"""A document written piece by piece is the text that the standard library writes; lines are broken between words."""

import json

import pytest
from rich.text import Text

from learnermax_cli.terminal.streams import folded, json_pieces

DOCUMENTS: list[dict[str, object]] = [
    {"schema": "lmx/1"},
    {"text": "a\nb ü", "none": None, "nested": {"a": [1, {"b": []}], "c": {}}, "list": [1, [2]]},
    {"changes": [{"key": "a", "after": {"x": 1}}, {"key": "b"}], "skipped": [], "last": 1.5},
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=["one field", "nested", "lists"])
def test_text_is_that_of_json_dumps(document: dict[str, object]) -> None:
    """Lists may be given as lists or as iterators: the text is the same."""
    expected = json.dumps(document, indent=2)
    lazy = {name: iter(value) if isinstance(value, list) else value for name, value in document.items()}
    assert expected == "".join(json_pieces(document.items()))
    assert expected == "".join(json_pieces(lazy.items()))


LINES = {
    "short": ("Cost: Stripe 1 read", ["Cost: Stripe 1 read"]),
    "words": ("  ! payer unknown x: paid by nobody known", ["  ! payer unknown x: paid by", "        nobody known"]),
    "id": ("      session: cs_test_a1B2c3D4e5", ["      session:", "          cs_test_a1B2c3D4e5"]),
    "command": (
        "then run lmx products sync --course a -e prod, or wait",
        ["then run", "    lmx products sync --course a -e prod,", "    or wait"],
    ),
    "command that just fits": (
        "  Enroll: lmx enrollments list --all",
        ["  Enroll:", "  lmx enrollments list --all"],
    ),
    "command in brackets": ("as was told there (lmx doctor) above", ["as was told there", "    (lmx doctor) above"]),
    "command alone": (f"      lmx students show {'u' * 30}", [f"      lmx students show {'u' * 30}"]),
    "commands in a row": (
        "Fix a: lmx doctor --no-color && lmx demo",
        ["Fix a:", "    lmx doctor --no-color &&", "    lmx demo"],
    ),
    "option": ("- give it the option --price-unit minor", ["- give it the option", "      --price-unit minor"]),
    "amount": ("the student has paid only 1,249.99 usd", ["the student has paid only", "    1,249.99 usd"]),
    "question": ("Apply this to environment a? [y/N] ", ["Apply this to environment a?", "    [y/N] "]),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_line_is_broken_between_words(line: str, expected: list[str]) -> None:
    """What follows is indented; ids, commands, options with their values and amounts stay whole."""
    assert expected == [part.plain for part in folded(Text(line), 29)]


def test_line_to_paste_is_left_as_it_is() -> None:
    """YAML for a template, which a terminal copies whole."""
    line = Text('      STRIPE_SECRET_KEY: "{{resolve:secretsmanager}}"', no_wrap=True)
    assert [line] == list(folded(line, 29))


def test_broken_line_keeps_its_styles() -> None:
    """Each part is as it was, the indentation before it is not."""
    line = Text("+ create product a", style="green").append("  (named by the course)", style="dim")
    first, second = folded(line, 29)
    assert ("+ create product a  (named by", "      the course)") == (first.plain, second.plain)
    assert [(6, 17, "green"), (6, 17, "dim")] == [(span.start, span.end, span.style) for span in second.spans]
