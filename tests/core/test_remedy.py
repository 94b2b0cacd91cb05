"""Commands named in messages work where the run worked."""

import re
import shlex

import pytest

from learnermax_cli.core.remedy import reconcile_one, release_one, with_options
from tests.products.worlds import put_course
from tests.running import Sandbox


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("See lmx courses list.", "See lmx courses list -e prod."),
        ("lmx courses set-price a 49.99, or not", "lmx courses set-price -e prod a 49.99, or not"),
        ("lmx secrets push, or lmx doctor", "lmx secrets push -e prod, or lmx doctor -e prod"),
        ("Start one: lmx sandbox start", "Start one: lmx sandbox start"),
        ("lmx products sync --dry-run -e preview", "lmx products sync --dry-run -e preview"),
        ("lmx courses list -e prod", "lmx courses list -e prod"),
        ("where lmx webhooks serve listens", "where lmx webhooks serve listens"),
    ],
)
def test_commands_name_the_environment(text: str, named: str) -> None:
    """Once, right behind the command's words; a command that names one keeps it."""
    assert named == with_options(text, " -e prod")
    assert named == with_options(named, " -e prod")


def test_nothing_is_added_where_no_flag_was_given() -> None:
    """LMX_ENVIRONMENT holds for the copied command as well."""
    assert "See lmx courses list." == with_options("See lmx courses list.", "")


def test_remedy_can_be_copied(sandbox: Sandbox) -> None:
    """The hint of an error, and the text of an empty list, name commands of the same environment."""
    unset = {"LMX_ENVIRONMENT": None}
    told = sandbox.run("courses", "list", "-e", "sandbox", env=unset).stdout
    refused = sandbox.run("courses", "set-price", "nope", "5", "-e", "sandbox", env=unset).stderr
    assert "No courses: lmx courses seed -e sandbox puts the test courses in.\n" == told
    assert ["Error: there is no course nope", "  See lmx courses list -e sandbox."] == refused.splitlines()[-2:]


def test_remedy_leads_to_the_same_table(sandbox: Sandbox) -> None:
    """Every option that led a run somewhere leads the copied command there too; odd ones quoted, none twice."""
    put_course(sandbox, "a", "4999")
    options = "--table learnermax-education-sandbox --secret-name 'my keys'"
    unset = {"LMX_ENVIRONMENT": "preview"}
    listed = sandbox.run("courses", "list", *shlex.split(options), env=unset).stdout
    refused = sandbox.run("courses", "set-price", "nope", "5", *shlex.split(options), env=unset).stderr
    assert [f"  See lmx courses list {options}."] == refused.splitlines()[-1:]
    assert (1, True) == (listed.count("--secret-name"), f"lmx courses set-price {options} a 49.99" in listed)


def test_ids_in_remedies_are_quoted() -> None:
    """What stands in the table is nothing that a shell obeys when a remedy is pasted."""
    assert "lmx enrollments reconcile --course 'a; $(b)' --user 'it'\"'\"'s'" == reconcile_one("a; $(b)", "it's")
    assert "lmx enrollments release 'a b' --user user-7" == release_one("a b", "user-7")


@pytest.mark.parametrize("output", ["json", "markdown", "table"])
def test_remedies_can_be_copied_from_every_format(sandbox: Sandbox, output: str) -> None:
    """The options of the run stand in rows, refusals and errors alike, and in what GitHub Actions shows."""
    put_course(sandbox, "a", "4999")
    summary = sandbox.cwd / "summary"
    env = {"LMX_ENVIRONMENT": None, "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = sandbox.run("products", "sync", "-n", "-e", "sandbox", "-o", output, env=env)
    failed = sandbox.run("courses", "set-price", "nope", "5", "-e", "sandbox", "-o", output, env=env)
    named = r"lmx courses (set-price|list) (?!-e sandbox)"
    for text in (done.stdout, done.stderr, failed.stdout, failed.stderr, summary.read_text()):
        assert [] == re.findall(named, text.replace("\\", ""))
    assert "lmx courses set-price -e sandbox a 49.99" in done.stdout.replace("\\", "")
    assert "See lmx courses list -e sandbox." in failed.stderr
