"""Text from outside is shown, never obeyed."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from learnermax_cli.core.text_safety import (
    brief,
    markdown,
    markdown_cell,
    printable,
    without_workflow_commands,
    workflow_command_message,
    workflow_command_property,
)

_COMMAND = re.compile(r"(?:^|[\r\n])\s*::|##\[")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Café ✓ 日本", "Café ✓ 日本"),
        ("a\tb\nc\rd", "a\\tb\\nc\\rd"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x00\x07\x7f\x9b", "\\x00\\x07\\x7f\\x9b"),
        ("\u202e\u2066\u200b\ufeff", "\\u202e\\u2066\\u200b\\ufeff"),
        ("\u2028\u2029", "\\u2028\\u2029"),
        ("\ud800", "\\ud800"),
        ("[red]", "[red]"),
    ],
)
def test_hidden_characters_become_visible(text: str, shown: str) -> None:
    """Control, invisible and separating characters are written as escapes; letters of any script stay."""
    assert shown == printable(text)


@pytest.mark.parametrize(("text", "shown"), [("abcdef", "abc…"), ("abcd", "abcd"), ("ab\x1bc", "ab\\…")])
def test_long_text_is_cut_at_the_limit(text: str, shown: str) -> None:
    """The escapes count as what they are shown as."""
    assert shown == printable(text, 4)


ESCAPED = {
    "a|b": "a&#124;b",
    "<b>": "&#60;b&#62;",
    "`x`": "&#96;x&#96;",
    "@someone": "@<!-- -->someone",
    "[x](y)": "&#91;x&#93;(y)",
    "![x](y)": "&#33;&#91;x&#93;(y)",
    "&lt;": "&#38;lt;",
    "# x": "&#35; x",
    "#12": "#<!-- -->12",
    "- x": "&#45; x",
    "- - -": "&#45; - -",
    "---": "&#45;--",
    "-": "&#45;",
    " + x": "&#32;&#43; x",
    "===": "&#61;==",
    "1. x": "&#49;. x",
    "1)": "&#49;)",
    ":smile: :100: :+1:": ":<!-- -->smile: :<!-- -->100: :<!-- -->+1:",
    "::error title=x::y": "&#58;:error title=x::y",
    "149.99 usd": "149.99 usd",
    "--env-file": "--env-file",
    "a - b": "a - b",
    "2026-11-29T07:34:03Z": "2026-11-29T07:34:03Z",
    "arn:aws:sns:us-east-1:123456789012:topic": "arn:aws:sns:us-east-1:123456789012:topic",
    "arn:aws-us-gov:sts::123456789012:user": "arn:aws-us-gov:sts::123456789012:user",
    "https://x.test": "https&#58;//x.test",
    "https://dashboard.stripe.com/test/payments/pi_1": "https://dashboard.stripe.com/test/payments/pi_1",
    "https://dashboard.stripe.com.x.test/y": "https&#58;//dashboard.stripe.com.x.test/y",
    "[x](https://dashboard.stripe.com/y)": "&#91;x&#93;(https://dashboard.stripe.com/y)",
    "www.x.test": "www&#46;x.test",
    "**x**": "&#42;&#42;x&#42;&#42;",
    "_x_": "&#95;x&#95;",
    "a\nb": "a&#92;nb",
    "lmx_preview_TEST-COURSE-003: 49.99 usd": "lmx_preview_TEST-COURSE-003: 49.99 usd",
}


@pytest.mark.parametrize("text", ESCAPED)
def test_markdown_shows_text_as_it_stands(text: str) -> None:
    """What GitHub would make something of is a character reference; ids and prices stay legible."""
    assert ESCAPED[text] == markdown(text)


# What GitHub looks for in the text that is left when Markdown is HTML: a character reference is that character by then
# [issue github/cmark-gfm#181].
_MENTION = re.compile(r"@\w|#\d|:\w+:")
_COMMENT = "<!-- -->"


def text_nodes(source: str) -> list[str]:
    """Return what Markdown shows of a line that holds text alone, in the pieces in which GitHub looks for mentions."""
    pieces = [""]
    for token in MarkdownIt("commonmark").enable("table").parse(source):
        assert token.type in ("paragraph_open", "inline", "paragraph_close"), source
        for child in token.children or ():
            if child.type == "html_inline" and child.content == _COMMENT:
                pieces.append("")
            else:
                assert child.type in ("text", "text_special"), source
                pieces[-1] += child.content
    return pieces


@given(st.text() | st.text(st.sampled_from("@#1a:/.-_*`<!>&;|[]()\\ \n\t+=")))
def test_any_text_is_one_harmless_line_of_markdown(text: str) -> None:
    """Whatever the text, it is shown as it stands: no border of a cell, no tag, no mention, no code, no link."""
    source = markdown(text)
    assert not set("|<>`*[]~\n\r") & set(source.replace(_COMMENT, ""))
    assert not set(source.replace(f"@{_COMMENT}", "")) & {"@"}
    assert "://" not in source
    pieces = text_nodes(source)
    assert printable(text).strip() == "".join(pieces).strip()
    assert [] == [piece for piece in pieces if re.search(r"@\w|#\d", piece)]


@pytest.mark.parametrize(
    "text", ["@someone", "a @some-one, b", "#12", "org/repo#12", ":tada:", "a :+1: b", "::error::x", "x@y.z", "##1"]
)
def test_nobody_is_mentioned(text: str) -> None:
    """Nor is an issue, and no picture stands for a word, in a cell and on a line."""
    for source in (markdown(text), markdown_cell(text)):
        pieces = text_nodes(f"x {source}")
        assert (f"x {text}", []) == ("".join(pieces), [piece for piece in pieces if _MENTION.search(piece)])


@pytest.mark.parametrize("text", ["-", "1. x", "---", "149.99 usd"])
def test_cell_of_a_table_begins_no_list(text: str) -> None:
    """Only text at the start of a line does, so in a cell it is legible."""
    assert text == markdown_cell(text)


@given(st.text())
def test_any_text_is_one_line_without_control_characters(text: str) -> None:
    """Whatever the text, a terminal is not steered by it."""
    assert not {"Cc", "Cf", "Zl", "Zp", "Cs"} & {unicodedata.category(character) for character in printable(text)}


@given(st.text(st.sampled_from(": #[]errorx\n\r\t ")))
def test_any_text_is_without_workflow_commands(text: str) -> None:
    """Whatever the text, GitHub's runner finds no command in it."""
    assert not _COMMAND.search(without_workflow_commands(text))


def test_ordinary_text_is_not_changed_for_actions() -> None:
    """Colons and brackets elsewhere mean nothing to the runner."""
    text = "a::b [x] # c\n  : d\nhttps://x.test ::1"
    assert text == without_workflow_commands(text)


def test_message_of_a_command_keeps_its_colons() -> None:
    """The runner decodes percent and line ends in a message, and nothing else."""
    assert "100%25: a, b%0Ac%0D" == workflow_command_message("100%: a, b\nc\r")


def test_property_of_a_command_has_no_colon_and_no_comma() -> None:
    """Both end a property."""
    assert "100%25%3A a%2C b" == workflow_command_property("100%: a, b")


def test_old_style_command_in_a_message_is_broken_up() -> None:
    """`##[` is obeyed anywhere in a line."""
    assert "##[" not in workflow_command_message("x ##[error]y")


def test_brief() -> None:
    """A short value is named, a long one not even in part: it may be a secret, which is masked as a whole."""
    assert ("'a b'", "'7'", "a text of 41 characters") == (brief("a b"), brief(7), brief("x" * 41))
