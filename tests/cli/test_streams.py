"""What a run does when nobody hears it: the work is done, and the exit code tells."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.products.worlds import make_product, marker, put_course, read_course, read_products
from tests.running import Sandbox, run_in_shell
from tests.sampling import sampled

ACTIONS = {"GITHUB_ACTIONS": "true"}
UNREAD = "Warning: stdout was closed before the report was written. Completed changes are kept"


def test_log_whose_reader_is_gone_cuts_nothing_short(sandbox: Sandbox) -> None:
    """All requests are told of on stderr, which nobody reads any more; what was to be written is."""
    put_course(sandbox, "a", "49.99")
    process = sandbox.start("products", "sync", "--yes", "-v")
    process.stderr.close()
    assert "Applied: 1 added" in process.stdout.read().splitlines()[1]
    assert (0, ["lmx_sandbox_a"]) == (process.wait(60), list(read_products(sandbox)))


def test_mail_begins_with_what_needs_attention(sandbox: Sandbox) -> None:
    """Where, how it went, the error, findings and refusals, before what was done and what was left alone."""
    put_course(sandbox, "a", "49.99")
    put_course(sandbox, "b", "4999")
    put_course(sandbox, "c", "9.99", comingSoon=True)
    make_product(sandbox, "lmx_sandbox_gone", "gone", 999, marker("gone"))
    mail = run_in_shell(sandbox, "2>&1", "products", "sync", "--yes").stdout.splitlines()
    beginnings = (
        "Environment sandbox, Stripe test mode, account acct_",
        "1 needs attention, 1 refused. Applied: 1 added, 0 changed, 0 archived, 0 unchanged, 2 skipped.",
        "Error: 1 row was refused",
        "  The report names it and the reason; fix it and run again.",
        "  ! orphan product gone: ",
        "      lmx products sync --course gone --prune",
        "    refused course b: ambiguous price 4999",
        "  + create product a, link product",
        "      product: lmx_sandbox_a",
        "      name: Course a",
        "      description: All about it.",
        "      images: https://example.com/course.png",
        "      price: 49.99 usd",
        "    skipped course c: coming soon",
        "Cost: Stripe ",
    )
    assert beginnings == tuple(line[: len(beginning)] for line, beginning in zip(mail, beginnings, strict=True)), mail


@pytest.mark.slow
@pytest.mark.parametrize("redirection", sampled(["2>/dev/full", "2>&-"], 2))
def test_annotations_that_nobody_takes(sandbox: Sandbox, redirection: str) -> None:
    """In GitHub Actions the document is whole and the exit code as ever, with a report and without one."""
    put_course(sandbox, "a", "4999")
    done = run_in_shell(sandbox, redirection, "products", "sync", "-n", "-o", "json", env=ACTIONS)
    failed = run_in_shell(sandbox, redirection, "courses", "set-price", "nobody", "5", "-o", "json", env=ACTIONS)
    assert (1, ["a"]) == (done.returncode, [row["key"] for row in json.loads(done.stdout)["skipped"]])
    assert (1, "invalid.unknown_course") == (failed.returncode, json.loads(failed.stdout)["error"]["code"])


@pytest.mark.parametrize("redirection", sampled(["2>&-", "2>/dev/full"], 2))
def test_stderr_that_takes_nothing(sandbox: Sandbox, redirection: str) -> None:
    """Closed, or on a full disk: data and exit code are as ever."""
    put_course(sandbox, "a", "49.99")
    done = run_in_shell(sandbox, redirection, "courses", "list", "-v")
    failed = run_in_shell(sandbox, redirection, "courses", "set-price", "nobody", "5")
    assert (0, "a ", 1) == (done.returncode, done.stdout.splitlines()[1][:2], failed.returncode)


def test_stdout_that_is_closed(sandbox: Sandbox) -> None:
    """The run goes on, as with output that is thrown away."""
    done = run_in_shell(sandbox, ">&-", "courses", "list")
    assert (0, "Cost: ") == (done.returncode, done.stderr.splitlines()[-1][:6])


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_full_disk_hides_no_failure(sandbox: Sandbox, unbuffered: str) -> None:
    """A failure before the report is told, and its exit code is the weightier of the two."""
    env = {"PYTHONUNBUFFERED": unbuffered, "LMX_MAX_RATE": "fast"}
    done = run_in_shell(sandbox, ">/dev/full", "courses", "list", "-o", "json", env=env)
    assert (3, True) == (done.returncode, "Error: LMX_MAX_RATE is 'fast', not a positive number" in done.stderr)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("output", ["table", "json", "markdown", "csv"])
def test_reader_who_has_seen_enough_of_a_list(sandbox: Sandbox, output: str) -> None:
    """`lmx courses list | grep -q a` succeeds under `set -o pipefail`, whether or not the reader waits for the end."""
    put_course(sandbox, "a", "49.99")
    code, said = _unread(sandbox, "courses", "list", "-o", output)
    assert (0, "Cost: ") == (code, said[-1][:6]), said
    assert [] == [line for line in said if line.startswith(("Error", "Warning"))]


def test_reader_who_has_seen_enough_hides_no_failure(sandbox: Sandbox) -> None:
    """What failed for another reason ends as ever."""
    put_course(sandbox, "a", "4999")
    assert 1 == _unread(sandbox, "products", "sync", "--dry-run")[0]
    code, said = _unread(sandbox, "doctor")
    assert (3, True) == (code, any(line.startswith("Error: 2 checks failed") for line in said)), said


@pytest.mark.parametrize("page", [("--help",), ("help", "products", "sync"), ("products", "sync", "-h")], ids=" ".join)
def test_reader_who_has_seen_enough_of_a_help_page(sandbox: Sandbox, page: tuple[str, ...]) -> None:
    """Nothing is said of it."""
    assert (0, []) == _unread(sandbox, *page)


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
def test_reader_of_changes_who_is_gone(sandbox: Sandbox, output: str) -> None:
    """What was done stays, and that nobody has read of it is a failure; GitHub Actions is told all the same."""
    put_course(sandbox, "a", "49.99")
    files = {name: str(sandbox.cwd / name) for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
    code, said = _unread(sandbox, "courses", "set-price", "a", "59.99", "-o", output, env={**ACTIONS, **files})
    assert (1, [UNREAD]) == (code, [line for line in said if line.startswith("Warning: ")])
    assert Decimal("59.99") == read_course(sandbox, "a")["price"]
    assert "changes=1\n" in Path(files["GITHUB_OUTPUT"]).read_text()
    assert "59.99" in Path(files["GITHUB_STEP_SUMMARY"]).read_text()


@pytest.mark.parametrize("output", sampled(["table", "json"], 2))
def test_disk_that_is_full_hides_no_failure_of_the_report(sandbox: Sandbox, output: str) -> None:
    """The weightier exit code wins, and both errors are told."""
    said = "Error: the output cannot be written: No space left on device"
    for words, code in (("courses list", 1), ("doctor", 3)):
        done = run_in_shell(sandbox, ">/dev/full", *words.split(), "-o", output)
        errors = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert (code, said, 1 + (code == 3)) == (done.returncode, errors[-1], len(errors)), done.stderr


def _unread(sandbox: Sandbox, *args: str, env: dict[str, str] | None = None) -> tuple[int, list[str]]:
    """Return how a run ends, and what it says on stderr, when the reader of its stdout is gone from the start."""
    process = sandbox.start(*args, env=env)
    process.stdout.close()
    said = process.stderr.read().splitlines()
    return process.wait(60), said


@pytest.mark.slow
def test_report_that_nobody_reads(sandbox: Sandbox) -> None:
    """That its reader is gone is told, and what was done stays; a list whose reader has had enough says nothing."""
    put_course(sandbox, "a", "49.99")
    done = run_in_shell(sandbox, "| true", "products", "sync", "--yes", env={"PYTHONUNBUFFERED": "1"})
    assert ([UNREAD], ["lmx_sandbox_a"]) == (done.stderr.splitlines()[-1:], list(read_products(sandbox)))
    assert "reader" not in run_in_shell(sandbox, "| true", "courses", "list").stderr
