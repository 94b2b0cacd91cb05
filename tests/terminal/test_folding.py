"""Lines are broken between words."""

import pytest
from rich.text import Text

from learnermax_cli.terminal.folding import folded

LINES = {
    "short": ("Cost: Stripe 1 read", ["Cost: Stripe 1 read"]),
    "words": ("  ! payer unknown x: paid by nobody known", ["  ! payer unknown x: paid by", "        nobody known"]),
    "id": ("      session: cs_test_a1B2c3D4e5", ["      session:", "          cs_test_a1B2c3D4e5"]),
    "id at the end": ("  1.00 usd taken  pi_ECUICG3Xizxa0", ["  1.00 usd taken", "      pi_ECUICG3Xizxa0"]),
    "Japanese": ("name: " + "データ構造" * 3, ["name: データ構造データ構造デ", "    ータ構造"]),
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
    "number that is no amount": (
        "account 123456789012, arn:aws:user",
        ["account 123456789012,", "    arn:aws:user"],
    ),
    "amount": ("the student has paid 1,249.99 usd", ["the student has paid", "    1,249.99 usd"]),
    "duration": ("changed: paid, after 200 12 ms", ["changed: paid, after 200", "    12 ms"]),
    "question": ("Apply this to environment a? [y/N] ", ["Apply this to environment a?", "    [y/N] "]),
}


@pytest.mark.parametrize(("line", "expected"), LINES.values(), ids=LINES)
def test_line_is_broken_between_words(line: str, expected: list[str]) -> None:
    """What follows is indented; ids, commands, options with their values and amounts stay whole."""
    assert expected == folded(Text(line), 29).plain.split("\n")


def test_line_to_paste_is_left_as_it_is() -> None:
    """YAML for a template, which a terminal copies whole."""
    line = Text('      STRIPE_SECRET_KEY: "{{resolve:secretsmanager}}"', no_wrap=True)
    assert line == folded(line, 29)


def test_broken_line_keeps_its_styles() -> None:
    """Each part is as it was, the indentation before it is not."""
    line = Text("+ create product a", style="green").append("  (named by the course)", style="dim")
    first, second = folded(line, 29).split("\n")
    assert ("+ create product a  (named by", "      the course)") == (first.plain, second.plain)
    assert [(6, 17, "green"), (6, 17, "dim")] == [(span.start, span.end, span.style) for span in second.spans]
