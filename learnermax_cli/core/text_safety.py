"""Makes text from the table or from Stripe harmless wherever it is printed: terminals, Markdown, GitHub Actions."""

import re
import unicodedata

# Cc: control characters; Cf: invisible ones, the bidirectional overrides among them; Zl, Zp: line separators.
_HIDDEN = frozenset(("Cc", "Cf", "Zl", "Zp", "Cs"))
_BRIEF = 40
# What Markdown, HTML or GitHub would act on: markup, mentions, emoji, links; ids, times and amounts stay legible, and a
# link to Stripe's Dashboard stays one.
_NO_EMOJI = r"(?:\d\d|\d{5,}|aws[a-z-]*|iam|s[nt]s|secretsmanager|[a-z]{2}(?:-[a-z]+)+-\d):"  # of times and ARNs
_MARKDOWN = re.compile(
    r"https://dashboard\.stripe\.com/[A-Za-z0-9_/]+|[\\`*\[\]<>|~&@#!$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|(?<=www)\."
    rf"|:(?=//)|:(?!{_NO_EMOJI})(?=[\w+-]+:)"
)
# What makes a list, a rule, a headline or a workflow command at the start of a line, not at that of a cell.
_LINE_START = re.compile(r" *(?:[-+](?=\s|$)|[-=](?=[-=\s]*$)|\d+(?=[.)](?:\s|$))|:(?=:))")


def printable(text: str, limit: int | None = None) -> str:
    """Return one line in which control characters are visible escapes, cut at `limit` characters."""
    # What Python counts as printable has none of the hidden categories, and nearly all text is.
    shown = text if text.isprintable() else "".join(_visible(character) for character in text)
    return shown if limit is None or len(shown) <= limit else shown[: limit - 1] + "…"


def brief(value: object) -> str:
    """Return a value to be named in a message; of a long one the length, since a part of a secret is not masked."""
    text = str(value)
    return repr(text) if len(text) <= _BRIEF else f"a text of {len(text)} characters"


def markdown(text: str) -> str:
    """Return text that Markdown shows as it stands on a line: no markup, no HTML, no mention, no link, no list."""
    start = _LINE_START.match(text)
    return _entities(start) + markdown_cell(text[start.end() :]) if start else markdown_cell(text)


def markdown_cell(text: str, limit: int | None = None) -> str:
    """Return the same for a cell of a table, without its border."""
    return _MARKDOWN.sub(_harmless, printable(text, limit))


def without_workflow_commands(text: str) -> str:
    """Return text without workflow commands: `::name` at a line's start, `##[name]` anywhere."""
    text = text.replace("##[", "#\u200b#[")
    return re.sub(r"((?:^|[\r\n])[^\S\r\n]*):(?=:)", "\\1:\u200b", text)


def workflow_command_message(text: str) -> str:
    """Return text escaped as the message of a workflow command [doc "Workflow commands"]."""
    for character, escape in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(character, escape)
    return text.replace("##[", "#\u200b#[")


def workflow_command_property(text: str) -> str:
    """Return text escaped as a property of a workflow command, such as its title [src actions/toolkit]."""
    return workflow_command_message(text).replace(":", "%3A").replace(",", "%2C")


def _harmless(match: re.Match[str]) -> str:
    text, behind = match.group(), match.string[match.end() : match.end() + 2]
    if text.startswith("https:"):
        return text
    # GitHub looks for mentions and emoji when references are characters again; a comment alone separates
    # [issue github/cmark-gfm#181].
    if text == "@" or (text == "#" and behind[:1].isdigit()) or (text == ":" and behind != "//"):
        return text + "<!-- -->"
    return _entities(match)


def _entities(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(character)};" for character in match.group())


def _visible(character: str) -> str:
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if character in "\t\n\r":
        return {"\t": "\\t", "\n": "\\n", "\r": "\\r"}[character]
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
