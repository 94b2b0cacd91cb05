"""Lists for spreadsheets: all fields of a list's items, quoted as the csv module does."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from learnermax_cli.core.money import Money, exponent
from learnermax_cli.planning.report import Items, Report

BETWEEN = "; "
"""Between the values of a field that has several."""


def csv_lines(report: Report, shown: Callable[[str], str]) -> Iterator[str]:
    """Yield the header and a row for each item, without line ends; texts are written as `shown` returns them.

    The header is the same whatever the rows hold. An amount of money is its major units, and its currency.
    """
    items = report.body
    assert isinstance(items, Items)
    header = ((("amount", "currency") if name == items.money else (name,)) for name in items.fields)
    yield _line(name for names in header for name in names)
    for row in items.rows:
        cells = (_cells(row.get(name), money=name == items.money) for name in items.fields)
        yield _line(shown(cell) for pair in cells for cell in pair)


def _line(cells: Iterable[str]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(cells)
    return out.getvalue().removesuffix("\r\n")


def _cells(value: object, *, money: bool) -> tuple[str, ...]:
    match value:
        case {"amount": int(amount), "currency": str(currency)} if money:
            return f"{Money(amount, currency).major():.{exponent(currency)}f}", currency
        case None:
            return ("", "") if money else ("",)
        case bool():
            return ("true" if value else "false",)
        case list() | tuple():
            return (BETWEEN.join(map(str, value)),)
    return (str(value),)
