"""--quiet leaves data, errors and what needs attention: a mail of cron means that there is something to do."""

import pytest

from tests.checkout.worlds import COURSE, ENV, USER, put_student
from tests.commands import DAY, ELSEWHERE, ENDLESS, HOOK, WITHOUT_DOCUMENT, command_paths, put_keys
from tests.enrollments import worlds
from tests.products.worlds import make_product, marker, put_course
from tests.running import Sandbox
from tests.terminals import show

# What is asked for is printed, whatever else is not.
DATA = (
    "sandbox status",
    "sandbox env",
    "commands",
    "config",
    "courses list",
    "products list",
    "secrets status",
    "webhooks list",
    "checkout link",
    "checkout create",
    "checkout show",
    "enrollments list",
    "enrollments create TEST-COURSE-005",
    "students show",
    "doctor",
)
IN_ORDER = ("secrets pull --dry-run",)  # a dry run that would change nothing
WARNS = ("secrets rollback --dry-run",)  # receivers would reject what the endpoint sends
FINDS = ("enrollments reconcile --since 3d --exit-code",)  # a payment was charged back in part
WHERE = "Environment {}, Stripe test mode, account acct_"


def quiet(sandbox: Sandbox, *words: str) -> tuple[int, list[str], list[str]]:
    """Run a command with -q; return its exit code and the lines of stdout and stderr."""
    done = sandbox.run(*words, "-q", env=ENV)
    return done.returncode, done.stdout.splitlines(), done.stderr.splitlines()


@pytest.mark.slow
def test_each_command_that_succeeds_prints_nothing_but_data(sandbox: Sandbox) -> None:
    """All of them, in the course of a day; a dry run prints what it would change."""
    put_keys(sandbox)
    session, seen = "", set[str]()
    for line in DAY:
        code, out, err = quiet(sandbox, *line.replace("HOOK", HOOK).replace("$", session).split())
        printed = line.startswith(DATA) or line.endswith(("--dry-run", "--exit-code"))
        assert (line in FINDS, printed and line not in IN_ORDER) == (code == 8, bool(out)), (line, out)
        assert [line in WARNS] * len(err) == [text.startswith("Warning: ") for text in err], (line, err)
        session = out[0].rpartition("/")[2] if out and "/c/pay/" in out[0] else session
        seen.add(line)
    rest = {*WITHOUT_DOCUMENT, *ENDLESS, *ELSEWHERE}
    paths = [path for path in command_paths() if path not in rest]
    assert [] == [path for path in paths if not any(f"{line} ".startswith(" ".join(path) + " ") for line in seen)]


def test_run_in_which_all_went_well_prints_nothing(sandbox: Sandbox) -> None:
    """Whether something was done or not: cron sends no mail."""
    put_keys(sandbox)
    put_course(sandbox, COURSE, "49.99")
    put_student(sandbox)
    put_course(sandbox, "soon", "49.99", comingSoon=True)
    for words in ("products sync --yes", "secrets push --yes", "enrollments reconcile --since 3d"):
        for _ in range(2):
            assert (0, [], []) == quiet(sandbox, *words.split())


def test_dry_run_prints_what_it_would_change(sandbox: Sandbox) -> None:
    """And nothing where nothing would change."""
    put_course(sandbox, COURSE, "49.99")
    code, out, err = quiet(sandbox, "products", "sync", "-n")
    assert (0, True, []) == (code, f"  + create product {COURSE}, link product" in out, err)
    assert 0 == quiet(sandbox, "products", "sync", "-y")[0]
    assert (0, [], []) == quiet(sandbox, "products", "sync", "-n")


def test_what_needs_attention_is_printed(sandbox: Sandbox) -> None:
    """A finding with its remedy, and a row that was refused, below the account that they are of; not what went well."""
    put_course(sandbox, "a", "49.99")
    put_course(sandbox, "b", "4999")
    make_product(sandbox, "lmx_sandbox_gone", "gone", 999, marker("gone"))
    code, out, err = quiet(sandbox, "products", "sync", "-y")
    where, *lines = out
    assert (1, True) == (code, where.startswith(WHERE.format("sandbox")))
    assert "      lmx products sync --course gone --prune" in lines
    assert [("! orphan product", 1), ("refused course b", 1), ("course a", 0), ("product a", 0)] == [
        (words, sum(words in line for line in lines))
        for words in ("! orphan product", "refused course b", "course a", "product a")
    ]
    assert ["Error: 1 row was refused", "  The report names it and the reason; fix it and run again."] == err


def test_unsent_mail_is_printed(sandbox: Sandbox) -> None:
    """A warning, below the environment that it is of."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, USER, metadata={"userId": USER, "courseId": COURSE})
    done = sandbox.run("enrollments", "reconcile", "-q", env=worlds.with_topic(None))
    where = WHERE.format("preview")
    assert (0, where) == (done.returncode, done.stdout[: len(where)])
    assert ["Warning: 1 event owed: no topic configured"] == [line[:42] for line in done.stderr.splitlines()]


def test_empty_list_is_no_mail_either(sandbox: Sandbox) -> None:
    """A list without rows is a sentence for people, which -q leaves out."""
    assert (0, [], []) == quiet(sandbox, "enrollments", "list", "--owed")
    done = sandbox.run("enrollments", "list", "--owed")
    assert (0, "No enrollments whose mail is owed.\n") == (done.returncode, done.stdout)


def test_who_is_asked_sees_the_plan(sandbox: Sandbox) -> None:
    """Nobody answers blindly, and where all went well nothing follows the answer."""
    put_course(sandbox, COURSE, "49.99")
    shown = show("products", "sync", "-q", env=sandbox.env, cwd=sandbox.cwd, columns=200, answer="y")
    *plan, question = shown.lines
    assert (0, True) == (shown.exit_code, f"  + create product {COURSE}, link product" in plan)
    assert question.endswith("[y/N] y")
