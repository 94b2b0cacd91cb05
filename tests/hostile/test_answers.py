"""Odd answers at any request of each main command: no traceback, one document, what is called applied is applied."""

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from tests.hostile.commands import COMMANDS, Command
from tests.hostile.middleman import Odd, Plan, between
from tests.hostile.odd import ODD
from tests.running import Sandbox

CASES = [(command, odd) for command in COMMANDS for odd in ODD]
# Every case is one in the whole matrix; a change needs some of each.
SAMPLE = [case for number, case in enumerate(CASES) if number % 37 == 5]


def _names(case: tuple[Command, Odd]) -> str:
    return f"{case[0].name}-{case[1].name}"


def _require_one_document(run: "subprocess.CompletedProcess[str]") -> dict[str, object]:
    assert "Traceback" not in run.stderr, run.stderr
    assert "bug in lmx" not in run.stderr, run.stderr
    assert run.returncode in (0, 1, 3, 4, 5), (run.returncode, run.stderr)
    document: dict[str, object] = json.loads(run.stdout)
    return document


def _spoil(sandbox: Sandbox, home: Path, command: Command, odd: Odd) -> None:
    command.build(sandbox)
    seed = zlib.crc32(f"{command.name} {odd.name}".encode())
    with between(sandbox, home) as (middleman, env):
        plan = Plan(odd, number=seed % _LENGTHS[command.name], after=seed % 5 != 0, once=seed % 7 == 0)
        middleman.arm(plan)
        report = _require_one_document(sandbox.run(*command.args, env=env))
        command.holds(sandbox, report)
        middleman.arm(None)
        again = sandbox.run(*command.args, env=env)
    _require_one_document(again)
    assert "doctor" == command.name or 0 == again.returncode, again.stdout + again.stderr
    command.clean(sandbox)


# About as many requests as each makes: a greater number means that nothing is spoiled.
_LENGTHS = {
    "secrets push": 4,
    "products sync": 10,
    "courses list": 4,
    "courses set-price": 2,
    "checkout create": 8,
    "enrollments reconcile": 12,
    "webhooks create": 11,
    "doctor": 26,
}


@pytest.mark.parametrize("case", SAMPLE, ids=_names)
def test_odd_answer_is_one_line(sandbox: Sandbox, tmp_path: Path, case: tuple[Command, Odd]) -> None:
    """A sample of the next test."""
    _spoil(sandbox, tmp_path / "state", *case)


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=_names)
def test_every_odd_answer_is_one_line(sandbox: Sandbox, tmp_path: Path, case: tuple[Command, Odd]) -> None:
    """Each answer at one request of each command, for ever or once, with the request passed on or not."""
    _spoil(sandbox, tmp_path / "state", *case)
