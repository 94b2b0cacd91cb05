"""Courses and products that lmx refuses, and plan files that do not fit."""

from tests.failures.model import Failure, all_of, holding
from tests.failures.worlds import course
from tests.products import worlds as products
from tests.running import Sandbox

_LONG = "c" * 300


def _many(sandbox: Sandbox) -> None:
    for number in range(12):
        course = f"course-{number}"
        products.make_product(sandbox, f"lmx_sandbox_{course}", course, 2000, products.marker(course))


def _saved_plan(sandbox: Sandbox) -> None:
    products.put_course(sandbox, "a", "49.99")
    assert 0 == sandbox.run("products", "sync", "--dry-run", "--save-plan", "plan").returncode
    products.put_course(sandbox, "b[red]", "20")


COURSES = (
    Failure("courses set-price '$hostile' 10", 1, "course $harmless not found", "List the courses: lmx courses list"),
    Failure(
        f"courses set-price {_LONG} 10 -e sandbox",
        1,
        f"course {_LONG} not found",
        "List the courses: lmx courses list -e sandbox",
    ),
    Failure(
        "courses set-price a 10",
        1,
        "course a is not a paid course",
        "Set its pricingModel to paid first.",
        course(pricingModel="free"),
    ),
    Failure(
        "courses set-price a 10.999",
        2,
        "course a could not be sold: 10.999 has more decimals than usd allows (2 in major units)",
        "Give another price, in major units, such as 49.99.",
        course(),
    ),
    Failure(
        "courses set-price a 0.10",
        2,
        "course a could not be sold: its price 0.10 usd is below Stripe's minimum of 0.50 usd",
        "Give another price, in major units, such as 49.99.",
        course(),
    ),
)
PRODUCTS = (
    Failure(
        "products sync",
        5,
        "confirmation required, but there is no terminal",
        "Review the plan with --dry-run, then pass --yes.",
        course(),
    ),
    Failure(
        "products sync --dry-run",
        1,
        "1 row was refused",
        "The report names it and the reason; fix it and run again.",
        course("a", "4999"),
    ),
    Failure(
        "products sync --plan '$hostile'",
        3,
        "plan file $harmless cannot be read: No such file or directory",
        "Make one with --save-plan.",
        course(),
    ),
    Failure(
        "products sync --plan plan",
        3,
        "plan file plan cannot be read: it is not JSON",
        "Make one with --save-plan.",
        all_of(course(), holding("plan", "{")),
    ),
    Failure(
        "products sync --plan plan",
        3,
        "plan is not a plan file of this version",
        "Make one with --save-plan.",
        all_of(course(), holding("plan", "[]")),
    ),
    Failure(
        "products sync --plan plan --yes",
        5,
        "2 of 4 changes are not in plan file plan, first: create product b[red]",
        "Courses or products have changed since. Make a new plan with --save-plan, review it, and apply that one.",
        _saved_plan,
    ),
    Failure(
        "products sync --dry-run --save-plan no/plan",
        1,
        "plan file no/plan cannot be written: No such file or directory",
        "Name a file in a folder you may write to.",
        course(),
    ),
    Failure(
        "products sync --prune --yes",
        5,
        "the plan makes 12 of 12 managed products inactive, more than 30%",
        "Check --table and -e; if intended, pass --allow-archive 12.",
        _many,
    ),
)
FAILURES = (*COURSES, *PRODUCTS)
