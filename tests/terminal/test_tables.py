"""Tables on terminals that are too narrow for them, from values alone."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from learnermax_cli.terminal.tables import fitted, uncut

ARN = "arn:aws:sns:us-east-1:123456789012:learnermax-transactional-email-preview"


def shown(width: int, *rows: tuple[str, ...]) -> list[str]:
    """Return the lines of a table, its header first, on a terminal of that width."""
    header, *others = rows
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold")
    for row in others:
        table.add_row(*map(Text, row))
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for part in fitted(table, width):
            console.print(part, soft_wrap=isinstance(part, Text))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_columns_that_say_nothing_go_before_the_table_is_taken_apart() -> None:
    """What is left fits, one line a row."""
    rows = (("id", "problem", "name"), ("a" * 20, "-", "b" * 20), ("c" * 20, "-", "-"))
    assert [f"id{' ' * 20}name", f"{'a' * 20}  {'b' * 20}", f"{'c' * 20}  -"] == shown(42, *rows)


def test_table_for_a_pipe_grows_with_its_texts_alone() -> None:
    """One name of 99,000 characters is whole, and does not make a thousand rows as long as its own."""
    table = Table("id", "name", "problem", box=None)
    for number in range(1_000):
        table.add_row(f"c{number}", "n" * 99_000 if number == 7 else "Name", "-")
    lines = uncut(table).plain.split("\n")
    assert ("id    name" + " " * 198 + "problem", "c0    Name" + " " * 198 + "-") == (lines[0], lines[1])
    assert f"c7    {'n' * 99_000}  -" == lines[8]
    assert len("\n".join(lines)) < 99_000 + 1_001 * 250


def test_columns_that_say_nothing_stay_where_there_is_room() -> None:
    """A reader may look for them."""
    assert ["id  problem", "a   -"] == shown(20, ("id", "problem"), ("a", "-"))


def test_last_column_hangs_and_an_id_that_is_too_long_has_a_line_of_its_own() -> None:
    """The other rows keep their columns."""
    rows = (
        ("status", "check", "found"),
        ("ok", "Topic", f"{ARN} is there and subscribed to"),
        ("ok", "Stripe permissions", "a restricted key may do what it should"),
    )
    assert [
        "status  check               found",
        "ok      Topic",
        f"  {ARN}",
        "  is there and subscribed to",
        "ok      Stripe permissions  a restricted key may do what it",
        "                            should",
    ] == shown(60, *rows)


def test_amounts_are_not_folded() -> None:
    """A table whose prose would get too little room is taken apart instead."""
    rows = (("course id", "name", "sold for"), ("a" * 30, "The name of the course " * 3, "1,299.00 usd"))
    assert ["course id  " + "a" * 30, "sold for   1,299.00 usd"] == [
        line for line in shown(60, *rows) if not line.startswith(("name", " "))
    ]
