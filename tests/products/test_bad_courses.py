"""Courses that cannot be sold as they stand are reported by key and reason, and never stop the others."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.items import course_item
from tests.planning.reports import HOSTILE
from tests.products.worlds import only_price, read_products, read_state, sync
from tests.running import Sandbox

NAMES = [text for text in HOSTILE if "\x9b" not in text]
BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no-price": ({}, "it has no price"),
    "negative": ({"price": Decimal("-49.99")}, "its price -49.99 is not positive"),
    "zero": ({"price": Decimal(0)}, "its price 0 is not positive"),
    "text": ({"price": "49.99"}, "its price is not a number but the text '49.99'"),
    "null": ({"price": None}, "it has no price"),
    "map": ({"price": {"usd": Decimal(5)}}, "its price is not a number but the dict {'usd': Decimal('5')}"),
    "precise": ({"price": Decimal("49.999")}, "49.999 has more decimals than usd allows (2 in major units)"),
    "unit": (
        {"price": Decimal(4999)},
        "ambiguous price 4999: 4,999.00 usd or 49.99 usd? Run "
        "lmx courses set-price unit 49.99, or give products sync --price-unit minor or --allow-price unit",
    ),
    "small": ({"price": Decimal("0.49")}, "its price 0.49 usd is below Stripe's minimum of 0.50 usd"),
    "large": (
        {"price": Decimal("1000.01")},
        "its price 1,000.01 usd is above the maximum of 1000 usd: "
        "give products sync --max-price 1000.01 or --allow-price large",
    ),
    "digits": (
        {"price": Decimal("9" * 36 + ".99")},
        "its price 999,999,999,999,999,999,999,999,999,999,999,999.99 usd is above Stripe's maximum of 999,999.99 usd",
    ),
    "currency": (
        {"price": Decimal("49.99"), "currency": "dollars"},
        "its currency 'dollars' is not a three-letter code",
    ),
    "price-unit": (
        {"price": Decimal("49.99"), "priceUnit": "cents"},
        "its priceUnit 'cents' is neither major nor minor",
    ),
    "blank-name": ({"price": Decimal("49.99"), "name": "  "}, "it has no name"),
    "long-name": (
        {"price": Decimal("49.99"), "name": "n" * 5001},
        "its name has 5,001 characters; Stripe's limit is 5,000",
    ),
    "long-text": (
        {"price": Decimal("49.99"), "description": "d" * 100_000},
        "its description has 100,000 characters; Stripe's limit is 40,000",
    ),
}

PRICES = ("no-price", "negative", "zero", "text", "null", "map", "precise", "small", "digits", "price-unit")
FIX = {
    **{course_id: f": lmx courses set-price {course_id} PRICE" for course_id in PRICES},
    "currency": ": fix it in the course's item",
}
REASONS = {course_id: reason + FIX.get(course_id, "") for course_id, (_, reason) in BAD.items()}


@pytest.fixture
def bad_world(sandbox: Sandbox) -> Sandbox:
    """A table of bad courses, two good ones, and one whose image has no absolute URL."""
    with sandbox.dynamodb().batch_writer() as batch:
        for course_id, (attributes, _) in BAD.items():
            batch.put_item(Item={**course_item(course_id, None), **attributes})
        batch.put_item(Item=course_item("good-1", "49.99"))
        batch.put_item(Item=course_item("good-2", "99"))
        batch.put_item(Item=course_item("image", "20", imageUrl="/images/a.png"))
    return sandbox


def test_bad_courses_are_refused_and_the_others_sold(bad_world: Sandbox) -> None:
    """Each reason is in the report, the exit code says that rows are missing, the good courses are at Stripe."""
    ran = sync(bad_world)
    reasons = {row["key"]: row["reason"] for row in ran.report["skipped"]}
    assert REASONS == reasons
    assert (1, "16 rows were refused", 1) == (
        ran.exit_code,
        ran.report["error"]["message"],
        ran.report["error"]["exit_code"],
    )
    products = read_products(bad_world)
    assert ["lmx_sandbox_good-1", "lmx_sandbox_good-2", "lmx_sandbox_image"] == sorted(products)
    assert only_price(9900, "good-2") == products["lmx_sandbox_good-2"]["prices"]


def test_relative_image_is_left_out_with_a_warning(bad_world: Sandbox) -> None:
    """The product goes through without it."""
    ran = sync(bad_world, "--course", "image")
    warning = "course image: its image URL is not absolute, so the product has no image"
    assert (0, [warning], []) == (
        ran.exit_code,
        ran.report["warnings"],
        read_products(bad_world)["lmx_sandbox_image"]["images"],
    )
    assert f"Warning: {warning}" in ran.stderr


def test_dry_run_ends_as_the_run_does(bad_world: Sandbox) -> None:
    """A dry run that finds bad rows ends in 1 too."""
    assert 1 == sync(bad_world, "--dry-run").exit_code


def test_reasons_are_on_stdout_for_people(bad_world: Sandbox) -> None:
    """The table names each refused course with its reason, in full."""
    done = bad_world.run("products", "sync", "--dry-run")
    refused = [f"    refused course {course_id}: {reason}" for course_id, reason in sorted(REASONS.items())]
    assert refused == [line for line in done.stdout.splitlines() if "refused course" in line]


def test_list_of_courses_shows_what_is_wrong(bad_world: Sandbox) -> None:
    """`courses list` has the same reasons, and ends in 0: it only shows."""
    done = bad_world.run("courses", "list", "-o", "json")
    problems = {row["course_id"]: row["problem"] for row in json.loads(done.stdout)["items"] if row["problem"]}
    image = {"image": "its image URL is not absolute, so the product has no image"}
    assert (0, REASONS | image) == (done.returncode, problems)


def test_hostile_names_reach_stripe_as_they_are(sandbox: Sandbox) -> None:
    """What is harmless in data is not changed on the way; a second run has nothing to do."""
    for number, name in enumerate(NAMES):
        sandbox.dynamodb().put_item(Item=course_item(f"c{number:02}", "49.99", name=name))
    first, second = sync(sandbox), sync(sandbox)
    assert (0, 0, []) == (first.exit_code, second.exit_code, second.changes)
    state = read_state(sandbox)["products"]
    assert [name.strip() for name in NAMES] == [state[key]["name"] for key in sorted(state)]


@pytest.mark.parametrize("output", ["table", "markdown"])
def test_hostile_names_do_nothing_in_actions(sandbox: Sandbox, output: str) -> None:
    """No line of either stream is a command of the runner's but our own annotations; no escape reaches the log."""
    for number, name in enumerate(NAMES):
        sandbox.dynamodb().put_item(Item={**course_item(f"c{number:02}", None), "name": name, "price": name})
    summary, outputs = sandbox.cwd / "summary.md", sandbox.cwd / "outputs"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_OUTPUT": str(outputs)}
    done = sandbox.run("products", "sync", "--dry-run", "-v", "-o", output, env=env)
    lines = [
        line for line in (done.stdout + done.stderr).splitlines() if line.lstrip().startswith("::") or "##[" in line
    ]
    assert (1, 10) == (done.returncode, len(lines))
    *named, more = lines
    assert all(line.startswith("::error title=c") for line in named)
    assert f"::error title=lmx::{len(NAMES) - 9} more: see the summary of the run" == more
    assert not {"\x1b", "\u202e", "\x07"} & set(done.stdout + done.stderr + summary.read_text(encoding="utf-8"))
    assert ["changes=0", "has_changes=false"] == outputs.read_text().splitlines()[:2]
