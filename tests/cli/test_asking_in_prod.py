"""In prod every command that changes Stripe, the table or a secret asks, but those that are made to run alone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from tests.items import course_item, student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets.support import api_keys
from tests.terminals import Shown, show
from tests.webhooks.endpoint_worlds import URL

TABLE, SECRET = "learnermax-education-prod", "learnermax/stripe-keys-prod"
COURSE, USER = "a", "user-7"
CHECKOUT = ("checkout", "create", COURSE, "--user", USER)


@dataclass(frozen=True, slots=True)
class Prod:
    """A prod environment on the sandbox: its own table, and live mode keys."""

    sandbox: Sandbox
    env: dict[str, str] = field(repr=False)

    def run(self, *args: str) -> tuple[int, str]:
        """Run lmx without a terminal; return its exit code and all that it said."""
        done = self.sandbox.run(*args, env=self.env)
        return done.returncode, done.stdout + done.stderr

    def done(self, *args: str) -> str:
        """Run lmx without a terminal; it ends well. Return what it printed to stdout."""
        done = self.sandbox.run(*args, env=self.env)
        assert 0 == done.returncode, done.stderr
        return done.stdout

    def answer(self, answer: str, *args: str) -> Shown:
        """Run lmx on a terminal, and answer its question."""
        return show(*args, env={**self.sandbox.env, **self.env}, cwd=self.sandbox.cwd, columns=240, answer=answer)

    def put(self, item: dict[str, object]) -> None:
        """Put an item into the table."""
        self.sandbox.dynamodb("prod").put_item(Item=item)  # type: ignore[arg-type]


@pytest.fixture
def prod(sandbox: Sandbox) -> Prod:
    """An empty prod environment."""
    names = ("PK", "SK", "GSI1PK", "GSI1SK", "email")
    sandbox.dynamodb_client().create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "GSI1",
                "KeySchema": [
                    {"AttributeName": "GSI1PK", "KeyType": "HASH"},
                    {"AttributeName": "GSI1SK", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            },
            {
                "IndexName": "email-index",
                "KeySchema": [{"AttributeName": "email", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    site = {"FRONTEND_URL": "https://learnermax.example"}
    env = {"LMX_ENVIRONMENT": "prod", "EDUCATION_TABLE_NAME": TABLE, **site, **api_keys(sandbox, "live")}
    return Prod(sandbox, env)


Words = tuple[str, ...]
Setup = Callable[[Prod], Words]


def course(prod: Prod) -> Words:
    """Put a course."""
    prod.put(course_item(COURSE, "49.99"))
    return ()


def synced(prod: Prod) -> Words:
    """Put a course that is sold, and a student."""
    course(prod)
    prod.put(student_item(USER))
    prod.done("products", "sync", "--yes")
    return ()


def session(prod: Prod) -> Words:
    """Make a session; return its id."""
    synced(prod)
    return ("cs_" + prod.done(*CHECKOUT).strip().rpartition("/cs_")[2],)


def expired(prod: Prod) -> Words:
    """Make a session and end it."""
    prod.done("checkout", "expire", *session(prod), "--yes")
    return (COURSE,)


def pushed(prod: Prod) -> Words:
    """Store the keys."""
    prod.done("secrets", "push", "--yes")
    return ()


def registered(prod: Prod) -> Words:
    """Store the keys, and register the endpoint."""
    pushed(prod)
    prod.done("webhooks", "create", "--url", URL, "--yes")
    return ()


# By the command: what is there before, whose words end the command, and the question, in which S is Stripe.
QUESTIONS: dict[str, tuple[Setup, str]] = {
    "courses set-price a 59.99": (course, f"Write this price to environment prod (table {TABLE})?"),
    "courses seed --allow-prod": (lambda _: (), f"Write these courses in environment prod (table {TABLE})?"),
    "products sync": (course, f"Apply this to environment prod (S; table {TABLE})?"),
    "checkout expire": (session, "Expire session ID in environment prod (S)?"),
    f"enrollments release --user {USER}": (expired, f"Release {USER}/a in environment prod (S; table {TABLE})?"),
    "secrets push": (lambda _: (), f"Store these keys for environment prod (S; secret {SECRET})?"),
    "secrets push --prune": (registered, f"Replace stored keys of environment prod (S; secret {SECRET})?"),
    f"webhooks create --url {URL}": (pushed, f"Apply this to environment prod (S; secret {SECRET})?"),
    f"webhooks create --url {URL} --roll --overlap 0s": (
        registered,
        f"Apply this to environment prod (S; secret {SECRET})?",
    ),
    f"webhooks delete --url {URL}": (
        registered,
        "Delete this in environment prod (S)? Stripe does not retry what it has not delivered.",
    ),
}


@pytest.mark.parametrize("command", QUESTIONS)
def test_asks_in_prod(prod: Prod, command: str) -> None:
    """Refused where nobody can answer, nothing written after a no; --yes answers."""
    setup, question = QUESTIONS[command]
    words = (*command.split(), *setup(prod))
    before = last_entry(prod.sandbox)
    code, said = prod.run(*words, "-o", "json")
    assert (5, True, True) == (code, '"code": "guard.confirm"' in said, "pass --yes" in said), said
    shown = prod.answer("n", *words)
    assert (1, ["Error: not confirmed", "  Nothing was written."]) == (
        shown.exit_code,
        [line for line in shown.lines if not line.startswith("Cost: ")][-2:],
    )
    stripe = f"Stripe LIVE mode, account {prod.sandbox.info.stripe_account}"
    asked = question.replace("(S", f"({stripe}").replace("ID", words[-1])
    assert f"{asked} [y/N] n" in shown.lines
    assert [] == writes_since(prod.sandbox, before)
    prod.done(*words, "--yes")
    assert [] != writes_since(prod.sandbox, before)


@pytest.mark.parametrize("command", ["courses set-price a 59.99", "secrets push", f"webhooks create --url {URL}"])
def test_yes_is_asked_once(prod: Prod, command: str) -> None:
    """One answer is enough for all that the command does; then there is nothing to do, and nothing is asked."""
    QUESTIONS[command][0](prod)
    shown = prod.answer("y", *command.split())
    assert (0, 1) == (shown.exit_code, shown.text.count("[y/N]"))
    assert "Nothing to do" in prod.done(*command.split())


def test_live_mode_is_red(prod: Prod) -> None:
    """In the header and in the question; test mode is not."""
    course(prod)
    shown = prod.answer("n", "products", "sync")
    assert ["Environment prod", "Apply this to"] == [
        begin for begin in ("Environment prod", "Apply this to") if f"\x1b[1;31m{begin}" in shown.raw
    ]


@pytest.mark.parametrize(
    "command",
    [
        " ".join(CHECKOUT),
        f"checkout link {COURSE}",
        f"enrollments create {COURSE} --user {USER}",
        "enrollments reconcile --since 3d",
        "webhooks replay --since 3d",
        "courses set-price a 59.99 --dry-run",
    ],
)
def test_never_asks(prod: Prod, command: str) -> None:
    """What is made for unattended runs, or does just what was named, or writes nothing."""
    synced(prod)
    prod.done(*command.split())
