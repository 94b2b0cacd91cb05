"""`lmx commands` describes the program as it is, and `lmx help` shows the help pages."""

import json
from typing import Any

import pytest

from learnermax_cli.cli.help_pages import walk
from learnermax_cli.cli.main import command_tree
from tests.cli.test_help import HEAVY, loaded, run
from tests.commands import command_paths
from tests.config.test_guard import WRITING
from tests.failures import FAILURES
from tests.running import Sandbox

SANDBOX_WRITES = ("start", "stop", "reset", "pay", "settle", "expire", "refund", "dispute", "promo", "clock", "trigger")


@pytest.fixture(scope="module")
def listed() -> dict[str, dict[str, Any]]:
    """The rows of the list by command."""
    return {row["command"]: row for row in json.loads(run("commands", "-o", "json").stdout)["items"]}


def test_every_command_is_listed(listed: dict[str, Any]) -> None:
    """Once each."""
    assert command_paths() == sorted(tuple(command.split()) for command in listed)


def test_what_writes_is_told(listed: dict[str, Any]) -> None:
    """As the guard has it, and what changes the sandbox."""
    writing = {" ".join(path) for path in WRITING} | {f"sandbox {verb}" for verb in SANDBOX_WRITES}
    assert writing == {command for command, row in listed.items() if row["writes"]}


def test_what_asks_writes(listed: dict[str, Any]) -> None:
    """A question is asked before a write alone, and of an unattended run by none."""
    asking = {command for command, row in listed.items() if row["asks"]}
    unattended = {"enrollments reconcile", "webhooks serve", "webhooks replay", "checkout create", "checkout link"}
    assert set() == asking - {" ".join(path) for path in WRITING}
    assert set() == asking & unattended


def test_failures_end_in_a_code_that_is_listed(listed: dict[str, Any]) -> None:
    """Every failure that the tests provoke."""
    ends = [(row, failure) for failure in FAILURES if (row := listed.get(" ".join(failure.command.split()[:2])))]
    assert len(FAILURES) / 2 < len(ends)
    assert [] == [failure for row, failure in ends if failure.exit_code not in row["exit_codes"]]


def test_pending_changes_are_a_code_where_there_is_the_option(listed: dict[str, Any]) -> None:
    """8 needs --exit-code."""
    names = {command: {name for each in row["options"] for name in each["names"]} for command, row in listed.items()}
    pending = {command for command, row in listed.items() if 8 in row["exit_codes"]}
    assert pending == {command for command in listed if "--exit-code" in names[command]}


def test_arguments_and_options_are_described(listed: dict[str, Any]) -> None:
    """Name, type, default, whether one is required and may be repeated."""
    row = listed["products sync"]
    options = {option["names"][0]: {**option, "names": len(option["names"])} for option in row["options"]}
    texts = {name: option.pop("help") for name, option in options.items()}
    plain = {"names": 1, "required": False, "repeatable": False, "default": None}
    assert {**plain, "type": "string", "repeatable": True} == options["--course"]
    assert {**plain, "type": "choice", "choices": ["major", "minor"]} == options["--price-unit"]
    assert {**plain, "type": "integer"} == options["--allow-archive"]
    assert {**plain, "type": "path"} == options["--plan"]
    assert {**plain, "names": 2, "type": "flag", "default": False} == options["--dry-run"]
    assert all(texts.values())
    price = {"name": "PRICE", "type": "string", "required": True, "repeatable": False}
    arguments = listed["courses set-price"]["arguments"]
    assert [True, {**price, "help": arguments[1]["help"]}] == [bool(arguments[1]["help"]), arguments[1]]
    user = next(option for option in listed["checkout create"]["options"] if option["names"] == ["--user"])
    assert user["required"]
    revoke = next(o for o in listed["enrollments reconcile"]["options"] if "--revoke" in o["names"])
    assert (["--revoke", "--no-revoke"], "flag", None) == (revoke["names"], revoke["type"], revoke["default"])


def test_text_has_a_line_for_each_command(sandbox: Sandbox) -> None:
    """With what is asked most: whether it writes, whether it asks, how it ends."""
    done = sandbox.run("commands")
    lines = done.stdout.splitlines()
    assert (0, 1 + len(command_paths())) == (done.returncode, len(lines))
    assert "products sync yes yes 0, 1, 2, 3, 4, 5, 8, 130" in [" ".join(line.split()) for line in lines]


@pytest.mark.parametrize("path", [(), ("courses",), ("products", "sync"), ("help",)], ids=" ".join)
def test_help_shows_the_help_page(path: tuple[str, ...]) -> None:
    """`lmx help products sync` is `lmx products sync --help`."""
    shown, page = run("help", *path), run(*path, "--help")
    assert (0, page.stdout, "") == (shown.returncode, shown.stdout, shown.stderr)


def test_help_of_nothing_that_exists_names_what_may_have_been_meant() -> None:
    """As the command itself would."""
    done = run("help", "products", "snyc")
    said = ["Error: No such command 'snyc'.", "  Did you mean lmx products sync? See lmx products --help."]
    assert (2, "", said) == (done.returncode, done.stdout, done.stderr.splitlines())


@pytest.mark.parametrize("args", [("commands", "-o", "json"), ("help", "products", "sync")])
def test_no_sdk_is_loaded(args: tuple[str, ...]) -> None:
    """Neither boto3 nor stripe."""
    assert [] == [name for name in loaded(*args) if name.startswith(HEAVY)]


def test_settings_that_make_no_sense_do_not_matter(listed: dict[str, Any]) -> None:
    """Nothing is worked on, and the list says so."""
    assert {"commands", "help"} == {command for command, row in listed.items() if 3 not in row["exit_codes"]}
    done = run("commands", "--env-file", "nowhere", LMX_ENVIRONMENT="nowhere", LMX_MAX_RATE="fast")
    assert 0 == done.returncode, done.stderr


def test_each_command_says_what_it_is() -> None:
    """None is registered past the list."""
    commands = [command for _, command in walk(command_tree()) if not hasattr(command, "commands")]
    assert [] == [command.name for command in commands if not hasattr(command.callback, "traits")]
