"""Lists on terminals: a table where it fits with no word broken, else one line for each field."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from learnermax_cli.terminal.folding import broken, hanging, longest, pieces

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text


class Column(list["Text"]):
    """The cells of a column, its header first; `right` is where amounts stand."""

    def __init__(self, cells: "Iterable[Text]", *, right: bool) -> None:
        super().__init__(cells)
        self.right = right

    def each(self, change: "Callable[[Text], Text]") -> "Column":
        """Return a column of changed cells."""
        return Column(map(change, self), right=self.right)


_WIDE = 100
"""A terminal of so many columns may fold any prose, and have the last of it below the row, to show a table."""
_GAP = 2
_LEAST_FOLDED, _LEAST_TIGHT = 30, 16
_MOST_PADDED = 200
_NOTHING = "-"
_LONG_PROSE = 60  # what is longer and gets less room has lines of its own below the row
_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(Z|[+-]\d\d:\d\d)")
_STRIPE_ID = re.compile(r"(?:cs_(?:test|live)|prod|price|we|pi|plink|lmx_(?:preview|prod|sandbox))_\S{12,}")
_LONG_ID, _HEAD, _TAIL = 24, 8, 6


def laid_out(line: "RenderableType", width: int | None) -> "Iterator[RenderableType]":
    """Yield a table as a terminal of that width shows it, as a pipe gets it without one; a line as it is."""
    from rich.table import Table

    if isinstance(line, Table):
        yield from fitted(line, width) if width else [uncut(line)]
    else:
        yield line


def fitted(table: "Table", width: int) -> "Iterator[RenderableType]":
    """Yield a table without its empty columns, its times to the second; where it does not fit, its rows apart."""
    columns = [column.each(_to_the_second) for column in _columns(table)]
    saying = [column for column in columns if any(cell.plain != _NOTHING for cell in column[1:])] or columns
    widths = [_width(column) for column in saying]
    if width >= _WIDE:
        yield from _folded_rows(saying, width) or _row_by_row(saying, width)
    elif _has_room(saying, widths, width, _LEAST_FOLDED):
        yield from _rows(saying, widths, width)
    elif widths[-1] - _over(widths, width) >= _LEAST_FOLDED and _is_prose(saying[-1]):
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
    from rich.text import Text

    def text(cell: object) -> Text:
        return cell if isinstance(cell, Text) else Text(str(cell))

    return [Column(map(text, (c.header, *c.cells)), right=c.justify == "right") for c in table.columns]


def _line(columns: list[Column], cells: "Sequence[Text]", widths: list[int], *, header: bool) -> "Text":
    """Return one line of a table, each cell in its column."""
    from rich.text import Text

    line = Text(style="bold" if header else "")
    for column, cell, size in zip(columns, cells, widths, strict=True):
        blanks = " " * (size - cell.cell_len)
        line.append(blanks if column.right else "").append_text(cell).append("" if column.right else blanks)
        line.append(" " * _GAP)
    return _without_end(line)


def _folded_rows(columns: list[Column], width: int) -> "Iterator[Text] | None":
    """Return a table that fits, changed as little as that takes; None where a word would have to be broken.

    Long or rare prose goes below its row before ids of Stripe are shortened, and both before prose is folded tightly;
    at last two columns may go below.
    """
    short = [column.each(_shortened) for column in columns]
    last = columns[-1]
    rare = 2 * sum(cell.plain == _NOTHING for cell in last[1:]) >= len(last)
    long = _is_prose(last) and (_width(last) > _LONG_PROSE or rare)
    ways = [(some, _LONG_PROSE, below) for some in (columns, short) for below in (0, 1)[: 1 + long]]
    ways += [(short, _LEAST_TIGHT, below) for below in ((1, 0, 2) if long else (0, 1, 2))]
    for some, least, below in ways:
        beside = some[: len(some) - below]
        if beside and _has_room(beside, _folded(beside), width, least):
            whole = [_width(column) for column in beside]
            widths = whole if _has_room(beside, whole, width) else _folded(beside)
            return _rows(beside, widths, width, columns[len(beside) :])
    return None


def _rows(columns: list[Column], widths: list[int], width: int, below: Sequence[Column] = ()) -> "Iterator[Text]":
    from rich.text import Text

    _squeeze(columns, widths, width)
    for number in range(len(columns[0])):
        sizes = zip(columns, widths, strict=True)
        folded = [broken(column[number], 0, (0,), size).split("\n", allow_blank=True) for column, size in sizes]
        lines = zip_longest(*folded, fillvalue=Text())
        yield from (_line(columns, line, widths, header=number == 0) for line in lines)
        for column in below if number else ():
            if column[number].plain != _NOTHING:
                label = f"    {column[0].plain}: "
                yield Text.assemble(label, hanging(column[number], len(label), width))


def _folded(columns: list[Column]) -> list[int]:
    return [max(longest(column[0].plain), _width(column[1:])) for column in columns]


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
    """Fold prose between its words until all columns fit, the widest first."""
    least = [_longest_of(column) for column in columns]
    while (over := _over(widths, width)) > 0:
        can = [i for i, column in enumerate(columns) if widths[i] > least[i] and _is_prose(column)]
        widest = max(can, key=widths.__getitem__)
        second = max((widths[i] for i in can if i != widest), default=0)
        widths[widest] -= min(over, max(1, widths[widest] - second), widths[widest] - least[widest])


def _to_the_second(cell: "Text") -> "Text":
    time = _TIME.fullmatch(cell.plain)
    return type(cell)(time[1] + time[2], style=cell.style) if time else cell


def _shortened(cell: "Text") -> "Text":
    """Return an id of Stripe shortened in the middle."""
    text = cell.plain
    is_long = len(text) > _LONG_ID and _STRIPE_ID.fullmatch(text)
    return type(cell)(f"{text[:_HEAD]}…{text[-_TAIL:]}", style=cell.style) if is_long else cell


def _with_hanging_end(columns: list[Column], width: int) -> "Iterator[Text]":
    """Yield rows whose last cell is folded below its own beginning, or below the row where an id needs the room."""
    from rich.text import Text

    *others, _ = columns
    widths = [_width(column) for column in others]
    indent = sum(widths) + _GAP * len(widths)
    for number, (*cells, last) in enumerate(zip(*columns, strict=True)):
        line = _line(others, cells, widths, header=number == 0)
        line.append(" " * (indent - line.cell_len)).append_text(hanging(last, indent, width))
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
                yield Text.assemble((fields[0].plain.ljust(label), "bold"), hanging(fields[row], label, width))


def _longest_of(column: Column) -> int:
    return max(longest(cell.plain) for cell in column)


def _is_prose(column: Column) -> bool:
    return not column.right and any(len(pieces(cell.plain)) > 1 for cell in column[1:])


def _width(cells: "list[Text]") -> int:
    return max((cell.cell_len for cell in cells), default=0)
