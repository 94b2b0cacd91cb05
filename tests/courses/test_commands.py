"""`lmx courses` from end to end."""

import json
from decimal import Decimal
from typing import Any

import pytest

from tests.products.worlds import edit_course, put_course, read_course
from tests.running import Sandbox


def run(sandbox: Sandbox, *args: str) -> tuple[int, dict[str, Any]]:
    """Run a command of the group; return exit code and document."""
    done = sandbox.run("courses", *args, "-o", "json")
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def writes(sandbox: Sandbox) -> list[str]:
    """Return the writes to the table that lmx was seen to make."""
    return [operation for operation in sandbox.control.writes("dynamodb") if operation != "BatchWriteItem"]


def test_seed_puts_the_courses_in_once(sandbox: Sandbox) -> None:
    """A second run has nothing to write."""
    first = run(sandbox, "seed")
    before = len(writes(sandbox))
    second = run(sandbox, "seed")
    assert ((0, 0), 0) == ((first[0], second[0]), len(writes(sandbox)) - before)
    assert len(first[1]["changes"]) == first[1]["summary"]["create"] == second[1]["summary"]["unchanged"]


def test_dry_run_of_seed_writes_nothing(sandbox: Sandbox) -> None:
    """And shows the same changes."""
    _, dry = run(sandbox, "seed", "--dry-run")
    assert [] == writes(sandbox)
    assert dry["digest"] == run(sandbox, "seed")[1]["digest"]


def test_seed_never_overwrites_without_replace(sandbox: Sandbox) -> None:
    """An edited course stays as it is."""
    run(sandbox, "seed")
    edit_course(sandbox, "TEST-COURSE-003", name="Edited")
    assert (0, "Edited") == (run(sandbox, "seed")[0], read_course(sandbox, "TEST-COURSE-003")["name"])


def test_replace_asks(sandbox: Sandbox) -> None:
    """Without --yes and without a terminal it is refused."""
    run(sandbox, "seed")
    edit_course(sandbox, "TEST-COURSE-003", name="Edited")
    code, document = run(sandbox, "seed", "--replace")
    assert (5, "guard.confirm", "Edited") == (
        code,
        document["error"]["code"],
        read_course(sandbox, "TEST-COURSE-003")["name"],
    )
    assert 0 == run(sandbox, "seed", "--replace", "--yes")[0]
    assert "Full-Stack Development Bootcamp" == read_course(sandbox, "TEST-COURSE-003")["name"]


def test_seeding_prod_is_refused(sandbox: Sandbox) -> None:
    """Test courses do not belong there."""
    code, document = run(sandbox, "seed", "-e", "prod")
    assert (5, "guard.prod", True) == (code, document["error"]["code"], "--allow-prod" in document["error"]["hint"])


def test_set_price_writes_price_and_unit(sandbox: Sandbox) -> None:
    """The remedy for a suspicious price; nothing else changes."""
    put_course(sandbox, "a", "4999")
    before = read_course(sandbox, "a")
    code, document = run(sandbox, "set-price", "a", "49.99")
    assert (0, "applied") == (code, document["changes"][0]["outcome"])
    assert {**before, "price": Decimal("49.99"), "priceUnit": "major"} == read_course(sandbox, "a")


ABOVE = "its price 5,000.00 usd is above the maximum of 1000 usd"
TENFOLD = "its price would change from {} usd to {} usd, by a factor of 10 or more"


@pytest.mark.parametrize(
    ("former", "unit", "price", "reason"),
    [
        ("49.99", "major", "5000", ABOVE),
        ("4999", None, "5000", ABOVE),
        ("4999", "minor", "499.90", TENFOLD.format("49.99", "499.90")),
        ("499.90", "major", "49.99", TENFOLD.format("499.90", "49.99")),
        ("99.99", None, "9.99", TENFOLD.format("99.99", "9.99")),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_price_that_a_sync_would_refuse_is_refused(
    sandbox: Sandbox, former: str, unit: str | None, price: str, reason: str, dry: tuple[str, ...]
) -> None:
    """For the same reason, without a request to Stripe; --allow-price lets it through, and the next sync is named."""
    put_course(sandbox, "a", former, **({} if unit is None else {"priceUnit": unit}))
    code, document = run(sandbox, "set-price", "a", price, *dry)
    hint = "Check the price; if it is meant so, pass --allow-price."
    error = {"code": "guard.price", "message": f"course a: {reason}", "hint": hint, "exit_code": 5}
    assert (5, error, Decimal(former)) == (code, document["error"], read_course(sandbox, "a")["price"])
    assert 0 == run(sandbox, "set-price", "a", price, "--allow-price", *dry)[0]
    assert Decimal(former if dry else price) == read_course(sandbox, "a")["price"]
    assert [] == [entry for entry in sandbox.control.journal() if entry["service"] == "stripe"]


@pytest.mark.parametrize(
    ("former", "unit", "price"),
    [
        ("4999", None, "49.99"),
        ("4999", "minor", "49.99"),
        ("49.99", "major", "499.89"),
        ("5000", "major", "5000.00"),
    ],
)
def test_price_that_is_no_mistake_is_written(sandbox: Sandbox, former: str, unit: str | None, price: str) -> None:
    """The former price counts only where its unit is known; an amount that stays is not judged."""
    put_course(sandbox, "a", former, **({} if unit is None else {"priceUnit": unit}))
    code, document = run(sandbox, "set-price", "a", price)
    assert (0, Decimal(price)) == (code, read_course(sandbox, "a")["price"]), document


def test_allowed_price_that_a_sync_refuses_is_warned_of(sandbox: Sandbox) -> None:
    """The sync has options of its own, which are named at once."""
    put_course(sandbox, "a", "49.99")
    _, document = run(sandbox, "set-price", "a", "5000", "--allow-price")
    warning = f"products sync will refuse course a: {ABOVE}: give products sync --max-price 5000.00 or --allow-price a"
    assert [warning] == document["warnings"]


@pytest.mark.parametrize(
    ("former", "told"),
    [
        ("39.99", ["Checkout of this course is refused until it is synced: lmx products sync --course a"]),
        ("49.99", []),
    ],
)
def test_set_price_says_that_checkout_waits_for_a_sync(sandbox: Sandbox, former: str, told: list[str]) -> None:
    """Unless the amount stays what it was."""
    put_course(sandbox, "a", former)
    done = sandbox.run("courses", "set-price", "a", "49.99")
    _, first, *rest = done.stdout.splitlines()
    assert ("Price updated in table learnermax-education-sandbox.", told) == (first, rest[len(rest) - len(told) :])
    assert bool(told) == ("Checkout" in done.stdout)


def test_set_price_a_second_time_writes_nothing(sandbox: Sandbox) -> None:
    """Running again is always right."""
    put_course(sandbox, "a", "4999")
    run(sandbox, "set-price", "a", "49.99")
    before = len(writes(sandbox))
    code, document = run(sandbox, "set-price", "a", "49.99")
    assert (0, [], before) == (code, document["changes"], len(writes(sandbox)))


def test_dry_run_of_set_price_writes_nothing(sandbox: Sandbox) -> None:
    """The change is shown as planned."""
    put_course(sandbox, "a", "4999")
    code, document = run(sandbox, "set-price", "a", "49.99", "--dry-run")
    assert (0, "planned", Decimal(4999)) == (
        code,
        document["changes"][0]["outcome"],
        read_course(sandbox, "a")["price"],
    )


@pytest.mark.parametrize(
    ("args", "code", "word"),
    [
        (("none", "20"), 1, "invalid.unknown_course"),
        (("a", "49.999"), 2, "usage.price"),
        (("a", "0.10"), 2, "usage.price"),
        (("a", "1" + "0" * 20), 2, "usage.price"),
        (("a", "-5"), 2, "usage"),
        (("a", "0"), 2, "usage"),
        (("a", "-0.00"), 2, "usage"),
        (("a", "much"), 2, "usage"),
        (("a", "1e3"), 2, "usage"),
        (("a", "1_000"), 2, "usage"),
        (("a", "NaN"), 2, "usage"),
        (("a", "49." + "9" * 60), 2, "usage"),
        (("a", "49.99" + "0" * 60), 2, "usage"),
    ],
)
def test_price_that_makes_no_sense_changes_nothing(
    sandbox: Sandbox, args: tuple[str, str], code: int, word: str
) -> None:
    """Each refusal has its own code."""
    put_course(sandbox, "a", "4999")
    ended, document = run(sandbox, "set-price", *args)
    assert (code, word, Decimal(4999)) == (ended, document["error"]["code"], read_course(sandbox, "a")["price"])


def test_list_shows_price_unit_and_link(sandbox: Sandbox) -> None:
    """What the table has, and what it would be sold for."""
    put_course(sandbox, "a", "49.99", stripeProductId="prod_1", stripePriceId="price_1", priceUnit="major")
    put_course(sandbox, "b", "4999", comingSoon=True)
    put_course(sandbox, "c", None, pricingModel="free")
    _, document = run(sandbox, "list")
    rows = document["items"]
    assert {
        "course_id": "a",
        "name": "Course a",
        "pricing_model": "paid",
        "price": "49.99",
        "price_unit": "major",
        "sold_for": {"amount": 4999, "currency": "usd"},
        "coming_soon": False,
        "product": "prod_1",
        "price_id": "price_1",
        "problem": None,
    } == rows[0]
    assert [(None, True), (None, False)] == [(row["sold_for"], row["problem"] is not None) for row in rows[1:]]


def test_piped_list_is_not_cut(sandbox: Sandbox) -> None:
    """A long name arrives whole in a pipe, without colour."""
    put_course(sandbox, "a", "49.99", name="n" * 300)
    done = sandbox.run("courses", "list", env={"COLUMNS": "80"})
    assert (True, False) == ("n" * 300 in done.stdout, "\x1b" in done.stdout)


def test_empty_table_names_the_next_step(sandbox: Sandbox) -> None:
    """An empty list is no error."""
    done = sandbox.run("courses", "list")
    assert (0, "No courses. To add the test courses: lmx courses seed\n") == (done.returncode, done.stdout)
