"""What stops a whole sync: too many archived, no confirmation, the wrong key, account, mode or host."""

from decimal import Decimal

import pytest

from tests.items import course_item
from tests.products.worlds import make_product, marker, put_course, read_products, sync, synced_course
from tests.running import Sandbox

LIVE_KEY = "sk_" + "live_" + "A1b2C3d4E5f6G7h8"


def orphans(sandbox: Sandbox, number: int) -> None:
    """Make products of ours whose courses are gone."""
    for index in range(number):
        make_product(sandbox, f"lmx_sandbox_old-{index}", f"old-{index}", 4999, marker(f"old-{index}"))


def active(sandbox: Sandbox) -> int:
    """Return how many products are active."""
    return sum(product["active"] for product in read_products(sandbox).values())


def test_archiving_too_many_is_refused_before_anything_is_written(sandbox: Sandbox) -> None:
    """The whole plan is shown, nothing of it done, also not what is harmless."""
    orphans(sandbox, 10)
    put_course(sandbox, "new", "49.99")
    ran = sync(sandbox, "--prune")
    assert {
        "code": "guard.archive",
        "message": "the plan makes 10 of 10 managed products inactive, more than 30%",
        "hint": "Check --table and -e; if intended, pass --allow-archive 10.",
        "exit_code": 5,
    } == ran.report["error"]
    assert (5, 10, 12) == (ran.exit_code, active(sandbox), len(ran.changes))


def test_dry_run_is_stopped_by_the_same_guard(sandbox: Sandbox) -> None:
    """The review sees what the run would meet."""
    orphans(sandbox, 10)
    assert 5 == sync(sandbox, "--prune", "--dry-run").exit_code


def test_allowed_archiving_goes_through(sandbox: Sandbox) -> None:
    """--allow-archive with at least their number."""
    orphans(sandbox, 10)
    assert (0, 0) == (sync(sandbox, "--prune", "--allow-archive", "10").exit_code, active(sandbox))


def test_few_products_need_no_permission(sandbox: Sandbox) -> None:
    """Below ten managed products the share means nothing."""
    orphans(sandbox, 3)
    assert (0, 0) == (sync(sandbox, "--prune").exit_code, active(sandbox))


def test_without_terminal_and_yes_nothing_is_written(sandbox: Sandbox) -> None:
    """The plan is shown, the flag named."""
    put_course(sandbox, "new", "49.99")
    done = sandbox.run("products", "sync")
    assert (5, {}) == (done.returncode, read_products(sandbox))
    assert "+ create product new" in done.stdout
    assert "--yes" in done.stderr


def test_nothing_to_do_asks_nothing(sandbox: Sandbox) -> None:
    """Without changes there is nothing to confirm."""
    synced_course(sandbox)
    assert 0 == sandbox.run("products", "sync").returncode


@pytest.mark.parametrize(
    ("args", "exit_code"), [((), 0), (("--exit-code",), 8)], ids=["without --exit-code", "with --exit-code"]
)
def test_pending_changes_end_in_8_only_when_asked(sandbox: Sandbox, args: tuple[str, ...], exit_code: int) -> None:
    """--exit-code is for pipelines."""
    put_course(sandbox, "new", "49.99")
    assert exit_code == sync(sandbox, "--dry-run", *args).exit_code


def test_findings_that_remain_end_in_8_after_a_real_run(sandbox: Sandbox) -> None:
    """What a person must look at is still there when everything else is done."""
    orphans(sandbox, 1)
    put_course(sandbox, "new", "49.99")
    ran = sync(sandbox, "--exit-code")
    assert (8, [("orphan product", "old-0")], 2) == (ran.exit_code, ran.findings, active(sandbox))


def test_suspicious_price_passes_when_its_course_is_allowed(sandbox: Sandbox) -> None:
    """--allow-price lets one course through, not the other."""
    put_course(sandbox, "meant", "199")
    put_course(sandbox, "mistaken", "4999")
    ran = sync(sandbox, "--allow-price", "meant")
    assert (1, ["lmx_sandbox_meant"]) == (ran.exit_code, list(read_products(sandbox)))


@pytest.mark.parametrize(
    ("args", "amount"),
    [(("--price-unit", "major"), 19_900), (("--price-unit", "minor"), 199), (("--allow-price", "a"), 19_900)],
)
def test_stated_unit_decides_what_is_sold(sandbox: Sandbox, args: tuple[str, ...], amount: int) -> None:
    """The same number is another price in another unit."""
    put_course(sandbox, "a", "199")
    assert 0 == sync(sandbox, *args).exit_code
    assert [(amount, "usd", True, marker("a"))] == read_products(sandbox)["lmx_sandbox_a"]["prices"]


def test_price_that_stripe_has_needs_no_flag(sandbox: Sandbox) -> None:
    """A large whole price that was let through once is not asked about again."""
    synced_course(sandbox, "a", "4999")
    ran = sync(sandbox)
    assert (0, [], 1) == (ran.exit_code, ran.changes, ran.report["summary"]["unchanged"])


@pytest.mark.parametrize("price", ["4.99", "499.90"])
def test_jump_by_a_factor_of_ten_is_refused(sandbox: Sandbox, price: str) -> None:
    """A misplaced decimal point does not reach Stripe."""
    synced_course(sandbox, "a", "49.95" if price == "499.90" else "49.90")
    sandbox.dynamodb().update_item(
        Key={"PK": "COURSE#a", "SK": "METADATA"},
        UpdateExpression="SET price = :p",
        ExpressionAttributeValues={":p": Decimal("499.50") if price == "499.90" else Decimal(price)},
    )
    ran = sync(sandbox)
    assert (1, []) == (ran.exit_code, ran.changes)
    assert "by a factor of 10 or more" in ran.report["skipped"][0]["reason"]


def test_other_currency_needs_a_maximum(sandbox: Sandbox) -> None:
    """Outside usd, eur and gbp no maximum is known."""
    sandbox.dynamodb().put_item(Item=course_item("a", "5000", currency="jpy", priceUnit="major"))
    refused, sold = sync(sandbox), sync(sandbox, "--max-price", "10000")
    assert (1, 0) == (refused.exit_code, sold.exit_code)
    assert [(5000, "jpy", True, marker("a"))] == read_products(sandbox)["lmx_sandbox_a"]["prices"]


def test_another_account_is_refused(sandbox: Sandbox) -> None:
    """LMX_STRIPE_ACCOUNT names the only account to work on."""
    done = sandbox.run(
        "products",
        "sync",
        "--dry-run",
        "-o",
        "json",
        env={"LMX_ENVIRONMENT": "preview", "LMX_STRIPE_ACCOUNT": "acct_other"},
    )
    assert 5 == done.returncode
    assert "guard.account" in done.stdout


@pytest.mark.parametrize(
    ("env", "args"),
    [
        ({"STRIPE_SECRET_KEY": LIVE_KEY, "LMX_ENVIRONMENT": "preview"}, ()),
        ({"LMX_ENVIRONMENT": "prod"}, ("-e", "prod")),
    ],
)
def test_mode_must_fit_the_environment(sandbox: Sandbox, env: dict[str, str], args: tuple[str, ...]) -> None:
    """A live key outside prod and a test key in prod are refused before any request."""
    done = sandbox.run("products", "sync", "--dry-run", "-o", "json", *args, env=env)
    assert (5, True) == (done.returncode, "guard.mode" in done.stdout)
    assert [] == [entry for entry in sandbox.control.journal() if entry["service"] == "stripe"]


@pytest.mark.parametrize(
    "base",
    [
        "http://api.stripe.com",
        "https://api.stripe.com.evil.test",
        "https://api.stripe.com@evil.test",
    ],
)
def test_stripe_key_goes_to_no_other_host(sandbox: Sandbox, base: str) -> None:
    """Anything but Stripe's own host over HTTPS, or this machine, is refused before a request."""
    done = sandbox.run(
        "products", "sync", "--dry-run", "-o", "json", env={"LMX_ENVIRONMENT": "preview", "STRIPE_API_BASE": base}
    )
    assert (5, True) == (done.returncode, "guard.endpoint" in done.stdout)
