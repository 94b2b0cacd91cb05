"""lmx on a real terminal: narrow and wide, light and dark, with and without colour, asked and answered."""

import re
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from learnermax_cli.cli.main import app
from learnermax_cli.config.keys import table_name
from tests.commands import command_paths
from tests.enrollments.worlds import put_bought, put_pending
from tests.products.worlds import put_course, put_courses, read_products
from tests.running import Sandbox
from tests.sampling import sampled
from tests.terminals import Shown, show

COMMANDS = command_paths()
GROUPS = sorted({path[:-1] for path in COMMANDS})
NAME = "A course with a name that is much too long for a column of a terminal"
# Black, white, their bright and 256-colour forms, and bright or bold yellow: each vanishes on one background.
TALK = ("Cost: ", "Fix ", "Error: ")
VANISHING = {"30", "37", "90", "97", "93", "1;33", "1;37", "1;30", "38;5;0", "38;5;7", "38;5;11", "38;5;15"}


def on_terminal(
    sandbox: Sandbox, *args: str, columns: int = 80, answer: str | None = None, env: Mapping[str, str] | None = None
) -> Shown:
    """Run lmx on a terminal against the sandbox."""
    return show(*args, env={**sandbox.env, **(env or {})}, cwd=sandbox.cwd, columns=columns, answer=answer)


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("path", sampled([*GROUPS, *COMMANDS], 9, in_ci=2), ids=" ".join)
def test_help_page_fits(path: tuple[str, ...], columns: int) -> None:
    """No line is wider than the terminal, and no option, type or word is cut."""
    shown = CliRunner().invoke(app, [*path, "--help"], prog_name="lmx", env={"COLUMNS": str(columns), "TERM": "dumb"})
    page = shown.output.replace("_…", "")  # how an example names a session
    assert (0, []) == (shown.exit_code, [line for line in page.splitlines() if len(line) > columns or "…" in line])


@pytest.mark.parametrize("path", GROUPS, ids=" ".join)
def test_help_page_of_a_group_ends_with_an_example(path: tuple[str, ...]) -> None:
    """The example is one of its own commands."""
    page = CliRunner().invoke(app, [*path, "--help"], prog_name="lmx", env={"COLUMNS": "100", "TERM": "dumb"}).output
    words = page.rstrip().splitlines()[-1].partition("lmx ")[2].split()
    own = [command for command in COMMANDS if command[: len(path)] == path]
    assert tuple(words[: len(path) + 1]) in own


def test_flag_takes_no_type() -> None:
    """Only options that take a value say of which kind."""
    page = CliRunner().invoke(app, ["products", "sync", "--help"], env={"COLUMNS": "100", "TERM": "dumb"}).output
    assert (False, True) == ("<bool>" in page, "<major|minor>" in page)


def test_narrow_terminal_shows_row_by_row(sandbox: Sandbox) -> None:
    """Ids that would be broken into pieces stand whole on a line of their own, fields without a value are left out."""
    put_course(sandbox, "a-course", "49.99", name=NAME)
    put_course(sandbox, "b-course", None, name="B", pricingModel="free")
    shown = on_terminal(sandbox, "courses", "list")
    assert [
        "Environment sandbox",
        "course id      a-course",
        "name           A course with a name that is much too long for a column of a",
        "               terminal",
        "pricing model  paid",
        "price          49.99",
        "sold for       49.99 usd",
        "coming soon    no",
        "",
        "course id      b-course",
        "name           B",
        "pricing model  free",
        "coming soon    no",
    ] == shown.lines[:13]


def test_wide_terminal_shows_a_table(sandbox: Sandbox) -> None:
    """Where there is room a row is a line."""
    put_course(sandbox, "a-course", "49.99", name=NAME)
    shown = on_terminal(sandbox, "courses", "list", columns=200)
    assert ["course", "a-course"] == [line.split()[0] for line in shown.lines[1:3]]
    assert NAME in shown.lines[2]


@pytest.mark.parametrize(("columns", "below"), [(130, " " * 40), (100, "    problem: ambiguous price 4999")])
def test_long_last_column_is_folded(sandbox: Sandbox, columns: int, below: str) -> None:
    """A reason is folded below itself as long as it has room, else below its row; the ids beside it stay whole."""
    put_course(sandbox, "a-course", "4999", name="A name")
    shown = on_terminal(sandbox, "courses", "list", columns=columns)
    (row,) = [number for number, line in enumerate(shown.lines) if line.startswith("a-course  ")]
    assert shown.lines[row + 1].startswith(below)
    assert all(len(line) <= columns for line in shown.lines)


@pytest.mark.parametrize("columns", [58, 72])
def test_commands_in_narrow_lists_name_their_options_once(sandbox: Sandbox, columns: int) -> None:
    """Where a line breaks between a command and its options as well."""
    put_course(sandbox, "odd", "4999", name="A")
    table = "learnermax-education-sandbox"
    shown = on_terminal(sandbox, "courses", "list", "--table", table, columns=columns)
    words = " ".join(line.strip() for line in shown.lines).split()
    assert (1, 0) == (words.count("set-price"), " ".join(words).count(f"--table {table} --table"))
    assert f"lmx courses set-price odd 49.99 --table {table}" in " ".join(words)


def test_tables_fit_80_columns_with_ids_whole(sandbox: Sandbox) -> None:
    """Whatever the shape of a list: nothing is wider than the terminal, and what can be copied is on one line."""
    put_course(sandbox, "spec-driven-dev-premium", "4999", name=NAME)
    put_course(sandbox, "a", "49.99")
    user, session = "user-" + "7" * 31, "cs_live_" + "a1" * 29
    put_pending(sandbox, user, session)
    url = "https://api.learnermax.example/api/webhooks/stripe"
    sandbox.run("webhooks", "create", "--url", url)
    topic = f"arn:aws:sns:{sandbox.info.region}:123456789012:learnermax-transactional-email-sandbox"
    lists = {
        ("courses", "list"): ("spec-driven-dev-premium",),
        ("enrollments", "list"): (user, session),
        ("webhooks", "list"): (url,),
        ("doctor",): (topic, url),
    }
    for command, ids in lists.items():
        told = list(takewhile(lambda line: not line.startswith(TALK), on_terminal(sandbox, *command).lines))
        assert (command, [], []) == (
            command,
            [line for line in told if len(line) > 80],
            [word for word in ids if not any(word in line for line in told)],
        )


def test_ids_of_a_case_fit_80_columns(sandbox: Sandbox) -> None:
    """Each is whole: one that has no room beside what happened is on a line of its own."""
    session = put_bought(sandbox, "u", id="cs_test_" + "a1" * 29)
    shown = on_terminal(sandbox, "students", "show", "u")
    lines = [line for line in shown.lines if not line.lstrip().startswith((*TALK, "Run: "))]
    assert f"      {session}" in lines
    assert any(re.search(r" evt_\w{20,}$", line) for line in lines)
    assert [] == [line for line in lines if len(line) > 80]


def test_lines_to_paste_are_whole_and_what_follows_a_table_is_set_off(sandbox: Sandbox) -> None:
    """A terminal that is too narrow for YAML gets no line break into it."""
    pushed = on_terminal(sandbox, "secrets", "push").lines
    arn = sandbox.secretsmanager().list_secrets()["SecretList"][0]["ARN"]
    assert f"    Default: {arn}" in pushed[pushed.index("") :]
    status = on_terminal(sandbox, "secrets", "status", columns=120).lines
    assert "" == status[next(number for number, line in enumerate(status) if line.startswith("Secret ")) - 1]


def test_question_comes_after_the_plan_and_names_account_and_mode(sandbox: Sandbox) -> None:
    """Who answers has seen what will be done, and to whom; yes does it."""
    put_course(sandbox, "a", "49.99")
    shown = on_terminal(sandbox, "products", "sync", columns=200, answer="y")
    place = f"Stripe test mode, account {sandbox.info.stripe_account}; table {table_name()}"
    question = f"Apply this to environment sandbox ({place})? [y/N] y"
    assert (0, ["lmx_sandbox_a"]) == (shown.exit_code, list(read_products(sandbox)))
    assert shown.lines.index("  + create product a, link product") < shown.lines.index(question)


@pytest.mark.parametrize(("count", "times"), [(2, 1), (5, 2)])
def test_verdict_is_seen_at_the_end_of_what_fills_a_screen(sandbox: Sandbox, count: int, times: int) -> None:
    """It stands on top, once more below more than twenty lines, and the error last: the end is what is seen."""
    put_courses(sandbox, [f"course-{number}" for number in range(count)])
    put_course(sandbox, "b", "4999")
    shown = on_terminal(sandbox, "products", "sync", "--dry-run")
    verdict = f"1 refused. Plan: {count} to add, 0 to change, 0 to archive, 0 unchanged, 1 skipped."
    assert (verdict, times) == (shown.lines[1], shown.lines.count(verdict))
    assert "Error: 1 row was refused" == shown.lines[-2]


def test_no_writes_nothing(sandbox: Sandbox) -> None:
    """No is said to have been understood."""
    put_course(sandbox, "a", "49.99")
    shown = on_terminal(sandbox, "products", "sync", answer="n")
    assert (1, {}) == (shown.exit_code, read_products(sandbox))
    assert ["Error: not confirmed", "  Nothing was written."] == shown.lines[-2:]


@pytest.mark.parametrize("output", ["json", "markdown"])
def test_question_is_never_blind(sandbox: Sandbox, output: str) -> None:
    """With stdout in another format the plan stands on stderr, before the question."""
    put_course(sandbox, "a", "49.99")
    shown = on_terminal(sandbox, "products", "sync", "-o", output, answer="n")
    asked = next(index for index, line in enumerate(shown.lines) if "[y/N]" in line)
    assert "  + create product a, link product" in shown.lines[:asked]


def test_colours_are_seen_on_light_and_dark(sandbox: Sandbox) -> None:
    """Plans, refusals, findings, tables, errors and help pages use no colour that vanishes on a background."""
    put_course(sandbox, "a", "49.99")
    put_course(sandbox, "b", "4999")
    commands = (
        ("products", "sync", "--dry-run"),
        ("courses", "list"),
        ("secrets", "status"),
        ("products", "sync", "--help"),
    )
    used = {style for command in commands for style in on_terminal(sandbox, *command).styles}
    assert set() == used & VANISHING
    assert {"32", "1;31", "2"} <= used


@pytest.mark.parametrize("wish", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_moves_where_that_is_not_wanted(sandbox: Sandbox, wish: dict[str, str]) -> None:
    """For screen readers progress is a line at each quarter; no colour, no bar, no cursor that moves."""
    put_courses(sandbox, [f"course-{number:02}" for number in range(20)])
    shown = on_terminal(sandbox, "products", "sync", "--yes", env=wish)
    told = [line for line in shown.lines if line.startswith("Syncing: ")]
    assert (True, "Syncing: 20 of 20") == (2 <= len(told) <= 4, told[-1])
    assert {"0", "1", "2"} >= shown.styles
    assert [] == [sign for sign in ("\x1b[?25l", "\x1b[2K", "━") if sign in shown.raw]


def test_dumb_terminal_gets_plain_text(sandbox: Sandbox) -> None:
    """It is sent no escape at all."""
    put_course(sandbox, "a", "49.99")
    shown = on_terminal(sandbox, "products", "sync", "--dry-run", env={"TERM": "dumb"})
    assert (0, False) == (shown.exit_code, "\x1b" in shown.raw)


def test_progress_moves_on_a_terminal(sandbox: Sandbox) -> None:
    """Long work shows a bar, which is gone at the end."""
    put_courses(sandbox, [f"course-{number:02}" for number in range(5)])
    shown = on_terminal(sandbox, "products", "sync", "--yes")
    assert ("5/5" in shown.raw, "\x1b[2K" in shown.raw) == (True, True)


def test_help_in_actions_has_no_escapes(tmp_path: Path) -> None:
    """Typer takes GitHub's runner for a terminal; lmx does not."""
    page = CliRunner().invoke(app, ["products", "--help"], env={"GITHUB_ACTIONS": "true", "TERM": "xterm"}).output
    assert "\x1b" not in page


@pytest.mark.parametrize(
    ("args", "page"),
    [
        (("nonsense",), "lmx --help"),
        (("products", "nonsense"), "lmx products --help"),
        (("products", "sync", "--nonsense"), "lmx products sync --help"),
        (("courses", "set-price", "a", "1", "2"), "lmx courses set-price --help"),
    ],
)
def test_wrong_usage_names_its_help_page(sandbox: Sandbox, args: tuple[str, ...], page: str) -> None:
    """The remedy is a command to copy."""
    done = sandbox.run(*args)
    assert (2, f"  See {page}.") == (done.returncode, done.stderr.splitlines()[-1])
