"""Odd answers at any request of each main command: no traceback, one document, what is called applied is applied."""

import json
import subprocess
import zlib
from pathlib import Path

import pytest

from learnermax_cli.adapters.stripe.catalog import StripeCatalog
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import DesiredProduct
from tests.adapters.stripe.clients import build_at
from tests.enrollments import worlds
from tests.hostile.commands import COMMANDS, Command
from tests.hostile.middleman import Odd, Plan, between
from tests.hostile.odd import ODD
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.worlds import put_signing_secret, serving

READERS = [command for command in COMMANDS if command.name in ("courses list", "doctor")]
CASES = [(command, odd) for command in COMMANDS if command not in READERS for odd in ODD]


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


PRODUCT = DesiredProduct("a", "A", None, (), Money(4_990, "usd"))
_SERVED = ("GET", "GetItem", "UpdateItem", "Publish")
_ANSWERS = ("200 HTML", "200 empty", "200 broken gzip", "200 an item", "206 cut", "all null", "cut", "307")
"""Those that a receiver took for the answer of its write, and others."""


@pytest.mark.parametrize("name", ["200 HTML", "206 cut", "cut", "chunk cut"])
def test_odd_answer_is_tried_again_like_a_lost_one(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    """Six times, a write to Stripe under one idempotency key."""
    odd = next(odd for odd in ODD if odd.name == name)
    with between(sandbox, tmp_path / "state") as (middleman, env):
        middleman.spoil_all(odd, "POST")
        catalog = StripeCatalog(build_at(env["STRIPE_API_BASE"], sandbox.info.secret_key))
        with pytest.raises(FailedError) as raised:
            catalog.create_product(
                "prod_a", DesiredProduct("a", "A", None, (), Money(4_990, "usd")), marker("sandbox", "a")
            )
        keys = [entry["idempotency_key"] for entry in sandbox.control.journal()]
    assert (["POST /v1/products"] * 6, 6, 1) == (middleman.operations, len(keys), len(set(keys)))
    assert raised.value.code in ("failed.answer", "failed.network")


@pytest.mark.parametrize(
    "operation",
    [pytest.param(name, marks=pytest.mark.slow if name.startswith("G") else ()) for name in _SERVED],
)
def test_receiver_acknowledges_nothing_that_is_not_done(sandbox: Sandbox, tmp_path: Path, operation: str) -> None:
    """Stripe would not send it again; with the next delivery the student is in, and gets the mail."""
    worlds.put_basics(sandbox)
    put_signing_secret(sandbox)
    users = {f"user-{number}": odd for number, odd in enumerate(odd for odd in ODD if odd.name in _ANSWERS)}
    # A receiver gives one request a sixth of the limit.
    with between(sandbox, tmp_path / "state", "6") as (middleman, env), serving(sandbox, env=env) as receiver:
        for user, odd in users.items():
            session_id = worlds.put_bought(sandbox, user)
            middleman.spoil_all(odd, operation)
            assert 503 == receiver.deliver(session_id)[0], odd.name
            middleman.arm(None)
            assert 200 == receiver.deliver(session_id)[0], odd.name
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert set(users) == {event["studentId"] for event in worlds.read_events(sandbox)}


@pytest.mark.parametrize("case", sampled(CASES, 37, in_ci=9), ids=_names)
def test_every_odd_answer_is_one_line(sandbox: Sandbox, tmp_path: Path, case: tuple[Command, Odd]) -> None:
    """Each answer at one request of each command, for ever or once, with the request passed on or not."""
    _spoil(sandbox, tmp_path / "state", *case)


@pytest.mark.slow
@pytest.mark.parametrize("command", READERS, ids=lambda command: command.name)
def test_every_odd_answer_to_a_reader_is_one_line(sandbox: Sandbox, tmp_path: Path, command: Command) -> None:
    """What writes nothing leaves the world as it is for the next answer."""
    command.build(sandbox)
    with between(sandbox, tmp_path / "state") as (middleman, env):
        for number, odd in enumerate(ODD):
            middleman.arm(Plan(odd, number % _LENGTHS[command.name]))
            _require_one_document(sandbox.run(*command.args, env=env))
