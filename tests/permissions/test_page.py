"""docs/permissions.md is made of the table, and the table has every command and no action that AWS does not have."""

import json
import re

import botocore.session

from docs.make_permissions import PAGE, make_page, rows_of
from docs.permissions import FIND_ADDRESS, FUNCTIONS, JOBS, KMS, NEEDS_KEY, ROWS
from learnermax_cli.cli.help_pages import walk
from learnermax_cli.cli.main import command_tree
from learnermax_cli.doctor.check_stripe import PERMISSIONS
from learnermax_cli.sandbox.stripe_api.keys import LEAST_PERMISSIONS
from tests.permissions.calls import TITLES

_OTHERS = (NEEDS_KEY, FIND_ADDRESS, *FUNCTIONS)


def test_page_is_current() -> None:
    """`python -m docs.make_permissions` makes it anew."""
    page = PAGE.read_text(encoding="utf-8")
    assert make_page(page) == page


def test_every_command_has_a_row() -> None:
    """But those that reach this machine alone; and no row is of another command, or there twice."""
    commands = [(" ".join(path), command) for path, command in walk(command_tree()) if not hasattr(command, "commands")]
    remote = {name for name, command in commands if not command.callback.traits.local}
    assert remote == {row.command for row in ROWS}
    names = [row.name for row in ROWS]
    assert sorted(set(names)) == sorted(names)


_READS = ("Get", "BatchGet", "Describe", "List", "Query", "Scan")
_LOCAL = {"secrets pull"}
"""What it writes is a file."""


def test_what_is_written_is_said() -> None:
    """In each row that may write something, and in no other; they are of the commands that write."""
    writing = {
        row.name
        for row in ROWS
        if "Write" in row.permissions.values()
        or any(not action.partition(":")[2].startswith(_READS) for _, action in row.actions)
    }
    assert writing | _LOCAL == {row.name for row in ROWS if row.writes != "-"}
    commands = [(" ".join(path), command) for path, command in walk(command_tree()) if not hasattr(command, "commands")]
    says = {name for name, command in commands if command.callback.traits.writes and not command.callback.traits.local}
    assert says == {row.command for row in ROWS if row.writes != "-"}


def test_actions_are_those_of_aws() -> None:
    """Each is an operation of its service, and so are those on its KMS key."""
    needed = {action for row in (*ROWS, *_OTHERS) for _, action in row.actions}
    session = botocore.session.get_session()
    services = {action.partition(":")[0] for action in needed} | {"kms"}
    known = {
        f"{name}:{operation}" for name in services for operation in session.get_service_model(name).operation_names
    }
    assert set() == (needed | set(KMS) | {action for more in KMS.values() for action in more}) - known


def test_doctor_tries_what_commands_need() -> None:
    """And names those commands, with the level that they need without options."""
    expected = {}
    for title in {name for row in (*ROWS, *_OTHERS) for name in row.permissions}:
        rows = [row for row in ROWS if title in row.permissions and row.command != "doctor"]
        groups: dict[str, dict[str, None]] = {}
        for row in rows:
            group, verb = row.command.split()
            groups.setdefault(group, {})[verb] = None
        commands = ", ".join(f"{group} {'|'.join(verbs)}" for group, verbs in groups.items())
        levels = {row.permissions[title] for row in rows if not row.when}
        expected[title] = (commands, "Write" if "Write" in levels else "Read")
    assert expected == {permission.title: (permission.commands, permission.level) for permission in PERMISSIONS}


def test_restricted_key_of_the_sandbox_may_what_doctor_tries() -> None:
    """What works there with the key that it makes works with the least key at Stripe."""
    levels = {permission.title: permission.level.lower() for permission in PERMISSIONS}
    assert {resource: levels[title] for resource, title in TITLES.items()} == LEAST_PERMISSIONS


def test_policies_can_be_pasted() -> None:
    """Each is JSON, and allows what the rows of its job need, and to read the key where one is needed."""
    policies = re.findall(r"```json\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for job, policy in zip(JOBS, map(json.loads, policies), strict=True):
        allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
        rows = rows_of(job)
        key = NEEDS_KEY.actions if any(row.permissions for row in rows) else frozenset()
        assert {action for actions in (key, *(row.actions for row in rows)) for _, action in actions} == allowed
