"""Lists on terminals: a table from 100 columns on; below, one line per field where a table does not fit."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text


class Column(list["Text"]):
    """The cells of a column, its header first; `right` is where amounts stand."""

    def __init__(self, cells: "Iterable[Text]", *, right: bool) -> None:
        super().__init__(cells)
        self.right = right


_ALWAYS = 100
"""A terminal of so many columns shows every list as a table."""
_GAP = 2
_LEAST_FOLDED = 30
_MOST_PADDED = 200
_NOTHING = "-"
_LONG_PROSE = 60  # what is longer and gets less room has lines of its own below the row
_ID = re.compile(r"\S+")
_STRIPE_ID = re.compile(r"(?:cs_(?:test|live)|prod|price|we|pi|plink|lmx_(?:preview|prod|sandbox))_\S{12,}")
_LONG_ID, _HEAD, _TAIL = 24, 8, 6


def laid_out(line: "RenderableType", width: int | None) -> "Iterator[RenderableType]":
    """Yield a table as a terminal of that width shows it, as a pipe gets it without one; anything else as it is."""
    from rich.table import Table

    if isinstance(line, Table):
        yield from fitted(line, width) if width else [uncut(line)]
    else:
        yield line


def fitted(table: "Table", width: int) -> "Iterator[RenderableType]":
    """Yield a table without its empty columns; narrow terminals get its rows apart where folding is no use."""
    columns = _columns(table)
    saying = [column for column in columns if any(cell.plain != _NOTHING for cell in column[1:])] or columns
    if width >= _ALWAYS:
        yield from _fitted_rows(saying, width)
        return
    widths = [_width(column) for column in saying]
    if _has_room(saying, widths, width, _LEAST_FOLDED):
        yield from _rows(saying, widths, width)
        return
    *_, last = saying
    left = widths[-1] - _over(widths, width)
    if left >= _LEAST_FOLDED and _is_prose(last):
        yield from _with_hanging_end(saying, width)
    else:
        yield from _row_by_row(saying, width)


def uncut(table: "Table") -> "Text":
    """Return a table for a pipe: nothing is folded or cut, and a very long cell makes no other row longer."""
    from rich.text import Text

    columns = _columns(table)
    widths = [min(_width(column), _MOST_PADDED) for column in columns]
    rows = zip(*columns, strict=True)
    return Text("\n").join(_line(columns, row, widths, header=number == 0) for number, row in enumerate(rows))


def _columns(table: "Table") -> list[Column]:
    return [Column(map(_text, (c.header, *c.cells)), right=c.justify == "right") for c in table.columns]


def _line(columns: list[Column], cells: "Sequence[Text]", widths: list[int], *, header: bool) -> "Text":
    """Return one line of a table, each cell in its column."""
    from rich.text import Text

    line = Text(style="bold" if header else "")
    for column, cell, size in zip(columns, cells, widths, strict=True):
        blanks = " " * (size - cell.cell_len)
        line.append(blanks if column.right else "").append_text(cell).append("" if column.right else blanks)
        line.append(" " * _GAP)
    return _without_end(line)


def _fitted_rows(columns: list[Column], width: int) -> "Iterator[Text]":
    """Yield a table that fits: headers and prose folded, long or rare prose below its row, else ids shortened."""
    below = None
    long = len(columns) > 1 and _is_prose(columns[-1]) and (_width(columns[-1]) > _LONG_PROSE or _is_rare(columns[-1]))
    if not any(_has_room(some, _folded(some), width) for some in (columns, columns[: -long or None])):
        columns = [_shortened(column, _STRIPE_ID) for column in columns]
    if long and not _has_room(columns, _folded(columns), width):
        *columns, below = columns
    widths = _natural(columns, width)
    if _over([_longest_of(column) for column in columns], width) > 0:
        columns = [_shortened(column, _ID) if column[0].plain.endswith("id") else column for column in columns]
        widths = [min(old, _width(column)) for old, column in zip(widths, columns, strict=True)]
    yield from _rows(columns, widths, width, below)


def _rows(columns: list[Column], widths: list[int], width: int, below: Column | None = None) -> "Iterator[Text]":
    from rich.console import Console
    from rich.text import Text

    _squeeze(columns, widths, width)
    console = Console(width=width)
    for number in range(len(columns[0])):
        cells = (column[number] for column in columns)
        folded = [list(c.wrap(console, size, overflow="fold")) for c, size in zip(cells, widths, strict=True)]
        for line in zip_longest(*folded, fillvalue=Text()):
            yield _line(columns, line, widths, header=number == 0)
        if below is not None and number and below[number].plain != _NOTHING:
            label = f"    {below[0].plain}: "
            yield Text.assemble(label, _hanging(below[number], len(label), width))


def _natural(columns: list[Column], width: int) -> list[int]:
    """Return how wide the columns are, with their headers folded where they do not fit otherwise."""
    whole = [_width(column) for column in columns]
    return whole if _has_room(columns, whole, width) else _folded(columns)


def _folded(columns: list[Column]) -> list[int]:
    return [max(_longest(column[0].plain), _width(column[1:])) for column in columns]


def _has_room(columns: list[Column], widths: list[int], width: int, least: int = _LONG_PROSE) -> bool:
    """Return whether columns fit once prose is folded to no less than so many columns; ids are never folded."""
    sizes = [
        max(min(size, least), _longest_of(column)) if _is_prose(column) else size
        for size, column in zip(widths, columns, strict=True)
    ]
    return _over(sizes, width) <= 0


def _over(widths: list[int], width: int) -> int:
    return sum(widths) + _GAP * (len(widths) - 1) - width


def _squeeze(columns: list[Column], widths: list[int], width: int) -> None:
    """Make the widest columns narrower until all fit: prose between its words first, then whatever is widest.

    Where ids have to be broken anyway, short prose is not folded for them.
    """
    broken = not _has_room(columns, widths, width, 0)
    for prose in (True, False):
        while (over := _over(widths, width)) > 0:
            least = [max(_longest_of(c), _LEAST_FOLDED * broken) if prose else _GAP for c in columns]
            can = [i for i, column in enumerate(columns) if widths[i] > least[i] and (_is_prose(column) or not prose)]
            if not can:
                break
            widest = max(can, key=widths.__getitem__)
            second = max((widths[i] for i in can if i != widest), default=0)
            widths[widest] -= min(over, max(1, widths[widest] - second), widths[widest] - least[widest])


def _shortened(column: Column, which: re.Pattern[str]) -> Column:
    """Return a column with the ids that match shortened in the middle."""
    return Column((_shortened_id(cell) if which.fullmatch(cell.plain) else cell for cell in column), right=column.right)


def _shortened_id(cell: "Text") -> "Text":
    text = cell.plain
    return cell if len(text) <= _LONG_ID else type(cell)(f"{text[:_HEAD]}…{text[-_TAIL:]}", style=cell.style)


def _with_hanging_end(columns: list[Column], width: int) -> "Iterator[Text]":
    """Yield rows whose last cell is folded below its own beginning, or below the row where an id needs the room."""
    from rich.text import Text

    *others, _ = columns
    widths = [_width(column) for column in others]
    indent = sum(widths) + _GAP * len(widths)
    for number, (*cells, last) in enumerate(zip(*columns, strict=True)):
        line = _line(others, cells, widths, header=number == 0)
        line.append(" " * (indent - line.cell_len)).append_text(_hanging(last, indent, width))
        yield Text("\n").join(_without_end(part) for part in line.split("\n"))


def _without_end(line: "Text") -> "Text":
    line.rstrip()
    return line


def _row_by_row(columns: list[Column], width: int) -> "Iterator[Text]":
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


def _longest_of(column: Column) -> int:
    return max(_longest(cell.plain) for cell in column)


def _is_prose(column: Column) -> bool:
    return not column.right and any(len(_pieces(cell.plain)) > 1 for cell in column[1:])


def _is_rare(column: Column) -> bool:
    return 2 * sum(cell.plain == _NOTHING for cell in column[1:]) >= len(column)


def _width(cells: "list[Text]") -> int:
    return max((cell.cell_len for cell in cells), default=0)


def _text(cell: object) -> "Text":
    from rich.text import Text

    return cell if isinstance(cell, Text) else Text(str(cell))
