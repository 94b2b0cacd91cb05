"""`-o csv`: every list as a spreadsheet reads it, and a usage error for what is no list."""

import csv
import io
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from learnermax_cli.cli.command import LISTS
from learnermax_cli.planning.render_csv import csv_lines
from learnermax_cli.planning.report import Items, Report
from tests.commands import command_paths
from tests.documents import read_schema
from tests.planning.reports import HOSTILE
from tests.running import Sandbox
from tests.views.data import put_enrolled, put_nasty_courses
from tests.webhooks.endpoint_worlds import make_endpoint

MONEY = {"courses list": "sold_for", "products list": "price"}
DECIMALS = {"usd": 2, "jpy": 0, "kwd": 3}


def rows(text: str) -> list[list[str]]:
    """Return the rows that a spreadsheet finds in a text."""
    return list(csv.reader(io.StringIO(text, newline="")))


def written(items: Items) -> list[list[str]]:
    """Return the rows that are written of a list, read back."""
    return rows("".join(f"{line}\n" for line in csv_lines(Report("courses list", "preview", items), str)))


def cells(item: Mapping[str, Any], money: str | None) -> dict[str, str]:
    """Return the values of a JSON item by the column in which they are."""
    found: dict[str, str] = {}
    for name, value in item.items():
        if name == money:
            currency = "" if value is None else value["currency"]
            amount = "" if value is None else str(Decimal(value["amount"]).scaleb(-DECIMALS[currency]))
            found |= {"amount": amount, "currency": currency}
        elif isinstance(value, list):
            found[name] = "; ".join(value)
        else:
            found[name] = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return found


def test_text_is_read_back_as_it_was() -> None:
    """Quotes, commas, line ends, formulas and control characters."""
    texts = (*HOSTILE, 'say "x"', "a,b", "=1+1", "two\r\nlines", "\r", " blanks ", "")
    items = Items(tuple({"name": text} for text in texts), ("name",))
    assert [["name"], *([text] for text in texts)] == written(items)


def test_header_does_not_depend_on_the_rows() -> None:
    """An empty list has the same, as has one without any price."""
    items = Items((), ("id", "price"), more=("drift", "id"), money="price")
    assert [["id", "amount", "currency", "drift"]] == written(items)


def test_values_as_a_spreadsheet_takes_them() -> None:
    """Major units without separators, words for yes and no, nothing for null."""
    priced = {"price": {"amount": 125_000_00, "currency": "usd"}, "active": True, "events": ["a.b", "c"]}
    yen = {"price": {"amount": 7980, "currency": "jpy"}, "active": False, "events": []}
    items = Items((priced, yen, {"price": None}), ("price", "active", "events"), money="price")
    assert [
        ["amount", "currency", "active", "events"],
        ["125000.00", "usd", "true", "a.b; c"],
        ["7980", "jpy", "false", ""],
        ["", "", "", ""],
    ] == written(items)


@pytest.mark.parametrize("command", LISTS)
def test_every_list_has_the_values_of_its_json(sandbox: Sandbox, command: str) -> None:
    """Row by row and field by field; exit codes and stderr are as ever."""
    put_nasty_courses(sandbox)
    put_enrolled(sandbox, "ada", "free-intro", "completed", stripeSessionId=None)
    put_enrolled(sandbox, "bob", "sale-markup", accessRevokedAt="=now()", accessRevokedReason='say "no",\r\n;  no ')
    put_enrolled(sandbox, '=1+1,"\n', "no such course", enrollmentType=" ", accessKeptAt="\x1b[31m\u202e")
    sandbox.run("products", "sync", "--yes")
    sandbox.run("webhooks", "create", "--url", "https://example.com/hook")
    make_endpoint(sandbox, url="https://example.com/a,b;c")
    as_json, as_csv = (sandbox.run(*command.split(), "-o", output) for output in ("json", "csv"))
    header, *found = rows(as_csv.stdout)
    items = json.loads(as_json.stdout)["items"]
    assert items
    assert [cells(item, MONEY.get(command)) for item in items] == [dict(zip(header, row, strict=True)) for row in found]
    assert as_json.returncode == as_csv.returncode


def test_what_is_no_list_is_refused_before_anything_is_done(sandbox: Sandbox) -> None:
    """With the lists that there are."""
    before = len(sandbox.control.journal())
    done = sandbox.run("products", "sync", "--yes", "-o", "csv")
    assert (2, "") == (done.returncode, done.stdout)
    assert [
        "Error: -o csv is for lists only",
        "  Lists are: config, courses list, doctor, enrollments list, products list, secrets status, webhooks list.",
    ] == done.stderr.splitlines()
    assert before == len(sandbox.control.journal())


def test_failure_is_text_on_stderr(sandbox: Sandbox) -> None:
    """Stdout has no row that is none."""
    done = sandbox.run("courses", "list", "-o", "csv", "--table", "no-such-table")
    assert ("", True) == (done.stdout, done.stderr.startswith("Error: "))
    assert done.returncode


def test_text_starts_no_workflow_command(sandbox: Sandbox) -> None:
    """A cell may have lines of its own, which GitHub's runner would read one by one; others get them as they are."""
    text = "no\r::error::a\n ::warning::b\r\n##[group]c"
    put_enrolled(sandbox, "u", "c", accessRevokedAt="t", accessRevokedReason=text)
    for env, harmless in (({"GITHUB_ACTIONS": "true"}, True), ({}, False)):
        out = sandbox.run("enrollments", "list", "-o", "csv", env=env).stdout
        commands = [line for line in re.split(r"[\r\n]+", out) if line.lstrip().startswith("::") or "##[" in line]
        assert (harmless, not harmless) == (not commands, text in out)


def test_findings_of_a_list_are_text_on_stderr(sandbox: Sandbox) -> None:
    """With the command that settles each; a spreadsheet gets rows alone."""
    sandbox.run("webhooks", "create", "--url", "https://example.com/hook")
    make_endpoint(sandbox, url="https://example.com/other")
    done = sandbox.run("webhooks", "list", "-o", "csv", "--exit-code")
    findings = [line for line in done.stderr.splitlines() if line.startswith("  ! ")]
    assert (8, 3, True) == (done.returncode, len(rows(done.stdout)), bool(findings)), done.stderr


def test_lists_are_commands() -> None:
    """Each that is named exists; every command called list is among them, and every other whose JSON has items, but for
    `commands`, whose options do not fit in cells."""
    paths = {" ".join(path) for path in command_paths()}
    assert set() == set(LISTS) - paths
    assert {path for path in paths if path.endswith(" list")} <= set(LISTS)
    described = {case["if"]["properties"]["command"].get("const"): case["then"] for case in read_schema()["allOf"]}
    assert {name for name, case in described.items() if "items" in case.get("required", ())} == {*LISTS, "commands"}
