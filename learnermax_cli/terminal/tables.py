"""Tables on terminals that are too narrow for them: better one line per field than ids broken into pieces."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

    Column = list[Text]
    """The cells of a column, its header first."""

_GAP = 2
_LEAST_FOLDED = 30
_MOST_PADDED = 200
_NOTHING = "-"


def laid_out(line: "RenderableType", width: int | None) -> "Iterator[RenderableType]":
    """Yield a table as a terminal of that width shows it, as a pipe gets it without one; anything else as it is."""
    from rich.table import Table

    if isinstance(line, Table):
        yield from fitted(line, width) if width else [uncut(line)]
    else:
        yield line


def fitted(table: "Table", width: int) -> "Iterator[RenderableType]":
    """Yield a table as it is where it fits, with its prose folded where that leaves it legible, else row by row.

    Columns that are empty throughout are dropped first.
    """
    columns = [[_text(column.header), *map(_text, column.cells)] for column in table.columns]
    saying = [column for column in columns if any(cell.plain != _NOTHING for cell in column[1:])]
    for shown in (columns, saying):
        folded = _foldable(shown, width)
        if folded is not None:
            yield _like(table, shown, folded)
            return
    *_, last = saying
    left = width - sum(map(_width, saying[:-1])) - _GAP * (len(saying) - 1)
    if left >= _LEAST_FOLDED and _is_prose(last):
        yield from _with_hanging_end(saying, width)
    else:
        yield from _row_by_row(saying, width)


def uncut(table: "Table") -> "Text":
    """Return a table for a pipe: nothing is folded or cut, and a very long cell makes no other row longer."""
    from rich.text import Text

    columns = [[_text(column.header), *map(_text, column.cells)] for column in table.columns]
    widths = [min(_width(column), _MOST_PADDED) + _GAP for column in columns]
    lines = []
    for number, row in enumerate(zip(*columns, strict=True)):
        line = Text(style="bold" if number == 0 else "")
        for cell, size in zip(row, widths, strict=True):
            line.append_text(cell).append(" " * max(_GAP, size - cell.cell_len))
        lines.append(_without_end(line))
    return Text("\n").join(lines)


def _like(table: "Table", columns: "list[Column]", folded: list[int]) -> "Table":
    made = type(table)(box=table.box, pad_edge=table.pad_edge, header_style=table.header_style)
    for index, (header, *_) in enumerate(columns):
        made.add_column(header.plain, overflow="fold", no_wrap=index not in folded)
    for row in zip(*(column[1:] for column in columns), strict=True):
        made.add_row(*row)
    return made


def _foldable(columns: "list[Column]", width: int) -> list[int] | None:
    """Return the columns to fold so that the table fits, None where too little would be left; ids are never folded."""
    widths = [_width(column) for column in columns]
    left = width - sum(widths) - _GAP * (len(widths) - 1)
    if left >= 0:
        return []
    longest = [max(_longest(cell.plain) for cell in column) for column in columns]
    prose = [index for index, column in enumerate(columns) if _is_prose(column)]
    prose.sort(key=widths.__getitem__, reverse=True)
    for count in range(1, len(prose) + 1):
        left += widths[prose[count - 1]]
        needed = max(longest[index] for index in prose[:count])
        if left // count >= max(needed, min(_LEAST_FOLDED, widths[prose[0]])):
            return prose[:count]
    return None


def _with_hanging_end(columns: "list[Column]", width: int) -> "Iterator[Text]":
    """Yield rows whose last cell is folded below its own beginning, or below the row where an id needs the room."""
    from rich.text import Text

    widths = [_width(column) + _GAP for column in columns[:-1]]
    for number, row in enumerate(zip(*columns, strict=True)):
        line = Text(style="bold" if number == 0 else "")
        for cell, size in zip(row, widths, strict=False):
            line.append_text(cell).append(" " * (size - cell.cell_len))
        line.append_text(_hanging(row[-1], sum(widths), width))
        yield Text("\n").join(_without_end(part) for part in line.split("\n"))


def _without_end(line: "Text") -> "Text":
    line.rstrip()
    return line


def _row_by_row(columns: "list[Column]", width: int) -> "Iterator[Text]":
    """Yield a line for each field that has a value, rows apart."""
    from rich.text import Text

    label = max(header.cell_len for header, *_ in columns) + _GAP
    for row in range(1, len(columns[0])):
        if row > 1:
            yield Text()
        for number, fields in enumerate(columns):
            if number == 0 or fields[row].plain != _NOTHING:
                yield Text.assemble((fields[0].plain.ljust(label), "bold"), _hanging(fields[row], label, width))


def _hanging(text: "Text", indent: int, width: int) -> "Text":
    """Return a text folded between words below its own beginning, or below its label where an id needs the room."""
    from rich.cells import cell_len

    beside = indent + _longest(text.plain) <= width
    indent = indent if beside else _GAP
    lines = [""] if beside else ["", ""]
    for piece in _pieces(text.plain):
        if lines[-1] and indent + cell_len(lines[-1] + piece.rstrip()) > width:
            lines.append(piece)
        else:
            lines[-1] += piece
    return type(text)(("\n" + " " * indent).join(line.rstrip() for line in lines), style=text.style)


def _longest(text: str) -> int:
    """Return the width of the longest part of a text that is not to be broken."""
    from rich.cells import cell_len

    return max((cell_len(piece.rstrip()) for piece in _pieces(text)), default=0)


def _pieces(text: str) -> list[str]:
    """Split a text where a line may end: behind blanks."""
    return re.findall(r"[^ ]+ *| +", text)


def _is_prose(column: "Column") -> bool:
    return any(len(_pieces(cell.plain)) > 1 for cell in column[1:])


def _width(column: "Column") -> int:
    return max(cell.cell_len for cell in column)


def _text(cell: object) -> "Text":
    from rich.text import Text

    return cell if isinstance(cell, Text) else Text(str(cell))
