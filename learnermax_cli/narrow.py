"""Tables on terminals that are too narrow for them: better one line per field than ids broken into pieces."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_GAP = 2
_LEAST_FOLDED = 30
_NOTHING = "-"


def fitted(table: "Table", width: int) -> "Iterator[RenderableType]":
    """Yield a table as it is where it fits, with its prose folded where that leaves it legible, else row by row."""
    from rich.text import Text

    cells = [[Text(str(column.header)), *map(_text, column.cells)] for column in table.columns]
    folded = _foldable(cells, width)
    if folded is not None:
        for index, column in enumerate(table.columns):
            column.no_wrap = index not in folded
        yield table
        return
    label = max(header.cell_len for header, *_ in cells) + _GAP
    for row in range(1, len(cells[0])):
        if row > 1:
            yield Text()
        for number, fields in enumerate(cells):
            if number == 0 or fields[row].plain != _NOTHING:
                yield Text.assemble((fields[0].plain.ljust(label), "bold"), _hanging(fields[row], label, width))


def _foldable(cells: "list[list[Text]]", width: int) -> list[int] | None:
    """Return the columns to fold so that the table fits, None where too little would be left; ids are never folded."""
    from rich.cells import cell_len

    widths = [max(cell.cell_len for cell in column) for column in cells]
    longest = [max(cell_len(word) for cell in column for word in cell.plain.split(" ")) for column in cells]
    left = width - sum(widths) - _GAP * (len(widths) - 1)
    if left >= 0:
        return []
    prose = [index for index, column in enumerate(cells) if any(" " in cell.plain for cell in column[1:])]
    prose.sort(key=widths.__getitem__, reverse=True)
    for count in range(1, len(prose) + 1):
        left += widths[prose[count - 1]]
        needed = max(longest[index] for index in prose[:count])
        if left // count >= max(needed, min(_LEAST_FOLDED, widths[prose[count - 1]])):
            return prose[:count]
    return None


def _hanging(text: "Text", indent: int, width: int) -> "Text":
    """Return a text folded between words below its own beginning, or below its label where an id needs the room."""
    from rich.cells import cell_len

    words = text.plain.split(" ")
    beside = indent + max(map(cell_len, words)) <= width
    indent = indent if beside else _GAP
    lines: list[str] = [] if beside else [""]
    for word in words:
        if lines and lines[-1] and indent + cell_len(lines[-1]) + 1 + cell_len(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return type(text)(("\n" + " " * indent).join(lines), style=text.style)


def _text(cell: object) -> "Text":
    from rich.text import Text

    return cell if isinstance(cell, Text) else Text(str(cell))
