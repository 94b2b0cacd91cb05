"""The published schema: it holds for what each command prints, and finds what is wrong."""

import json
import signal
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from learnermax_cli.config.keys import Mode
from learnermax_cli.core.errors import Exit
from learnermax_cli.doctor.model import Status
from learnermax_cli.planning.change import Action, Kind, OutcomeWord
from learnermax_cli.secrets.status import KeyState
from learnermax_cli.webhooks.model import Effect
from tests.checkout.worlds import ENV
from tests.commands import DAY, ELSEWHERE, ENDLESS, HOOK, WITHOUT_DOCUMENT, command_paths, put_keys
from tests.documents import flaws, read_schema
from tests.running import Sandbox

PUBLISHED = read_schema()["$defs"]
ENUMS: dict[str, tuple[object, ...]] = {
    "kind": get_args(Kind),
    "action": get_args(Action),
    "outcome": get_args(OutcomeWord),
    "effect": get_args(Effect),
}


@pytest.fixture
def platform(sandbox: Sandbox) -> Sandbox:
    """A sandbox with an env file, and nothing in it yet."""
    put_keys(sandbox)
    return sandbox


def document(out: str) -> dict[str, Any]:
    """Return the one document that was printed."""
    read: dict[str, Any] = json.loads(out)
    return read


def test_schema_is_one() -> None:
    """It keeps the rules of JSON Schema 2020-12."""
    Draft202012Validator.check_schema(read_schema())


def test_enumerations_are_those_of_the_code() -> None:
    """Not one word more or less."""
    assert ENUMS == {name: tuple(PUBLISHED[name]["enum"]) for name in ENUMS}
    assert get_args(Mode) == tuple(PUBLISHED["stripe"]["properties"]["mode"]["enum"])
    assert get_args(Status) == tuple(PUBLISHED["check"]["properties"]["status"]["enum"])
    assert get_args(KeyState) == tuple(PUBLISHED["key"]["properties"]["state"]["enum"])
    failing = [int(code) for code in Exit if code not in (Exit.OK, Exit.PENDING)]
    assert failing == PUBLISHED["error"]["properties"]["exit_code"]["enum"]


def test_each_command_that_succeeds_prints_what_the_schema_says(platform: Sandbox) -> None:
    """All of them, in the course of a day."""
    session, seen = "", set[tuple[str, ...]]()
    for line in DAY:
        words = line.replace("HOOK", HOOK).replace("$", session).split()
        done = platform.run(*words, "-o", "json", env=ENV)
        assert done.returncode in (0, 8), (line, done.stderr)
        printed = document(done.stdout)
        assert [] == flaws(printed), line
        session = printed.get("data", {}).get("session_id") or session
        seen.add(tuple(printed["command"].split()))
    assert sorted({*seen, *WITHOUT_DOCUMENT, *ENDLESS, *ELSEWHERE}) == command_paths()


def test_endless_command_prints_what_the_schema_says(platform: Sandbox) -> None:
    """The receiver, once it is stopped."""
    assert 0 == platform.run("webhooks", "create", "--url", HOOK).returncode
    receiver = platform.start("webhooks", "serve", "--port", "0", "-o", "json")
    receiver.read_until("Listening")
    receiver.send_signal(signal.SIGTERM)
    out, _ = receiver.communicate(60)
    assert ("webhooks serve", []) == (document(out)["command"], flaws(document(out)))


def test_sandbox_that_is_stopped_is_described(platform: Sandbox, tmp_path: Path) -> None:
    """And one that does not run: the list of what is wrong is the document's error."""
    for word, code in (("stop", 0), ("status", 3)):
        done = platform.run("sandbox", word, "-o", "json", env={"LMX_SANDBOX_HOME": str(tmp_path / "none")})
        assert (code, []) == (done.returncode, flaws(document(done.stdout)))


def test_each_command_that_fails_prints_what_the_schema_says(platform: Sandbox) -> None:
    """A command line that makes no sense, and credentials that AWS does not know."""
    for path in command_paths():
        done = platform.run(*path, "--nonsense", "-o", "json")
        assert (2, []) == (done.returncode, flaws(document(done.stdout))), path


def test_report_with_an_error_is_described(platform: Sandbox) -> None:
    """A run that failed half-way has both."""
    assert 0 == platform.run("courses", "seed").returncode
    platform.control.add_fault("error", service="stripe", operation="POST /v1/products", times=None, status=400)
    done = platform.run("products", "sync", "--yes", "-o", "json")
    printed = document(done.stdout)
    assert (1, "failed", []) == (done.returncode, printed["changes"][0]["outcome"], flaws(printed))


WRONG: tuple[tuple[str, object], ...] = (
    ("command", None),
    ("schema", "lmx/2"),
    ("environment", None),
    ("dry_run", "no"),
    ("digest", "sha256:x"),
    ("changes", [{"kind": "product"}]),
    ("summary", {"create": -1}),
    ("warnings", []),
    ("more", 1),
    ("items", []),
    ("error", {"code": "Failed", "message": "m", "hint": "h", "exit_code": 0}),
)


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    """A document without a flaw."""
    return document((Path(__file__).parent.parent / "golden/plan_calm.json").read_text())


def test_sound_document_has_no_flaw(sound: dict[str, Any]) -> None:
    """The golden plan is one."""
    assert [] == flaws(sound)


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_field_is_a_flaw(sound: dict[str, Any], name: str, value: object) -> None:
    """Missing, of another type, not among the words, or not described."""
    document = {**sound, name: value}
    assert flaws({name: value for name, value in document.items() if value is not None})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "products"),
        ("action", "created"),
        ("outcome", "done"),
        ("outcome", "failed"),
        ("after", {"price": {"amount": 49.99, "currency": "usd"}}),
        ("after", {"price": {"amount": 4999, "currency": "USD"}}),
        ("after", "all"),
        ("extra", 1),
    ],
)
def test_wrong_change_is_a_flaw(sound: dict[str, Any], field: str, value: object) -> None:
    """The words of the code, money in minor units, and an error where it failed."""
    assert flaws({**sound, "changes": [{**sound["changes"][0], "outcome": "planned", field: value}]})
