"""Every command that a message or a finding names helps: it is run as it stands, and the same message never returns."""

import ast
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import learnermax_cli
from tests.checkout import worlds as checkout
from tests.failures import FAILURES
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks import endpoint_worlds as endpoints
from tests.world.remedy_situations import NAMED_BY, SITUATIONS, Situation

PACKAGE = Path(learnermax_cli.__file__).parent
STEPS = 4
_COMMAND = re.compile(r"\blmx (?!sandbox )((?:'[^']*'|[^,;()&'])*(?:'[^']*'|[^,;()&.\s']))")
_PROSE = re.compile(r"(: | (publishes|replaces|again)\b).*")
_ASKS = (
    *("enrollments keep", "enrollments release", "enrollments revoke", "products sync"),
    *("secrets push", "webhooks create", "webhooks delete"),
)
_FILLED = {"PRICE": "49.99", "URL": endpoints.URL}
# What only shows: who reads it decides.
_SHOWS = (
    *("checkout show", "config", "courses list", "doctor", "enrollments list", "products list"),
    *("secrets status", "students show", "webhooks list"),
)
# What stands in for the command that names it, which says the same as often as it is run.
_INSTEAD = ("Enroll the student without payment: ", "For older payments: ", "  Use lmx checkout create ")
_NOTHING = "It is the last word: nothing is to be done."


class Said(NamedTuple):
    """What a run said that is to be settled, and the first commands that it names."""

    message: tuple[str, ...]
    remedies: tuple[str, ...]


# Failures whose remedy is to be walked; of the others it is something to be done by hand first, or only shows.
BY_HAND = {
    "What it is about: ": "the id is nobody's; tests/students/test_tickets.py starts from ids that are somebody's",
    "Create a new key in the Dashboard": "the key is made by hand",
    "Check that the key is of the right account": "which account is right, only a person knows",
    "Delete it first (": "the other endpoint's site has to be named another secret",
    "If this is the right version": "a version is chosen by a person, and must work",
    "Name another version": "a version is chosen by a person",
    "Make an earlier version current": "whether there is an earlier one, only a person knows",
    "Restore it with": "the name may be meant to stay deleted; tests/secrets/test_push.py restores",
    "To store other keys": "there are no other keys at hand",
    "Store them: ": "the keys are at hand in another place",
    "Store it: ": "the key is at hand in another place",
    "Check -e and the key": "which key is right, only a person knows",
    "Delete it in Stripe's dashboard": "prod takes no keys of test mode",
    "Register the endpoint": "a receiver does not end by itself; tests/webhooks/test_serve.py",
    "It cannot be paid any more": _NOTHING,
    "Nothing to do": _NOTHING,
    "Example: ": "the value that is missing, only a person knows",
    "Did you mean": "the mistyped command stays mistyped; tests/cli/test_usage.py",
}
# Commands that no walk of this file reaches, each with the reason.
ELSEWHERE = {
    "secrets rollback": "which version is right, only a person knows",
    "webhooks replay": "an advice for a time without endpoint; tests/webhooks/test_replay.py",
}


def _commands(line: str) -> Iterator[str]:
    for part in line.split(", then "):
        for match in _COMMAND.finditer(part):
            if "--help" not in match[1] and "[OPTIONS]" not in match[1]:
                yield _PROSE.sub("", match[1])


WALKED = [f for f in FAILURES if list(_commands(f.remedy)) and not f.remedy.startswith(tuple(BY_HAND))]


@pytest.mark.parametrize("situation", sampled(SITUATIONS, one_in=7, in_ci=2), ids=lambda situation: situation.name)
def test_remedy_settles_a_situation(sandbox: Sandbox, situation: Situation) -> None:
    """What is named is run, and then the command again, until it names nothing more; no message comes twice."""
    env = {**situation.env, **(situation.build(sandbox) or {})}
    said = _walk(sandbox, shlex.split(situation.command), env)
    named = {group for each in said for remedy in each.remedies for group in _groups(f"lmx {remedy}")}
    assert named, "nothing was named"
    assert {command for command, name in NAMED_BY.items() if name == situation.name} <= named


@pytest.mark.parametrize("failure", sampled(WALKED, one_in=7, in_ci=2), ids=lambda failure: failure.error[:50])
def test_remedy_settles_a_failure(sandbox: Sandbox, failure: Any) -> None:
    """Each failure that names a command, likewise."""
    provoked = failure.prepare(sandbox)
    assert _walk(sandbox, list(provoked.args), {**checkout.ENV, **provoked.env}), "nothing was named"


def test_every_remedy_is_walked() -> None:
    """Each command that the package names is reached by a walk, or is listed with a reason."""
    reached = {match for failure in WALKED for match in _groups(failure.remedy)} | {*NAMED_BY, *_SHOWS}
    unreached = sorted(set(_literals()) - reached - set(ELSEWHERE))
    assert [] == unreached
    assert [] == sorted(set(NAMED_BY.values()) - {situation.name for situation in SITUATIONS})
    assert [] == sorted(set(ELSEWHERE) - set(_literals())), "listed for nothing"


def _walk(sandbox: Sandbox, command: list[str], env: Mapping[str, str | None], depth: int = 0) -> list[Said]:
    """Run a command, then what it names, then it again, until it names nothing; return what it said."""
    seen: list[Said] = []
    for _ in range(STEPS):
        done = sandbox.run(*command, env=env)
        said = _read(done.stdout + done.stderr)
        if not said.remedies:
            return seen
        assert said.message not in [earlier.message for earlier in seen], seen
        seen.append(said)
        stands_in = any(words in line for line in said.message for words in _INSTEAD)
        for remedy in said.remedies:
            words = _filled(remedy)
            if remedy.startswith(_SHOWS) or "--dry-run" in words:
                assert 0 == sandbox.run(*words, env=env).returncode, remedy
                return seen
            assert depth < STEPS, seen
            _walk(sandbox, words, env, depth + 1)
        if stands_in:
            return seen
    raise AssertionError(seen)


def _read(text: str) -> Said:
    """Return what is to be settled: the lines that name commands, with the error and findings above them."""
    lines = text.splitlines()
    message = tuple(line for line in lines if "lmx " in line or line.startswith(("Error: ", "  ! ")))
    remedies_first = sorted(lines, key=lambda line: not line.lstrip().startswith("lmx "))  # a finding's own remedy
    named = next((found for line in remedies_first if (found := list(_commands(line)))), [])
    return Said(message, tuple(named if " then " in " ".join(message) or "&&" in " ".join(message) else named[:1]))


def _filled(remedy: str) -> list[str]:
    words = [_FILLED.get(word, word) for word in shlex.split(remedy)]
    return words + ["--yes"] * (remedy.startswith(_ASKS) and "--yes" not in words)


def _groups(text: str) -> Iterator[str]:
    return (" ".join(command.split()[:2]) for command in _commands(text))


def _literals() -> Iterator[str]:
    """Yield each command, without its options, that the package makes with `lmx`."""
    for path in PACKAGE.rglob("*.py"):
        if "sandbox" in path.relative_to(PACKAGE).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "lmx" and node.args:
                assert isinstance(node.args[0], ast.Constant), path
                yield str(node.args[0].value)
