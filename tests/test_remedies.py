"""Commands named in messages work where the run worked."""

import pytest

from learnermax_cli.remedies import with_environment
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
    assert named == with_environment(text, "prod")
    assert named == with_environment(named, "prod")


def test_nothing_is_added_where_no_flag_was_given() -> None:
    """LMX_ENVIRONMENT holds for the copied command as well."""
    assert "See lmx courses list." == with_environment("See lmx courses list.", None)


def test_remedy_can_be_copied(sandbox: Sandbox) -> None:
    """The hint of an error, and the text of an empty list, name commands of the same environment."""
    unset = {"LMX_ENVIRONMENT": None}
    told = sandbox.run("courses", "list", "-e", "sandbox", env=unset).stdout
    refused = sandbox.run("courses", "set-price", "nope", "5", "-e", "sandbox", env=unset).stderr
    assert "No courses: lmx courses seed -e sandbox puts the test courses in.\n" == told
    assert ["Error: there is no course nope", "  See lmx courses list -e sandbox."] == refused.splitlines()
