"""Tables on terminals that are too narrow for them, from values alone."""

from collections import Counter

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from learnermax_cli.terminal.tables import fitted, uncut

ARN = "arn:aws:sns:us-east-1:123456789012:learnermax-transactional-email-preview"


SESSION = "cs_test_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0u1V2w3X4y5Z6a7B8c9"
USER = "7f3c1c1e-5a0b-4c7d-9e2f-0123456789ab"


def shown(width: int, *rows: tuple[str, ...], right: tuple[str, ...] = ()) -> list[str]:
    """Return the lines of a table, its header first, on a terminal of that width."""
    header, *others = rows
    table = Table(box=None, pad_edge=False)
    for name in header:
        table.add_column(name, overflow="fold", justify="right" if name in right else "left")
    for row in others:
        table.add_row(*map(Text, row))
    console = Console(width=width, color_system=None)
    with console.capture() as capture:
        for part in fitted(table, width):
            console.print(part, soft_wrap=isinstance(part, Text))
    return [line.rstrip() for line in capture.get().splitlines()]


def test_columns_that_say_nothing_go() -> None:
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


def test_amounts_stand_at_the_right() -> None:
    """On terminals and in a pipe."""
    rows = (("price", "name"), ("9.99 usd", "a"), ("1,299.00 usd", "b"))
    expected = ["       price  name", "    9.99 usd  a", "1,299.00 usd  b"]
    table = Table(box=None)
    table.add_column("price", justify="right")
    table.add_column("name")
    for price, name in rows[1:]:
        table.add_row(price, name)
    assert (expected, expected) == (shown(100, *rows, right=("price",)), uncut(table).plain.split("\n"))


@pytest.mark.parametrize(("width", "session"), [(200, SESSION), (120, "cs_test_…a7B8c9")])
def test_id_of_stripe_is_shortened_where_it_does_not_fit(width: int, session: str) -> None:
    """One line a row; a pipe gets it whole."""
    rows = (("user id", "course", "enrolled at", "session id"), (USER, "c", "2026-11-27T22:34:39.443Z", SESSION))
    assert f"{USER}  c       2026-11-27T22:34:39Z  {session}" == shown(width, *rows)[1]
    table = Table(*rows[0])
    table.add_row(*rows[1])
    assert f"{USER}  c       2026-11-27T22:34:39.443Z  {SESSION}" == uncut(table).plain.split("\n")[1]


def test_id_that_fits_once_the_prose_is_below_is_whole() -> None:
    """Columns give way before ids do."""
    rows = (
        ("course id", "product id", "drift"),
        ("a", f"lmx_sandbox_{'a' * 40}", f"its price would change: {'w ' * 40}"),
    )
    whole = f"a          lmx_sandbox_{'a' * 40}"
    assert whole == shown(100, *rows)[1]
    assert shown(140, *rows)[1].startswith(f"{whole}  its price would change: w")


def test_long_prose_stands_below_its_row() -> None:
    """Commands in it are not broken by the columns beside it; rows without it are one line."""
    rows = (
        ("course id", "name", "problem"),
        (
            "a",
            "n" * 60,
            "its price is below the minimum: lmx courses set-price a PRICE or whatever else there is",
        ),
        ("b", "Name", "-"),
    )
    assert [
        "course id  name",
        f"a          {'n' * 60}",
        "    problem: its price is below the minimum: lmx courses set-price a PRICE or whatever else there is",
        "b          Name",
    ] == shown(100, *rows)


def test_rare_prose_stands_below_its_row_too() -> None:
    """The error of one setting is not squeezed beside all."""
    rows = [("name", "value", "error"), *((f"LMX_{letter}", "x" * 70, "-") for letter in "abc")]
    rows[2] = ("LMX_b", "fast", "it is 'fast', not a positive number")
    assert ["LMX_b  fast", "    error: it is 'fast', not a positive number"] == shown(100, *rows)[2:4]
    assert "LMX_b  fast" in shown(120, *rows)[2]


def enrollments() -> list[tuple[str, ...]]:
    """Return the list of a student whose ids are as long as they are in practice."""
    header = ("user id", "course id", "status", "enrollment type", "enrolled at", "session id")
    rest = ("completed", "paid", "2026-11-27T22:34:39.443Z", SESSION)
    return [header, (USER, "TEST-COURSE-005", *rest), (USER, "TEST-COURSE-003", *rest)]


def test_ids_and_times_are_never_broken() -> None:
    """A list that does not fit, with times to the second and ids of Stripe shortened, has its last column below."""
    assert [
        f"user id{' ' * 31}course id        status     enrollment  enrolled at",
        f"{' ' * 66}type",
        f"{USER}  TEST-COURSE-005  completed  paid        2026-11-27T22:34:39Z",
        f"    session id: {SESSION}",
    ] == shown(100, *enrollments())[:4]
    assert [
        f"user id{' ' * 31}course id        status     enrollment type  enrolled at           session id",
        f"{USER}  TEST-COURSE-005  completed  paid             2026-11-27T22:34:39Z  cs_test_…a7B8c9",
    ] == shown(120, *enrollments())[:2]


def test_short_prose_goes_below_where_a_long_value_needs_the_room() -> None:
    """The address of a topic is whole, beside the name of its setting."""
    name = "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"
    rows = (("name", "value", "source"), (name, ARN, "environment variable"), ("LMX_EVENTS", "on", "default"))
    assert [
        f"name{' ' * 32}value",
        f"{name}  {ARN}",
        "    source: environment variable",
        f"LMX_EVENTS{' ' * 26}on",
        "    source: default",
    ] == shown(120, *rows)


def test_command_below_a_row_is_whole() -> None:
    """It can be pasted: where it has no room beside other words, it has a line of its own."""
    rows = (
        ("course id", "name", "problem"),
        ("a" * 40, "b" * 40, f"no price known: lmx courses set-price {'a' * 60} 1"),
    )
    assert [
        f"course id{' ' * 33}name",
        f"{'a' * 40}  {'b' * 40}",
        "    problem: no price known:",
        f"             lmx courses set-price {'a' * 60} 1",
    ] == shown(100, *rows)


@pytest.mark.parametrize("width", [100, 120])
def test_list_is_a_table_from_100_columns_on(width: int) -> None:
    """Whatever its texts: Japanese has no blanks to fold at, and what finds no room stands below its row."""
    name = "データ構造とアルゴリズム入門:基礎から実践まで学ぶ完全コース"
    header = ("course id", "name", "price", "coming soon", "product", "problem")
    rows = (
        (
            "spec-driven-dev-premium",
            name,
            "7980",
            "no",
            "lmx_sandbox_spec-driven-dev-premium",
            "it has no maximum " * 5,
        ),
        ("x" * 40, "[link=https://evil.example]here[/link] and there", "99.00", "yes", "-", "-"),
    )
    lines = shown(width, header, *rows, right=("price",))
    assert lines[0].startswith("course id  "), lines
    assert max(map(cell_len, lines)) <= width
    ids = {word for line in lines for word in line.split()} & {row[0] for row in rows}
    assert {row[0] for row in rows} == ids


@pytest.mark.parametrize("width", [100, 120, 200])
def test_no_word_is_broken_whatever_a_list_holds(width: int) -> None:
    """What is longer than the terminal is whole on a line of its own; everything else fits."""
    long = "arn:aws:sns:us-east-1:123456789012:" + "x" * 180
    rows = (
        ("name", "value", "more words", "source"),
        ("n" * 50, long, "w " * 90, "v" * 60),
        ("a", "b", "ü" * 60, "-"),
    )
    lines = shown(width, *rows)
    words = Counter(word for row in rows[1:] for cell in row for word in cell.split() if word != "-")
    assert words == words & Counter(word for line in lines for word in line.split())
    assert [] == [line for line in lines if cell_len(line) > width and len(line.split()) > 1]
