"""How verdicts become a report: independent of each other, worst_failure in the worst."""

import json
from collections.abc import Iterator

import pytest

from learnermax_cli.core.errors import CredentialsError, Exit
from learnermax_cli.doctor.model import Verdict, failed, not_checked, ok, warning
from learnermax_cli.doctor.run import Check, run_checks, worst_failure
from tests.doctor.worlds import PREVIEW
from tests.items import enrollment_item
from tests.running import Sandbox


def good(name: str) -> Check:
    """Return a check that goes well."""
    return Check(name, lambda: [ok(name, "fine")])


def bad(name: str, *needs: str) -> Check:
    """Return a check that an expected failure ends halfway."""

    def run() -> Iterator[Verdict]:
        yield ok(name, "begun")
        raise CredentialsError("no entry", hint="sign in")

    return Check(name, run, needs)


def test_failing_check_hides_no_other() -> None:
    """All verdicts are there, in the order of the checks."""
    assert (
        ok("a", "fine"),
        failed("b", "no entry", "sign in", Exit.CREDENTIALS),
        ok("c", "fine"),
    ) == run_checks([good("a"), bad("b"), good("c")])


def test_check_without_what_it_needs_is_not_checked() -> None:
    """And says why; so does one that needs the latter in turn."""
    third = Check("third", lambda: [ok("third", "fine")], ("second",))
    assert (
        failed("first", "no entry", "sign in", Exit.CREDENTIALS),
        not_checked("second", "“first” failed"),
        not_checked("third", "“second” was not checked"),
    ) == run_checks([bad("first"), Check("second", lambda: [ok("second", "fine")], ("first",)), third])


def test_failure_that_may_pass_keeps_nobody_from_checking() -> None:
    """Only credentials, configuration and guards stay as they are."""
    first = Check("first", lambda: [failed("first", "no answer", "again", Exit.FAILED)])
    second = Check("second", lambda: [ok("second", "fine")], ("first",))
    assert ok("second", "fine") == run_checks([first, second])[1]


def test_warning_keeps_nobody_from_checking() -> None:
    """Only failures do."""
    first = Check("first", lambda: [warning("first", "hm", "look")])
    second = Check("second", lambda: [ok("second", "fine")], ("first",))
    assert (warning("first", "hm", "look"), ok("second", "fine")) == run_checks([first, second])


def test_bug_in_a_check_is_not_swallowed() -> None:
    """It is no verdict."""
    with pytest.raises(ZeroDivisionError):
        run_checks([good("a"), Check("b", lambda: [ok("b", str(1 // 0))])])


@pytest.mark.parametrize(
    ("codes", "worst"),
    [
        ((Exit.FAILED,), Exit.FAILED),
        ((Exit.FAILED, Exit.GUARD), Exit.GUARD),
        ((Exit.GUARD, Exit.CONFIG), Exit.CONFIG),
        ((Exit.CONFIG, Exit.CREDENTIALS, Exit.FAILED), Exit.CREDENTIALS),
    ],
)
def test_run_ends_as_its_worst_check(codes: tuple[Exit, ...], worst: Exit) -> None:
    """Credentials before configuration before guards before the rest."""
    error = worst_failure((*(failed("c", "f", "r", code) for code in codes), warning("w", "f", "r")))
    assert error is not None
    assert (worst, "1 check failed: c") == (error.exit_code, error.message)
    assert ("its remedy" in error.hint, "for each" in error.hint) == (len(codes) == 1, len(codes) > 1)


def test_warnings_and_unchecked_rows_end_well() -> None:
    """Exit code 0 says that no check failed."""
    assert worst_failure((ok("a", "f"), warning("b", "f", "r"), not_checked("c", "because"))) is None


def test_json_has_items_summary_and_error(sandbox: Sandbox) -> None:
    """One document: a row per verdict, and how the run ended."""
    done = sandbox.run("doctor", "-o", "json", env=PREVIEW)
    document = json.loads(done.stdout)
    counted = dict.fromkeys(("ok", "warning", "failed", "not_checked"), 0)
    for row in document["items"]:
        assert ["check", "status", "found", "remedy", "exit_code"] == list(row)
        counted[row["status"].replace(" ", "_")] += 1
    assert counted == document["summary"]
    assert {"mode": "test", "account": sandbox.info.stripe_account} == document["stripe"]
    assert (3, "doctor.failed", 3) == (done.returncode, document["error"]["code"], document["error"]["exit_code"])
    assert "2 checks failed: Secret, Webhook endpoint" == document["error"]["message"]


def test_remedy_can_be_copied_off_a_terminal(sandbox: Sandbox) -> None:
    """It stands in a line of its own, below the table."""
    done = sandbox.run("doctor", env=PREVIEW)
    assert "Fix Secret: lmx secrets push" in done.stdout.splitlines()


def test_remedies_work_on_what_was_checked(sandbox: Sandbox) -> None:
    """They carry the options that doctor was given; without --secret-name another secret would be written."""
    done = sandbox.run("doctor", "-e", "preview", "--secret-name", "my keys", "--region", "us-east-1", env=PREVIEW)
    options = "-e preview --secret-name 'my keys' --region us-east-1"
    assert f"Fix Secret: lmx secrets push {options}" in done.stdout.splitlines()


def test_remedy_of_several_checks_stands_once(sandbox: Sandbox) -> None:
    """Without credentials both AWS and the stored Stripe key need the same sign-in."""
    env = {**PREVIEW, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None, "STRIPE_SECRET_KEY": None}
    done = sandbox.run("doctor", env={**env, "AWS_EC2_METADATA_DISABLED": "true"})
    assert ["Fix AWS identity, Stripe key"] == [
        line.split(":")[0] for line in done.stdout.splitlines() if "Sign in" in line and line.startswith("Fix ")
    ]
    assert "Error: 2 checks failed: AWS identity, Stripe key" in done.stderr.splitlines()


def test_markdown_has_the_remedies(sandbox: Sandbox) -> None:
    """For a step summary: a table of what was found, and below it what to do."""
    lines = sandbox.run("doctor", "-o", "markdown", env=PREVIEW).stdout.splitlines()
    assert "| failed | Secret | secret learnermax/stripe-keys does not exist |" in lines
    assert "Fix Secret: lmx secrets push" in lines


def test_warnings_are_annotations(sandbox: Sandbox) -> None:
    """In GitHub Actions a mail that was not sent is seen without opening the log, and so is what failed."""
    owed = {"run": "r", "at": "2026-01-01T00:00:00Z"}
    item = enrollment_item("u", "c", owed["at"], paymentStatus="completed", enrollmentEvent=owed)
    sandbox.dynamodb("preview").put_item(Item=item)
    done = sandbox.run("doctor", env={**PREVIEW, "GITHUB_ACTIONS": "true"})
    commands = [line for line in done.stderr.splitlines() if line.startswith("::")]
    assert "::error title=doctor.failed::2 checks failed: Secret, Webhook endpoint. The report" == commands[0][:82]
    shown = [line for line in commands if line.startswith("::warning title=doctor%3A Events owed::1 ")]
    assert [True] == [" - lmx enrollments reconcile --owed-within " in line for line in shown], commands
