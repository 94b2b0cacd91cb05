"""Where a line of text may be broken on a terminal: between words, in no command to paste, amount or option."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.text import Text

_HANGING = 4
_START = re.compile(r" *(?:[-/+!~]+ +)?")
_COMMAND = r"\(?lmx(?: [^\s(&]\S*(?!\S)(?<![,;:.)]))*(?: [^\s(&]\S*)?(?: &&)?"
_WHOLE = rf"{_COMMAND}|--[a-z-]+ [^\s(]\S*|\(?\d(?:[\d.,]*\d)? (?:[a-z]{{3}}|m?s)\b\S*"
# Scripts that have no blanks between words.
_EAST_ASIAN = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\uff66-\uff9d\U00020000-\U0003ffff"
_PIECE = re.compile(rf"(?:{_WHOLE}|[{_EAST_ASIAN}]|[^ {_EAST_ASIAN}]+) *| +")


def pieces(text: str) -> list[str]:
    """Split a line where it may end."""
    return _PIECE.findall(text)


def longest(text: str) -> int:
    """Return the width of the longest part of a line that is not to be broken."""
    from rich.cells import cell_len

    return max((cell_len(piece.rstrip()) for piece in pieces(text)), default=0)


def folded(text: "Text", width: int) -> "Text":
    """Return a text as a terminal of that width has room for it, what follows a break indented.

    What has no room on a line of its own, such as a command to paste, is left to the terminal, which copies it whole;
    so is a text with `no_wrap`.
    """
    from rich.text import Text

    if text.no_wrap:
        return text
    return Text("\n").join(_folded_line(line, width) for line in text.split("\n", allow_blank=True))


def _folded_line(line: "Text", width: int) -> "Text":
    start = _START.match(line.plain)
    lead = start.end() if start else 0
    return broken(line, 0, (lead + _HANGING, lead, 0), width)


def hanging(text: "Text", indent: int, width: int) -> "Text":
    """Return a text folded below its own beginning, or below its label where an id needs the room."""
    beside = indent + longest(text.plain) <= width
    return broken(text, indent if beside else width, (indent if beside else 2,), width)


def broken(text: "Text", used: int, indents: Sequence[int], width: int) -> "Text":
    """Return a text of one line with breaks between its pieces.

    So many columns of its first line are `used`; the others have the first of the indents with room for what follows.
    """
    from rich.cells import cell_len
    from rich.text import Text

    made, start, end, indent = Text(), 0, 0, indents[0]
    for piece in pieces(text.plain):
        size = cell_len(piece.rstrip())
        if used > indent and used + size > width:
            made = _with_line(made, text[start:end])
            used = indent = next((indent for indent in indents if indent + size <= width), indents[0])
            made.append(" " * indent)
            start = end
        end += len(piece)
        used += cell_len(piece)
    return made.append_text(text[start:])


def _with_line(made: "Text", line: "Text") -> "Text":
    line.rstrip()
    return made.append_text(line).append("\n")
