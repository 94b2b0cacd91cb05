"""The published schema: it holds for what each command prints, and finds what is wrong."""

import json
import signal
from collections.abc import Iterator
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
from tests.cli.test_canary import CASES
from tests.commands import DAY, ELSEWHERE, ENDLESS, HOOK, WITHOUT_DOCUMENT, command_paths, put_keys
from tests.documents import flaws, read_schema
from tests.running import Sandbox
from tests.sampling import sampled

PUBLISHED = read_schema()["$defs"]
OPTIONAL = {"stripe", "warnings", "dry_run", "choices", "would", "events_removed"}
"""The fields that a document may be without; all others are required where the schema knows the command."""
FREE = {"before", "after", "states", "references"}  # what they hold is named by the data
VARIABLES = "sandbox env"
ARGS = {path: next(iter(cases), ()) for path, cases in CASES.items()} | {("webhooks", "serve"): ("--port", "0")}
HARMLESS = {("commands",), ("sandbox", "stop")}  # they need nothing
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


def renamed_unnoticed(printed: dict[str, Any]) -> set[str]:
    """Return the fields of a document that could be renamed, and the published schema would take it all the same."""
    published = Draft202012Validator(read_schema())

    def unnoticed(inner: Any) -> Iterator[str]:
        if isinstance(inner, list):
            yield from unnoticed(inner[0]) if inner else ()
        elif isinstance(inner, dict):
            for name in list(inner):
                inner[f"{name}_"] = inner.pop(name)
                if published.is_valid(printed):
                    yield name
                inner[name] = inner.pop(f"{name}_")
                if name not in FREE:
                    yield from unnoticed(inner[name])

    return set() if printed["command"] == VARIABLES else set(unnoticed(printed))


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


@pytest.mark.slow
def test_each_command_that_succeeds_prints_what_the_schema_says(platform: Sandbox) -> None:
    """All of them, in the course of a day."""
    session, seen, unnoticed = "", set[tuple[str, ...]](), set[str]()
    for line in DAY:
        words = line.replace("HOOK", HOOK).replace("$", session).split()
        done = platform.run(*words, "-o", "json", env=ENV)
        assert done.returncode in (0, 8), (line, done.stderr)
        printed = document(done.stdout)
        assert [] == flaws(printed), line
        unnoticed |= renamed_unnoticed(printed)
        session = printed.get("data", {}).get("session_id") or session
        seen.add(tuple(printed["command"].split()))
    assert sorted({*seen, *WITHOUT_DOCUMENT, *ENDLESS, *ELSEWHERE}) == command_paths()
    assert OPTIONAL == unnoticed


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


@pytest.mark.parametrize("path", sampled(command_paths(), 11), ids=" ".join)
def test_each_command_that_fails_prints_what_the_schema_says(platform: Sandbox, path: tuple[str, ...]) -> None:
    """A command line that makes no sense, no sandbox to work on, and Ctrl-C as it waits for its first answer.

    What was refused, forbidden and broken is run by tests/cli/test_canary.py, guards by tests/config/test_guard.py.
    """
    unusable = platform.run(*path, "--nonsense", "-o", "json")
    assert (2, []) == (unusable.returncode, flaws(document(unusable.stdout)))
    if path in WITHOUT_DOCUMENT or path in HARMLESS:
        return
    words = (*path, *ARGS[path], "-o", "json")
    lost = platform.run(*words, "-e", "sandbox", env={"LMX_SANDBOX_HOME": "/dev/null/none"})
    assert (3, []) == (lost.returncode, flaws(document(lost.stdout)))
    if path[0] in ("sandbox", "config"):
        return
    platform.control.add_fault("hold")
    waiting = platform.start(*words)
    platform.control.wait_held(timeout=60)
    waiting.send_signal(signal.SIGINT)
    out, _ = waiting.communicate(60)
    assert (130, []) == (waiting.returncode, flaws(document(out)))


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
