"""Who answers a question has seen all that the answer is about, and is not told it twice."""

from collections.abc import Callable

import pytest

from tests.enrollments.worlds import put_bought
from tests.products.worlds import make_product, marker, put_course
from tests.running import Sandbox
from tests.secrets.support import api_keys, create_secret, put_secret, write_env
from tests.terminals import show
from tests.webhooks.endpoint_worlds import URL, created

USER = "user-7"


def ask(sandbox: Sandbox, *args: str, answer: str = "n") -> tuple[list[str], list[str]]:
    """Run lmx on a terminal and answer; return what stood there before the answer, and what came after."""
    shown = show(*args, env=sandbox.env, cwd=sandbox.cwd, columns=200, answer=answer)
    asked = next(number for number, line in enumerate(shown.lines) if "[y/N]" in line)
    return shown.lines[:asked], shown.lines[asked + 1 :]


def put_catalog(sandbox: Sandbox) -> None:
    """Put a course to sync, one that is refused, one with a warning, and a product that is a finding."""
    put_course(sandbox, "a", "49.99")
    put_course(sandbox, "b", "4999")
    put_course(sandbox, "c", "9.99", imageUrl="/c.png")
    make_product(sandbox, "lmx_sandbox_gone", "gone", 999, marker("gone"))


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
def test_sync_tells_refusals_findings_and_sum_before_it_asks(sandbox: Sandbox, output: str) -> None:
    """A finding may be the reason to say no; on stderr in the formats that come whole at the end."""
    put_catalog(sandbox)
    before, _ = ask(sandbox, "products", "sync", "-o", output)
    told = [line.split(":")[0].strip() for line in before if line.lstrip().startswith(("refused", "!", "Warn", "1 n"))]
    attention = "1 needs attention, 1 refused"
    assert [f"{attention}.", "! orphan product gone", "refused course b", f"{attention}. Plan", "Warning"] == told
    assert f"{attention}. Plan: 2 to add, 0 to change, 0 to archive, 0 unchanged, 1 skipped." in before


@pytest.mark.parametrize("answer", ["y", "n"])
def test_sync_says_nothing_twice(sandbox: Sandbox, answer: str) -> None:
    """What stood before the question does not come again after it."""
    put_catalog(sandbox)
    before, after = ask(sandbox, "products", "sync", answer=answer)
    assert set() == set(before) & set(after)


def store_other_keys(sandbox: Sandbox) -> None:
    """Put keys into the env file, and others into the secret, in two versions."""
    write_env(sandbox, api_keys(sandbox))
    create_secret(sandbox, api_keys(sandbox, kind="restricted"))
    put_secret(sandbox, {**api_keys(sandbox, kind="restricted"), "theirs": "kept"})


Setup = Callable[[Sandbox], object]
QUESTIONS: dict[str, tuple[Setup, tuple[str, ...], str]] = {
    "secrets push": (
        store_other_keys,
        ("--env-file", ".env.local"),
        "Plan: 0 to add, 1 to change, 0 to remove, 2 unchanged.",
    ),
    "secrets pull": (
        store_other_keys,
        ("--env-file", ".env.local"),
        "Plan: STRIPE_SECRET_KEY, NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY ",
    ),
    "secrets rollback": (store_other_keys, (), "Plan: make version 11111111111111111111111111111111"),
    "courses seed": (lambda _: None, ("--replace",), "Plan: write 7 courses to table"),
    "enrollments release": (
        lambda sandbox: put_bought(sandbox, USER, "expired"),
        ("TEST-COURSE-003", "--user", USER),
        "Plan: 1 enrollment to release.",
    ),
    "webhooks delete": (created, ("--url", URL), "Plan: 1 to delete."),
}


@pytest.mark.parametrize("command", QUESTIONS)
def test_question_follows_the_sum(sandbox: Sandbox, command: str) -> None:
    """Each command that asks has summed up its plan before, and after a no only says that nothing was written."""
    setup, args, line = QUESTIONS[command]
    setup(sandbox)
    before, after = ask(sandbox, *command.split(), *args)
    assert (1, ["Error: not confirmed", "  Nothing was written."]) == (
        sum(told.startswith(line) for told in before),
        [told for told in after if not told.startswith("Cost: ")],
    )
