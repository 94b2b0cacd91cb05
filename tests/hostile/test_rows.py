"""Each bad row against each main command: no traceback, the others go through, the row is named with its reason."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.hostile.rows import BAD, EVE, FRESH, GOOD, PAYER, ROWS, Row
from tests.hostile.worlds import ENV, put_row, put_world
from tests.ran import Ran
from tests.running import Sandbox
from tests.sampling import sampled

Report = Mapping[str, Any]
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "sync": ("products", "sync", "--yes"),
    "list": ("courses", "list"),
    "set-price": ("courses", "set-price", GOOD, "59.99"),
    "checkout": ("checkout", "create", GOOD, "--user", "ada"),
    "reconcile": ("enrollments", "reconcile", "--since", "3d"),
    "enrollments": ("enrollments", "list"),
    "products": ("products", "list"),
    "replay": ("webhooks", "replay", "--since", "3d"),
    "doctor": ("doctor",),
}
CASES = [(row, command) for row in ROWS for command in COMMANDS]


def run(sandbox: Sandbox, *args: str) -> Ran:
    """Run a command with JSON output: one document, and no traceback."""
    done = sandbox.run(*args, "-o", "json", env=ENV)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def outcomes(report: Report) -> set[tuple[str, str]]:
    """Return key and outcome of each change."""
    return {(change["key"], change["outcome"]) for change in report["changes"]}


def has_both_courses(report: Report) -> bool:
    """Whether a list has the good courses, with their prices."""
    sold_for = {item["course_id"]: item["sold_for"] for item in report["items"]}
    return [sold_for[GOOD], sold_for[FRESH]] == 2 * [{"amount": 4999, "currency": "usd"}]


def checks_pass(report: Report) -> bool:
    """Whether all that was read of the table could be judged."""
    checks = {item["check"]: item["status"] for item in report["items"]}
    return {"ok", "warning"} >= {checks[name] for name in ("Catalog", "Pending enrollments", "Events owed")}


OTHERS: Mapping[str, Callable[[Report], bool]] = {
    "sync": lambda report: (FRESH, "applied") in outcomes(report),
    "list": has_both_courses,
    "set-price": lambda report: {(GOOD, "applied")} == outcomes(report),
    "checkout": lambda report: report["data"]["url"].startswith("http"),
    "reconcile": lambda report: (f"{PAYER}/{GOOD}", "applied") in outcomes(report),
    "enrollments": lambda report: PAYER in {item["user_id"] for item in report["items"]},
    "products": lambda report: GOOD in {item["course_id"] for item in report["items"]},
    "replay": lambda report: (f"{PAYER}/{GOOD}", "applied") in outcomes(report),
    "doctor": checks_pass,
}
"""What shows in a report that the good rows went through."""


@pytest.mark.parametrize("case", sampled(CASES, 13), ids=[f"{row.name}-{command}" for row, command in CASES])
def test_row_stops_nothing(sandbox: Sandbox, case: tuple[Row, str]) -> None:
    """Everything good goes through, and what is said of the row names it and the reason."""
    row, command = case
    put_world(sandbox)
    put_row(sandbox, row)
    ran = run(sandbox, *COMMANDS[command])
    said = json.dumps(ran.report, ensure_ascii=False)
    assert OTHERS[command](ran.report), ran.stderr
    assert row.says.get(command, "") in said
    assert [] == [text for text in row.silent if text in said]
    if command != "doctor":  # of a sandbox it has more to say
        assert int(row.refused and command == "sync") == ran.exit_code, ran.stderr


ON_THE_ROW: Mapping[str, tuple[str, ...]] = {
    "price": ("courses", "set-price", BAD, "59.99"),
    "sync": ("products", "sync", "--yes", "--course", BAD),
    "checkout": ("checkout", "create", BAD, "--user", "ada"),
    "enroll": ("enrollments", "create", BAD, "--user", "ada"),
    "link": ("checkout", "link", BAD),
    "checkout of eve": ("checkout", "create", GOOD, "--user", EVE),
    "reconcile of eve": ("enrollments", "reconcile", "--user", EVE, "--release-expired"),
    "release of eve": ("enrollments", "release", GOOD, "--user", EVE, "--yes"),
    "list of eve": ("enrollments", "list", "--user", EVE),
    "list of the course": ("enrollments", "list", "--course", GOOD),
}
ROW_CASES = [(row, command) for row in ROWS for command in ON_THE_ROW]


@pytest.mark.parametrize("case", sampled(ROW_CASES, 23), ids=[f"{row.name}-{command}" for row, command in ROW_CASES])
def test_row_itself_is_answered(sandbox: Sandbox, case: tuple[Row, str]) -> None:
    """A command on nothing but the bad row does it, or says in two lines why not."""
    row, command = case
    put_world(sandbox)
    put_row(sandbox, row)
    ran = run(sandbox, *ON_THE_ROW[command])
    assert {0, 1} >= {ran.exit_code}, ran.stderr
    assert "bug" != ran.report.get("error", {}).get("code")
    if command.startswith("list"):
        assert [] == [text for text in row.silent if text in json.dumps(ran.report)]
