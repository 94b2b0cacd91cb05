"""The table of permissions equals what the journals show for each command, both ways."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import pytest

from docs.permissions import FIND_ADDRESS, NEEDS_KEY, ROWS, Row
from learnermax_cli.config.sandbox_state import STATE_FILE
from tests.enrollments import worlds
from tests.permissions.calls import least_key, read_calls, require_equal
from tests.permissions.scenarios import SCENARIOS, SEARCHED, Scenario
from tests.ran import last_entry
from tests.running import Sandbox
from tests.sampling import sampled
from tests.students.worlds import ids_of
from tests.views.data import ENV
from tests.webhooks.signed import deliver
from tests.webhooks.worlds import serving

Entries = list[dict[str, Any]]
NAMED = {row.name: row for row in ROWS}


def home_with(sandbox: Sandbox, key: str) -> str:
    """Return a folder that names the sandbox with another key."""
    state = asdict(replace(sandbox.info, secret_key=key))
    (sandbox.home / STATE_FILE).write_text(json.dumps(state), encoding="utf-8")
    return str(sandbox.home)


def entries_of(sandbox: Sandbox, scenario: Scenario, row: Row, *options: str) -> Entries:
    """Run a scenario with a key that may do what a row says; return what the journal has of the run."""
    sandbox.control.reset()
    known = scenario.world(sandbox) or {}
    words = (*(word.format_map(known) for word in scenario.command.split()), *options)
    env = {**ENV, **scenario.env, "LMX_SANDBOX_HOME": home_with(sandbox, least_key(sandbox, row))}
    events = scenario.events(sandbox) if scenario.events else ()
    seq = last_entry(sandbox)
    if scenario.events is None:
        done = sandbox.run(*words, env=env)
        assert options or scenario.ends == done.returncode, done.stdout + done.stderr
    else:
        with serving(sandbox, *words[2:], env=env) as receiver:
            assert {200} == {deliver(receiver.url, event, worlds.now(sandbox))[0] for event in events}
            receiver.stop()
    return sandbox.control.journal(seq)


def test_every_row_has_scenarios() -> None:
    """And no scenario is of another."""
    assert NAMED.keys() == SCENARIOS.keys()


@pytest.mark.parametrize("row", sampled(ROWS, 5), ids=lambda row: row.name)
def test_row_is_what_is_asked_for(sandbox: Sandbox, row: Row) -> None:
    """All that its scenarios ask for, with a key that may do just that: nothing is refused, and nothing left over."""
    require_equal(row, [entry for scenario in SCENARIOS[row.name] for entry in entries_of(sandbox, scenario, row)])


def test_student_is_found_by_the_address(sandbox: Sandbox) -> None:
    """What that takes comes on top."""
    (scenario,) = SCENARIOS["enrollments revoke"]
    named = replace(scenario, command=scenario.command.replace(" --reason", "@example.com --reason"))
    row = NAMED["enrollments revoke"]
    require_equal(row, entries_of(sandbox, named, row), FIND_ADDRESS)


KEYLESS: Mapping[str, str | None] = {"LMX_ENVIRONMENT": "preview", "STRIPE_SECRET_KEY": None}


def test_key_is_read_from_the_secret(sandbox: Sandbox) -> None:
    """Where there is none at hand."""
    row = NAMED["checkout show"]
    secret = json.dumps({"STRIPE_SECRET_KEY": least_key(sandbox, row)})
    sandbox.secretsmanager().create_secret(Name="learnermax/stripe-keys", SecretString=secret)
    session_id = worlds.seed(sandbox, "a")
    seq = last_entry(sandbox)
    assert 0 == sandbox.run("checkout", "show", session_id, env=KEYLESS).returncode
    require_equal(row, sandbox.control.journal(seq), NEEDS_KEY)


ACCOUNT = {"GET /v1/account"}
"""Asked for by every key, and refused to a restricted one."""
DRY = [scenario for row in ROWS for scenario in SCENARIOS[row.name] if row.writes != "-" and scenario.events is None]


@pytest.mark.parametrize("scenario", sampled(DRY, 13), ids=lambda scenario: scenario.command)
def test_dry_run_only_reads(sandbox: Sandbox, scenario: Scenario) -> None:
    """With a key that may write nothing; what it reads is what the row says, or less."""
    row = NAMED[scenario.row]
    reader = replace(row, read=", ".join(row.permissions), write="")
    entries = entries_of(sandbox, scenario, reader, "--dry-run")
    assert set() == {entry["operation"] for entry in entries if entry["write"] or entry["status"] == 403} - ACCOUNT
    made = read_calls(entries)
    assert (True, True) == (row.actions >= made.aws, row.permissions.keys() >= made.stripe.keys())


TOGETHER = (
    f"enrollments list --course {worlds.COURSE} --user open",
    f"enrollments reconcile --course {worlds.COURSE} --user refunded --revoke",
    "enrollments reconcile --since 3d --release-expired --audit",
    "enrollments reconcile --since 3d --window-only --create-missing",
    f"enrollments reconcile --since 3d --course {worlds.COURSE} --create-missing --revoke",
    "enrollments reconcile --since 3d --user open --revoke",
)


def joined(rows: list[Row]) -> Row:
    """Return a row that has what several have, in the highest level."""
    write = {title for row in rows for title, level in row.permissions.items() if level == "Write"}
    read = {title for row in rows for title in row.permissions} - write
    return Row("", "; ".join(row.aws for row in rows), ", ".join(sorted(read)), ", ".join(sorted(write)))


@pytest.mark.slow
@pytest.mark.parametrize("command", TOGETHER)
def test_options_together_need_their_rows_together(sandbox: Sandbox, command: str) -> None:
    """And nothing besides, as the page says."""
    name = " ".join(command.split()[:2])
    row = joined([row for row in ROWS if row.command == name and row.when and row.when in command])
    scenario = replace(SCENARIOS["enrollments reconcile --since"][0], command=command)
    entries = entries_of(sandbox, scenario, row)
    assert set() == {entry["operation"] for entry in entries if entry["status"] == 403} - ACCOUNT
    assert row.actions >= read_calls(entries).aws


OPTIONAL = {("products sync", "Payment Links"), ("enrollments reconcile --since", "Disputes")}
OPTIONAL |= {("students show", title) for title in ("Disputes", "Events", "Customers")}
PARTLY = ("products sync", "enrollments reconcile --since", "students show")


def without(row: Row, title: str) -> Row:
    """Return a row that lacks a permission."""
    left = {name: level for name, level in row.permissions.items() if name != title}
    read, write = (", ".join(name for name, its in left.items() if its == level) for level in ("Read", "Write"))
    return replace(row, read=read, write=write)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "title"), [(name, title) for name in PARTLY for title in NAMED[name].permissions])
def test_lack_is_a_warning_or_ends_the_run(sandbox: Sandbox, name: str, title: str) -> None:
    """Which of both, the page says for each permission."""
    scenario = SEARCHED if (name, title) == ("students show", "Customers") else SCENARIOS[name][0]
    ends = 0 if (name, title) in OPTIONAL else 4
    entries = entries_of(sandbox, replace(scenario, ends=ends), without(NAMED[name], title))
    assert {entry["operation"] for entry in entries if entry["status"] == 403} - ACCOUNT


@pytest.mark.slow
def test_student_is_shown_by_any_id(sandbox: Sandbox) -> None:
    """Each kind of id asks for nothing that the row does not have."""
    row = NAMED["students show"]
    SCENARIOS["students show"][0].world(sandbox)
    (session,) = sandbox.stripe().v1.checkout.sessions.list().data
    env = {"LMX_SANDBOX_HOME": home_with(sandbox, least_key(sandbox, row))}
    shown = ids_of(sandbox, session.id)
    seq = last_entry(sandbox)
    assert [0] * len(shown) == [sandbox.run("students", "show", one, env=env).returncode for one in shown]
    entries = sandbox.control.journal(seq)
    assert set() == {entry["operation"] for entry in entries if entry["status"] == 403} - ACCOUNT
    made = read_calls(entries)
    assert (True, True) == (row.actions >= made.aws, row.permissions.keys() >= made.stripe.keys())
