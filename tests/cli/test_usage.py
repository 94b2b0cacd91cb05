"""What a command line that makes no sense is told."""

import subprocess
import sys

import pytest

from tests.running import Sandbox

_CTRL_C_WHILE_LOADING = """
import sys
from learnermax_cli.__main__ import main

class CtrlC:
    def find_spec(self, name, *_):
        if name == "learnermax_cli.cli.main":
            raise KeyboardInterrupt

sys.meta_path.insert(0, CtrlC())
sys.argv = ["lmx", "courses", "list"]
main()
"""


@pytest.mark.parametrize(
    ("args", "name"),
    [
        (("courses", "set-price", "", "10"), "COURSE_ID"),
        (("products", "sync", "--course", "a", "--course", " "), "--course"),
        (("checkout", "show", ""), "SESSION_ID"),
        (("checkout", "link", "a", "--user", ""), "--user"),
        (("enrollments", "reconcile", "--user", ""), "--user"),
        (("enrollments", "list", "--table", ""), "--table"),
        (("webhooks", "delete", "--url", ""), "--url"),
        (("sandbox", "pay", ""), "SESSION_ID|URL"),
    ],
)
def test_blank_value_is_refused(sandbox: Sandbox, args: tuple[str, ...], name: str) -> None:
    """A shell variable that was not set stands neither for all nor for the default."""
    done = sandbox.run(*args)
    assert (2, f"Error: {name} needs a value") == (done.returncode, done.stderr.splitlines()[0])


@pytest.mark.parametrize(
    ("args", "error"),
    [
        (("products", "sync", "--plan", ""), "--plan needs the name of a file"),
        (("products", "sync", "--save-plan", ""), "--save-plan needs the name of a file"),
        (("courses", "list", "--env-file="), "--env-file needs the name of a file"),
        (
            ("enrollments", "list", "--status", ""),
            "Invalid value for '--status': '' is not one of 'pending', 'completed', 'free'.",
        ),
    ],
)
def test_blank_file_or_choice_asks_about_a_shell_variable(sandbox: Sandbox, args: tuple[str, ...], error: str) -> None:
    """An empty text is no path; it is not read as the working directory."""
    done = sandbox.run(*args)
    lines = done.stderr.splitlines()
    assert (2, f"Error: {error}") == (done.returncode, lines[0])
    assert lines[1].startswith("  Give it one; is a shell variable unset?")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("checkout", "create", "caf\udce9", "--user", "ada"), "COURSE_ID is not valid UTF-8"),
        (("enrollments", "list", "--table", "caf\udce9"), "--table is not valid UTF-8"),
        (("products", "sync", "--course", "a", "--course", "é" * 509), "--course has 1,018 bytes; {limit} 1,017"),
        (("courses", "set-price", "c" * 1_018, "10"), "COURSE_ID has 1,018 bytes; {limit} 1,017"),
        (("enrollments", "release", "c", "--user", "u" * 1_020), "--user has 1,020 bytes; {limit} 1,019"),
        (("enrollments", "reconcile", "--user", "u#METADATA"), "--user has a #, which separates the parts of a key"),
    ],
)
def test_id_that_no_key_can_hold_is_refused_before_a_request(
    sandbox: Sandbox, args: tuple[str, ...], message: str
) -> None:
    """With the limit, where there is one."""
    before = len(sandbox.control.journal())
    done = sandbox.run(*args)
    error = "Error: " + message.format(limit="the limit for a key of the table is")
    assert (2, error, 2) == (done.returncode, done.stderr.splitlines()[0], done.stderr.count("\n"))
    assert [] == sandbox.control.journal()[before:]


def test_longest_ids_reach_the_table(sandbox: Sandbox) -> None:
    """They are only not found."""
    done = sandbox.run("enrollments", "list", "--course", "c" * 1_017, "--user", "u" * 1_019)
    assert (1, True) == (done.returncode, f"Error: student {'u' * 1_019} not found" in done.stderr.splitlines())


@pytest.mark.parametrize(
    "args",
    [
        ("checkout", "create", "https://checkout.stripe.com/c/pay/cs_test_a1#fid", "--user", "ada"),
        ("enrollments", "list", "--user", "cs_test_a1"),
    ],
)
def test_session_in_place_of_a_course_or_student(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """It is named as that, and the remedy shows whose it is."""
    done = sandbox.run(*args)
    name = "COURSE_ID" if "create" in args else "--user"
    said = [f"Error: {name} names a session of Stripe", "  Whose it is: lmx students show cs_test_a1"]
    assert (2, said) == (done.returncode, done.stderr.splitlines())


def test_wrong_choice_is_told_in_plain_words(sandbox: Sandbox) -> None:
    """The parser's own words are left out."""
    done = sandbox.run("courses", "list", "--output", "yaml")
    error = "Error: Invalid value for '--output' / '-o': 'yaml' is not one of 'table', 'json', 'markdown', 'csv'."
    assert (2, error) == (done.returncode, done.stderr.splitlines()[0])


def test_missing_value_names_the_help_page(sandbox: Sandbox) -> None:
    """The remedy is the page of the command, not of lmx."""
    done = sandbox.run("webhooks", "replay", "--since")
    assert (2, "  See lmx webhooks replay --help.") == (done.returncode, done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("args", "page"),
    [
        (("-e", "sandbox", "courses", "list"), "lmx --help"),
        (("--environment=prod", "products", "sync"), "lmx --help"),
        (("courses", "-o", "json", "list"), "lmx courses --help"),
        (("products", "--dry-run", "sync"), "lmx products --help"),
    ],
)
def test_option_before_the_command_is_told_its_place(sandbox: Sandbox, args: tuple[str, ...], page: str) -> None:
    """Each of these options exists, only not there."""
    remedy = f"Options stand after the command, as in lmx courses list -e sandbox. See {page}."
    done = sandbox.run(*args)
    assert (2, remedy) == (done.returncode, done.stderr.splitlines()[-1].strip())


def test_option_that_exists_nowhere_names_the_help_page_alone(sandbox: Sandbox) -> None:
    """Its place is not what is wrong with it."""
    done = sandbox.run("--nonsense", "courses", "list")
    assert (2, "  See lmx --help.") == (done.returncode, done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("reconcile --since 3d", "Did you mean lmx enrollments reconcile? See lmx --help."),
        ("sync", "Did you mean lmx products sync? See lmx --help."),
        ("snyc", "Did you mean lmx products sync? See lmx --help."),
        ("prodcts", "Did you mean lmx products? See lmx --help."),
        ("product sync --dry-run", "Did you mean lmx products sync? See lmx --help."),
        ("products snyc", "Did you mean lmx products sync? See lmx products --help."),
        ("products reconcile", "Did you mean lmx enrollments reconcile? See lmx products --help."),
        ("courses create", "{creating}? See lmx courses --help."),
        ("PRODUCTS Sync", "Did you mean lmx products sync? See lmx --help."),
        ("nonsense", "See lmx --help."),
    ],
)
def test_command_that_does_not_exist_names_what_may_have_been_meant(sandbox: Sandbox, typed: str, meant: str) -> None:
    """In another group, too, and in spite of a typo."""
    creating = "Did you mean lmx checkout create or lmx enrollments create or lmx webhooks create"
    done = sandbox.run(*typed.split())
    assert (2, f"  {meant.format(creating=creating)}") == (done.returncode, done.stderr.splitlines()[-1])


@pytest.mark.parametrize(
    ("typed", "error", "meant"),
    [
        (
            "enrollments reconcile --sinse 3d",
            "No such option: --sinse",
            "Did you mean --since? See lmx enrollments reconcile --help.",
        ),
        (
            "courses list --env prod",
            "No such option: --env",
            "Did you mean --environment? See lmx courses list --help.",
        ),
        ("products sync --dryrun", "No such option: --dryrun", "Did you mean --dry-run? See lmx products sync --help."),
        ("courses list -e production", "{environment}: 'production' {choices}", "Did you mean prod? {page}"),
        ("courses list -e Prod", "{environment}: 'Prod' {choices}", "Did you mean prod? {page}"),
        ("courses list -e staging", "{environment}: 'staging' {choices}", "{page}"),
        ("courses set-price a", "Missing argument 'PRICE'.", "Example: {price}"),
        ("webhooks replay", "Missing option '--since'.", "Example: lmx webhooks replay --since 36h {rest}"),
        (
            "webhooks replay --since 3 days",
            "Got unexpected extra argument(s) (days)",
            "Write a duration in one word: 3d. See lmx webhooks replay --help.",
        ),
    ],
)
def test_mistyped_line_names_what_was_meant(sandbox: Sandbox, typed: str, error: str, meant: str) -> None:
    """One guess for an option or a choice, an example for what is missing, the grammar of durations."""
    words = {
        "environment": "Invalid value for '--environment' / '-e'",
        "choices": "is not one of 'preview', 'prod', 'sandbox'.",
        "page": "See lmx courses list --help.",
        "price": "lmx courses set-price spec-driven-dev-premium 49.99",
        "rest": "--undelivered --dry-run",
    }
    done = sandbox.run(*typed.split())
    said = [f"Error: {error.format(**words)}", f"  {meant.format(**words)}"]
    assert (2, said) == (done.returncode, done.stderr.splitlines())


@pytest.mark.parametrize(
    ("text", "question"), [("production", "Did you mean prod? "), ("Sandbox", "Did you mean sandbox? "), ("live", "")]
)
def test_mistyped_environment_variable_names_what_was_meant(sandbox: Sandbox, text: str, question: str) -> None:
    """As the option does."""
    done = sandbox.run("courses", "list", env={"LMX_ENVIRONMENT": text})
    hint = f"  {question}Use preview, prod or sandbox (-e, or LMX_ENVIRONMENT)."
    assert (3, [f"Error: unknown environment '{text}'", hint]) == (done.returncode, done.stderr.splitlines())


@pytest.mark.parametrize("words", [("webhooks", "replay"), ("enrollments", "reconcile")])
@pytest.mark.parametrize("since", ["2099-01-01T00:00:00Z", "0d"])
def test_empty_span_is_refused(sandbox: Sandbox, words: tuple[str, str], since: str) -> None:
    """A mistyped year must not look like nothing to do."""
    done = sandbox.run(*words, "--since", since)
    assert (2, f"Error: --since {since} is not in the past") == (
        done.returncode,
        done.stderr.splitlines()[0],
    )


def test_interrupt_while_loading_is_one_line() -> None:
    """Ctrl-C right after Enter ends as it does later, without a traceback."""
    done = subprocess.run(
        [sys.executable, "-c", _CTRL_C_WHILE_LOADING], capture_output=True, text=True, timeout=60, check=False
    )
    said = "Error: interrupted\n  Run the command again. Completed changes are kept.\n"
    assert (130, said) == (done.returncode, done.stderr)
