"""Every failure is two lines, what went wrong and what to do: the same words on any terminal, in a pipe, in JSON."""

import json
import re
import signal
from collections.abc import Mapping

import pytest

from learnermax_cli.core.text_safety import markdown
from tests.failures import FAILURES
from tests.failures.model import HARMLESS, HOSTILE, Failure
from tests.items import course_item
from tests.products.worlds import put_course
from tests.running import Sandbox, run_in_shell
from tests.sampling import sampled
from tests.started import STOPPING
from tests.terminals import show

_REQUEST = re.compile(r"req_\w+")
_WITHOUT_COLOUR = {"0", "1", "2"}
_REFUSED = ["Error: 1 row was refused", "  The report names it and the reason; fix it and run again."]
# One for each way to the two lines: by the parser, before any report, behind a table, behind a plan.
_WAYS: Mapping[str, tuple[tuple[str, ...], list[str]]] = {
    "parser": (("courses", HOSTILE), [f"Error: No such command '{HARMLESS}'.", "  See lmx courses --help."]),
    "early": (
        ("courses", "set-price", HOSTILE, "10", "-e", "sandbox"),
        [f"Error: course {HARMLESS} not found", "  List the courses: lmx courses list -e sandbox"],
    ),
    "late": (
        ("enrollments", "reconcile", "--course", HOSTILE),
        [f"Error: course {HARMLESS} not found", "  List the courses: lmx courses list"],
    ),
    "plan": (("products", "sync", "--dry-run"), _REFUSED),
}


def put_refused_course(sandbox: Sandbox) -> None:
    """Put a course in place that a sync refuses, and whose id must be harmless."""
    sandbox.dynamodb().put_item(Item=course_item(f"{HOSTILE}!", "4999"))


def error_lines(err: str) -> list[str]:
    """Return the two lines of an error from what stood on stderr."""
    lines = err.splitlines()
    first = next(number for number, line in enumerate(lines) if line.startswith("Error: "))
    return lines[first : first + 2]


@pytest.mark.parametrize(
    "failure", sampled(FAILURES, 5, in_ci=3), ids=lambda failure: f"{failure.command[:30]}: {failure.error[:30]}"
)
def test_failure_is_two_lines(sandbox: Sandbox, failure: Failure) -> None:
    """In a pipe: two lines of stderr, without an escape, under the exit code of the contract."""
    provoked = failure.prepare(sandbox)
    done = sandbox.run(*provoked.args, env=provoked.env)
    said = error_lines(_REQUEST.sub("$request", done.stderr))
    assert (failure.exit_code, provoked.lines) == (done.returncode, said), done.stderr
    assert (1, False) == (done.stderr.count("Error: "), "\x1b" in done.stdout + done.stderr)


@pytest.mark.parametrize("way", _WAYS)
@pytest.mark.parametrize(
    ("columns", "env", "styles"),
    [
        (80, {}, {"1;31"}),
        (200, {}, {"1;31"}),
        (80, {"NO_COLOR": "1"}, {"1"}),
        (200, {"NO_COLOR": "1"}, {"1"}),
        (80, {"TERM": "dumb"}, set()),
    ],
    ids=["80", "200", "no-colour-80", "no-colour-200", "dumb"],
)
def test_terminal_shows_the_same_lines(
    sandbox: Sandbox, way: str, columns: int, env: Mapping[str, str], styles: set[str]
) -> None:
    """A terminal of any width gets the lines whole, to be copied as they are; only bold without colours."""
    put_refused_course(sandbox)
    args, lines = _WAYS[way]
    shown = show(*args, env={**sandbox.env, **env}, cwd=sandbox.cwd, columns=columns)
    assert lines == shown.lines[-2:]
    assert styles <= shown.styles
    assert not env or _WITHOUT_COLOUR >= shown.styles


@pytest.mark.parametrize("way", _WAYS)
def test_json_holds_the_same_words(sandbox: Sandbox, way: str) -> None:
    """With -o json the failure is in the one document on stdout, and for people on stderr."""
    put_refused_course(sandbox)
    args, lines = _WAYS[way]
    done = sandbox.run(*args, "-o", "json")
    error = json.loads(done.stdout)["error"]
    told = [f"Error: {error['message']}".replace(HOSTILE, HARMLESS), f"  {error['hint']}"]
    assert (error["exit_code"], list(lines)) == (done.returncode, told)
    assert (lines, False) == (done.stderr.splitlines()[-2:], "\x1b" in done.stdout + done.stderr)


@pytest.mark.parametrize("way", _WAYS)
def test_quiet_keeps_the_two_lines(sandbox: Sandbox, way: str) -> None:
    """Whoever wants to hear of failures alone hears of them."""
    put_refused_course(sandbox)
    args, lines = _WAYS[way]
    options = () if way == "parser" else ("--quiet",)
    assert lines == sandbox.run(*args, *options).stderr.splitlines()


@pytest.mark.parametrize("output", sampled(["table", "json"], 2))
def test_full_disk_is_told(sandbox: Sandbox, output: str) -> None:
    """Who reads a file that was cut short learns of it by the exit code; the remedy stands on stderr."""
    done = run_in_shell(sandbox, ">/dev/full", "courses", "list", "-o", output)
    said = [
        "Error: the output cannot be written: No space left on device",
        "  Free space there, and run the command again. Completed changes are kept.",
    ]
    assert (1, said) == (done.returncode, done.stderr.splitlines()[-2:])


def test_closed_stdin_answers_nothing(sandbox: Sandbox) -> None:
    """It is no terminal, so the flag is named that answers."""
    put_course(sandbox, "a", "49.99")
    done = run_in_shell(sandbox, "<&-", "products", "sync")
    assert (5, "  Review the plan with --dry-run, then pass --yes.") == (done.returncode, error_lines(done.stderr)[-1])


@pytest.mark.parametrize(
    ("name", "code", "level", "more"),
    [
        ("GITHUB_STEP_SUMMARY", 0, "warning", ""),
        ("GITHUB_OUTPUT", 1, "error", ": later steps get no outputs of this run"),
    ],
)
def test_file_of_actions_that_takes_nothing(sandbox: Sandbox, name: str, code: int, level: str, more: str) -> None:
    """A summary is only read, so the run did its work without it; by the outputs later steps go."""
    env = {"GITHUB_ACTIONS": "true", name: "no/file"}
    done = sandbox.run("products", "sync", "--dry-run", env=env)
    told = f"::{level} title=GitHub Actions::no/file can't be written: No such file or directory{more}"
    assert (code, [told]) == (done.returncode, [line for line in done.stderr.splitlines() if line.startswith("::")])


TABLE = "table learnermax-education-"
FAILED: dict[str, tuple[dict[str, str | None], str]] = {
    "configuration": (
        {"LMX_MAX_RATE": "fast"},
        "Environment sandbox, Stripe account unknown, " + TABLE + "sandbox",
    ),
    "credentials": (
        {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None, "STRIPE_SECRET_KEY": None},
        "Environment preview, Stripe account unknown, " + TABLE + "preview",
    ),
    "environment": (
        {"LMX_ENVIRONMENT": "nowhere", "EDUCATION_TABLE_NAME": None},
        "Environment unknown, Stripe account unknown, table unknown",
    ),
    "guard": (
        {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": "learnermax-education-prod"},
        "Environment preview, Stripe account unknown, " + TABLE + "prod",
    ),
    "report": ({}, "Environment sandbox, Stripe test mode, account ACCOUNT, " + TABLE + "sandbox"),
}


@pytest.mark.parametrize("way", FAILED)
def test_summary_of_a_failed_run_names_what_it_worked_on(sandbox: Sandbox, way: str) -> None:
    """Environment, account and table, as far as they are known, also where the run failed before its report."""
    put_refused_course(sandbox)
    env, expected = FAILED[way]
    summary = sandbox.home / "summary.md"
    actions = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = sandbox.run("products", "sync", "--dry-run", env={**actions, **env})
    _, place, flaw, *_ = summary.read_text(encoding="utf-8").split("\n\n")
    account = markdown(sandbox.info.stripe_account)
    assert (True, expected.replace("ACCOUNT", account)) == (done.returncode != 0, place), done.stderr
    assert flaw.startswith("**")


def test_interrupted_seed_is_no_success(sandbox: Sandbox) -> None:
    """Four courses are in flight and finished; the exit code says that the others are missing."""
    sandbox.control.add_fault("hold", service="dynamodb", operation="PutItem", times=None)
    process = sandbox.start("courses", "seed")
    sandbox.control.wait_held(60, at_least=4)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.clear_faults()
    sandbox.control.release()
    _, err = process.communicate(60)
    said = ["Error: interrupted; 3 courses not applied", "  Run the command again to apply the rest."]
    assert (130, said) == (process.returncode, error_lines(err))
