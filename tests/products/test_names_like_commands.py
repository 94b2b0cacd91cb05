"""A course that is called like a command keeps its name in every output, and only commands get the run's options."""

import json

import pytest

from tests.products.worlds import make_product, marker, put_course
from tests.running import Sandbox

NAME = "From zero to lmx products sync in a day"


@pytest.fixture
def named(sandbox: Sandbox) -> Sandbox:
    """A course of that name, and its product, which is for sale under a former price."""
    item = {"name": NAME, "stripeProductId": "lmx_sandbox_a"}
    put_course(sandbox, "a", "49.99", **item)
    make_product(sandbox, "lmx_sandbox_a", "a", 2000, marker("a"))
    sandbox.stripe().v1.products.update("lmx_sandbox_a", {"name": f"{NAME}, again"})
    return sandbox


@pytest.mark.parametrize("output", ["table", "json", "markdown"])
@pytest.mark.parametrize("command", ["courses list", "products list", "products sync --dry-run"])
def test_name_is_shown_as_it_is(named: Sandbox, command: str, output: str) -> None:
    """With an option that remedies take."""
    done = named.run(*command.split(), "-e", "sandbox", "-o", output)
    assert 0 == done.returncode
    assert (True, False) == (NAME in done.stdout, "sync -e" in done.stdout)


def test_remedy_beside_the_name_takes_the_options(sandbox: Sandbox) -> None:
    """In the same row."""
    put_course(sandbox, "a", "4999", name=NAME)
    (row,) = json.loads(sandbox.run("courses", "list", "-e", "sandbox", "-o", "json").stdout)["items"]
    problem = (
        "ambiguous price 4999: 4,999.00 usd or 49.99 usd? "
        "Run lmx courses set-price a 49.99 -e sandbox, or give products sync --price-unit minor or --allow-price a"
    )
    assert (NAME, problem) == (row["name"], row["problem"])
