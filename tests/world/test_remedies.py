"""Every command that a message or a finding names helps: it is run as it stands, and the same message never returns."""

import ast
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import learnermax_cli
from tests.checkout import formers
from tests.checkout import worlds as checkout
from tests.doctor.worlds import keys_of
from tests.enrollments import worlds as enrollments
from tests.failures import FAILURES
from tests.items import course_item, student_item
from tests.products.worlds import COURSE, edit_course, make_product, marker, put_course
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks import endpoint_worlds as endpoints

PACKAGE = Path(learnermax_cli.__file__).parent
USER = "user-7"
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


@dataclass(frozen=True, slots=True)
class Situation:
    """How it comes about, and the command that names a remedy."""

    name: str
    build: Callable[[Sandbox], Mapping[str, str | None] | None]
    command: str
    env: Mapping[str, str | None] = field(default_factory=lambda: checkout.ENV)


class Said(NamedTuple):
    """What a run said that is to be settled, and the first commands that it names."""

    message: tuple[str, ...]
    remedies: tuple[str, ...]


def _pending(state: str, **fields: object) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        enrollments.put_basics(sandbox)
        enrollments.put_bought(sandbox, USER, state, **fields)

    return build


def _missing(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.put_pending(sandbox, USER, "cs_test_" + "a1" * 29)


def _not_enrolled(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.seed(sandbox, USER, metadata={"userId": USER, "courseId": COURSE})


def _in_but_refunded(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    sandbox.control.refund(checkout.sessions(sandbox)[0].id)


def _partly_charged_back(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    session_id = checkout.sessions(sandbox)[0].id
    sandbox.control.dispute(session_id, amount=1_000)
    sandbox.control.change_dispute(session_id, "lost")


def _paid_after_revoke(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    opened = enrollments.seed(sandbox, USER, "open", id="cs_test_late", offset=-60)
    words = ("enrollments", "revoke", COURSE, "--user", USER, "--reason", "shared the account", "--yes")
    assert 0 == sandbox.run(*words).returncode
    sandbox.control.refund(checkout.sessions(sandbox)[-1].id)
    sandbox.control.advance_clock(60)
    sandbox.control.pay(opened)


def _never_paid(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.put_pending(sandbox, USER, None, paymentStatus="completed")


def _former(build: Callable[[Sandbox], str]) -> Callable[[Sandbox], None]:
    def world(sandbox: Sandbox) -> None:
        build(sandbox)

    return world


def _theirs(former: str) -> Callable[[Sandbox], None]:
    def world(sandbox: Sandbox) -> None:
        formers.put_theirs(sandbox, former)

    return world


def _paid_beside(sandbox: Sandbox) -> None:
    price_id = checkout.on_sale(sandbox)
    checkout.put_enrollment(sandbox, enrolledAt=checkout.ago(sandbox, 0.1))
    sandbox.control.pay(checkout.make_session(sandbox, price_id).id)


def _orphan(sandbox: Sandbox) -> None:
    make_product(sandbox, "lmx_sandbox_gone", "gone", 4999, marker("gone"))


def _stale_link(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    assert 0 == sandbox.run("checkout", "link", COURSE).returncode
    edit_course(sandbox, COURSE, price=formers.PRICE)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode


def _priceless(sandbox: Sandbox) -> None:
    put_course(sandbox, "a", None)


def _ambiguous(sandbox: Sandbox) -> None:
    sandbox.dynamodb().put_item(Item=course_item("a", "4999"))


def _other_keys(sandbox: Sandbox) -> Mapping[str, str | None]:
    env = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}
    assert 0 == sandbox.run("secrets", "push", "--yes", env=env).returncode
    return {**env, "STRIPE_SECRET_KEY": str(sandbox.control.add_key(kind="secret", mode="test")["value"])}


def _keys_missing_here(sandbox: Sandbox) -> Mapping[str, str | None]:
    env = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}
    assert 0 == sandbox.run("secrets", "push", "--yes", env=env).returncode
    here = {"STRIPE_SECRET_KEY": keys_of(sandbox)["STRIPE_SECRET_KEY"]}
    (sandbox.cwd / ".env.local").write_text("".join(f"{name}={value}\n" for name, value in here.items()))
    (sandbox.cwd / ".gitignore").write_text(".env.local\n")
    return {**env, "STRIPE_SECRET_KEY": None, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": None}


def _drifted(**change: Any) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        endpoints.created(sandbox)
        sandbox.stripe().v1.webhook_endpoints.update(endpoints.healthy(sandbox).id, change)  # type: ignore[arg-type]

    return build


def _nothing(_: Sandbox) -> None:
    return None


def _long_id(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    sandbox.dynamodb().put_item(Item=student_item("u" * 180 + "@"))


RECONCILE = "enrollments reconcile --since 3d"
CREATE = f"checkout create {COURSE} --user {USER}"
SITUATIONS = (
    Situation("refunded", _pending("refunded"), RECONCILE),
    Situation("dispute lost", _pending("dispute_lost"), RECONCILE),
    Situation("mismatch", _theirs("other user, paid"), "enrollments reconcile"),
    Situation("missing session", _missing, "enrollments reconcile"),
    Situation("paid, not enrolled", _not_enrolled, RECONCILE),
    Situation("in, but refunded", _in_but_refunded, RECONCILE),
    Situation("in, but partly charged back", _partly_charged_back, RECONCILE),
    Situation("paid after revoke", _paid_after_revoke, RECONCILE),
    Situation("enrolled, not paid", _never_paid, "enrollments reconcile --audit"),
    *(Situation(f"checkout of {name}", _former(build), CREATE) for name, build in formers.OVER.items()),
    *(Situation(f"checkout of {name}", _theirs(name), CREATE) for name in formers.THEIRS),
    Situation("paid through another session", _paid_beside, CREATE),
    Situation("release of what is paid", _paid_beside, f"enrollments release {COURSE} --user {USER} --yes"),
    Situation("orphan product", _orphan, "products sync --dry-run"),
    Situation("stale link", _stale_link, "products sync"),
    Situation("no price", _priceless, "products sync --dry-run"),
    Situation("ambiguous price", _ambiguous, "products sync --dry-run"),
    Situation("keys that differ", _other_keys, "secrets status"),
    Situation("keys missing here", _keys_missing_here, "secrets status"),
    Situation("endpoint that is disabled", _drifted(disabled=True), "webhooks list"),
    Situation("endpoint at another host", _drifted(url="https://elsewhere.test/hook"), "webhooks list"),
    Situation("endpoint without stored secret", _drifted(metadata={"secretStored": ""}), "webhooks list"),
    Situation("no endpoint", _nothing, "webhooks list"),
    Situation("no course", _nothing, "courses list"),
    Situation("no product", lambda sandbox: put_course(sandbox, COURSE, "49.99"), "products list"),
    Situation("id too long for a link", _long_id, f"checkout link {COURSE} --user {'u' * 180}@"),
    Situation("unknown student", _nothing, "enrollments reconcile --user nobody"),
)
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


# Each command that the situations above reach, with one of those that name it.
NAMED_BY = {
    "checkout create": "id too long for a link",
    "checkout link": "stale link",
    "courses seed": "no course",
    "courses set-price": "no price",
    "enrollments keep": "in, but partly charged back",
    "enrollments list": "unknown student",
    "enrollments reconcile": "in, but refunded",
    "enrollments release": "refunded",
    "enrollments revoke": "enrolled, not paid",
    "products sync": "orphan product",
    "secrets pull": "keys missing here",
    "secrets push": "keys that differ",
    "webhooks create": "no endpoint",
    "webhooks delete": "endpoint at another host",
}


def _commands(line: str) -> Iterator[str]:
    for part in line.split(", then "):
        for match in _COMMAND.finditer(part):
            if "--help" not in match[1] and "[OPTIONS]" not in match[1]:
                yield _PROSE.sub("", match[1])


WALKED = [f for f in FAILURES if list(_commands(f.remedy)) and not f.remedy.startswith(tuple(BY_HAND))]


@pytest.mark.parametrize("situation", sampled(SITUATIONS, one_in=7), ids=lambda situation: situation.name)
def test_remedy_settles_a_situation(sandbox: Sandbox, situation: Situation) -> None:
    """What is named is run, and then the command again, until it names nothing more; no message comes twice."""
    env = {**situation.env, **(situation.build(sandbox) or {})}
    said = _walk(sandbox, shlex.split(situation.command), env)
    named = {group for each in said for remedy in each.remedies for group in _groups(f"lmx {remedy}")}
    assert named, "nothing was named"
    assert {command for command, name in NAMED_BY.items() if name == situation.name} <= named


@pytest.mark.parametrize("failure", sampled(WALKED, one_in=7), ids=lambda failure: failure.error[:50])
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
